/**
 * The sandbox's Key Vault in process: vaults and Managed HSMs with their keys, access and journals. Calls are
 * synchronous, and each one is journalled with what the log's columns tell of it; the wire is the server's business.
 */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../domain/clock.ts';
import { pooledRandom, type RandomBytes } from '../any-cloud/random-ids.ts';
import { AzureFault, badParameter } from './azure-fault.ts';
import {
  answerOf,
  type KeyVaultJson,
  keyItem,
  keyMessage,
  readAttributes,
} from './key-messages.ts';
import {
  type AccessDecision,
  type AzurePrincipal,
  type KeyAction,
  roles,
  VaultAccess,
  type VaultAccessState,
} from './vault-access.ts';
import { type VaultKeyRecord, VaultKeys, type VaultKind } from './vault-keys.ts';

/** What outlives a run, JSON-able. It holds key material and tokens of the sandbox. */
export interface AzureCloudState {
  vaults: readonly VaultRecord[];
  principals: readonly AzurePrincipal[];
}

interface VaultRecord {
  name: string;
  kind: VaultKind;
  keys: readonly VaultKeyRecord[];
  access: VaultAccessState;
}

export interface AzureCloudOptions {
  /** Sandbox time. */
  clock: Clock;
  random: RandomBytes;
  /** From a change of a key's state or access to its being in force, ms of sandbox time. */
  propagationMs: number;
  tenantId: string;
  /** Called for every request as it is answered. */
  journal?: (entry: AzureKeyEntry) => void;
  state?: AzureCloudState;
}

/** What came with a request. */
export interface AzureRequestInfo {
  requestId: string;
  clientRequestId: string | null;
  userAgent: string;
  callerIp: string;
  requestUri: string;
  /** The Azure service that asks on its own customer's behalf. */
  trustedService?: string;
}

/** One row of a vault's log, as far as the vault knows it. */
export interface AzureKeyEntry extends AzureRequestInfo {
  at: number;
  vault: string;
  operationName: string;
  httpStatus: number;
  /** Null where the request carried no token that is known. */
  principal: AzurePrincipal | null;
  /** The key's URL, with its version where one was used. */
  id: string | null;
  algorithm: string | null;
  access: AccessDecision | null;
  fault: { code: string; innerCode: string | null; message: string } | null;
}

export interface Vault {
  readonly name: string;
  readonly kind: VaultKind;
  readonly host: string;
  readonly keys: VaultKeys;
  readonly access: VaultAccess;
}

/** One request about keys, told apart from its path. */
export interface AzureKeyRequest {
  operation: AzureOperation;
  key: string;
  version: string;
  body: KeyVaultJson;
}

const operations = {
  KeyCreate: 'create',
  KeyGet: 'get',
  KeyListVersions: 'list',
  KeyUpdate: 'update',
  KeyRotate: 'rotate',
  KeyWrap: 'wrapKey',
  KeyUnwrap: 'unwrapKey',
  KeyEncrypt: 'encrypt',
  KeyDelete: 'delete',
  KeyGetDeleted: 'get',
  KeyRecover: 'recover',
  KeyPurge: 'purge',
} as const satisfies Record<string, KeyAction>;

export type AzureOperation = keyof typeof operations;

/** The HTTP status of an operation that went well: a purge has nothing to say. */
export const successOf = (operation: AzureOperation) => (operation === 'KeyPurge' ? 204 : 200);

export class AzureCloud {
  readonly tenantId: string;
  readonly #options: AzureCloudOptions;
  readonly #random: RandomBytes;
  readonly #vaults = new Map<string, Vault>();
  readonly #principals = new Map<string, AzurePrincipal>();

  constructor(options: AzureCloudOptions) {
    if (!(options.propagationMs >= 0 && Number.isFinite(options.propagationMs)))
      throw new RangeError('propagationMs must be 0 or more');
    this.tenantId = options.tenantId;
    this.#options = options;
    this.#random = pooledRandom(options.random);
    const { vaults, principals } = options.state ?? { vaults: [], principals: [] };
    for (const vault of vaults) this.#add(vault);
    for (const principal of principals) this.#principals.set(principal.token, principal);
  }

  exportState(): AzureCloudState {
    const now = this.#options.clock.now();
    const vaults = Array.from(this.#vaults.values(), ({ name, kind, keys, access }) => ({
      ...{ name, kind, keys: keys.exportState(now), access: access.exportState(now) },
    }));
    return { vaults, principals: [...this.#principals.values()] };
  }

  addVault(name: string, kind: VaultKind, mode: 'rbac' | 'policies' = 'rbac'): Vault {
    if (kind === 'managed-hsm' && mode !== 'rbac')
      throw new TypeError('a Managed HSM has no access policies');
    return this.#add({ name, kind, keys: [], access: VaultAccess.none(mode) });
  }

  #add({ name, kind, keys: restored, access }: VaultRecord): Vault {
    const domain = kind === 'vault' ? 'vault.azure.net' : 'managedhsm.azure.net';
    const host = `${name}.${domain}`;
    const { propagationMs } = this.#options;
    const keys = new VaultKeys({ kind, random: this.#random, propagationMs, restored });
    const vault = { name, kind, host, keys, access: new VaultAccess(name, access) };
    this.#vaults.set(host, vault);
    return vault;
  }

  addPrincipal(): AzurePrincipal {
    const token = Buffer.from(this.#random(24)).toString('base64url');
    const principal = { appId: randomUUID(), objectId: randomUUID(), token };
    this.#principals.set(token, principal);
    return principal;
  }

  /** Assigns a role in force at once; gives the assignment's id, by which it can be taken back. */
  assign(vault: Vault, principal: AzurePrincipal, role: string, key?: string): string {
    const actions = roles.get(role);
    if (actions === undefined) throw new TypeError(`there is no role ${role}`);
    const id = randomUUID();
    const { objectId } = principal;
    const about = { id, objectId, role, actions, ...(key !== undefined && { key }) };
    vault.access.assign(about, -Infinity);
    return id;
  }

  /** Takes a role assignment back; in force once it is everywhere. */
  unassign(vault: Vault, id: string): void {
    vault.access.unassign(id, this.#options.clock.now() + this.#options.propagationMs);
  }

  vaults(): Vault[] {
    return [...this.#vaults.values()];
  }

  vault(host: string): Vault | undefined {
    return this.#vaults.get(host.toLowerCase());
  }

  principal(token: string): AzurePrincipal | undefined {
    return this.#principals.get(token);
  }

  /** Notes a request that was turned away before anybody knew who asks. */
  challenge(vault: Vault, info: AzureRequestInfo): void {
    this.#journal(vault, info, { operationName: 'Authentication', httpStatus: 401 });
  }

  /** Answers one request. @throws {AzureFault} */
  call(
    vault: Vault,
    principal: AzurePrincipal,
    request: AzureKeyRequest,
    info: AzureRequestInfo,
  ): KeyVaultJson {
    const now = this.#options.clock.now();
    const { operation, key, body } = request;
    const algorithm = typeof body.alg === 'string' ? body.alg : null;
    const { decision, fault } = vault.access.decide(
      { principal, action: operations[operation], key, address: info.callerIp },
      now,
    );
    const row = { operationName: operation, principal, algorithm, access: decision };
    try {
      if (fault !== null) throw fault;
      const answer = this.#perform(vault, request, now);
      const id = idIn(answer);
      this.#journal(vault, info, { ...row, id, httpStatus: successOf(operation) });
      return answer;
    } catch (error) {
      if (!(error instanceof AzureFault)) throw error;
      const { httpStatus, code, innerCode = null, message } = error;
      const id = `https://${vault.host}/keys/${key}${request.version && `/${request.version}`}`;
      const said = { code, innerCode, message };
      this.#journal(vault, info, { ...row, id, httpStatus, fault: said });
      throw error;
    }
  }

  #journal(
    { host }: Vault,
    info: AzureRequestInfo,
    row: Pick<AzureKeyEntry, 'operationName' | 'httpStatus'> & Partial<AzureKeyEntry>,
  ): void {
    const none = { principal: null, id: null, algorithm: null, access: null, fault: null };
    this.#options.journal?.({
      ...info,
      ...none,
      at: this.#options.clock.now(),
      vault: host,
      ...row,
    });
  }

  #perform(
    vault: Vault,
    { operation, key, version, body }: AzureKeyRequest,
    now: number,
  ): KeyVaultJson {
    const { keys } = vault;
    const bundle = (one: Parameters<typeof keyMessage>[0]['version']) =>
      keyMessage({ vault, key, version: one });
    switch (operation) {
      case 'KeyCreate': {
        const made = keys.create(key, now);
        this.#setAttributes(vault, made, body, now);
        return bundle(made);
      }
      case 'KeyGet':
        return bundle(keys.version(key, version, now));
      case 'KeyListVersions':
        return {
          value: keys.versions(key, now).map((version) => keyItem({ vault, key, version })),
        };
      case 'KeyUpdate': {
        const updated = keys.version(key, version, now);
        this.#setAttributes(vault, updated, body, now);
        return bundle(updated);
      }
      case 'KeyRotate':
        return bundle(keys.rotate(key, now));
      // Of RSA it is the same.
      case 'KeyEncrypt':
      case 'KeyWrap': {
        const used = keys.version(key, version, now);
        const wrapped = used.wrap(String(body.alg), bytesIn(body), now);
        return answerOf({ vault, key, version: used }, wrapped);
      }
      case 'KeyUnwrap': {
        const used = keys.version(key, version, now);
        const unwrapped = used.unwrap(String(body.alg), bytesIn(body), now);
        return answerOf({ vault, key, version: used }, unwrapped);
      }
      case 'KeyDelete': {
        const gone = bundle(keys.version(key, '', now));
        keys.delete(key, now);
        return { ...gone, deletedDate: Math.floor(now / 1000) };
      }
      case 'KeyGetDeleted':
        return { deletedDate: Math.floor(keys.deletedAt(key, now) / 1000) };
      case 'KeyRecover':
        keys.recover(key, now);
        return bundle(keys.version(key, '', now));
      case 'KeyPurge':
        keys.purge(key, now);
        return {};
    }
  }

  #setAttributes(
    { keys }: Vault,
    version: ReturnType<VaultKeys['version']>,
    body: KeyVaultJson,
    now: number,
  ): void {
    const { enabled, notBefore, expiresAt } = readAttributes(body);
    if (enabled !== undefined) keys.setEnabled(version, enabled, now);
    version.notBefore = notBefore ?? version.notBefore;
    version.expiresAt = expiresAt ?? version.expiresAt;
  }
}

function bytesIn({ value }: KeyVaultJson): Buffer {
  if (typeof value !== 'string' || !/^[\w-]+$/.test(value))
    throw badParameter("Content of 'value' is not base64url.\r\n");
  return Buffer.from(value, 'base64url');
}

function idIn(answer: KeyVaultJson): string | null {
  const inKey =
    typeof answer.key === 'object' && answer.key !== null ? Reflect.get(answer.key, 'kid') : null;
  const id = answer.kid ?? inKey;
  return typeof id === 'string' ? id : null;
}
