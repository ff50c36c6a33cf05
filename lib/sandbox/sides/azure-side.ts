import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import path from 'node:path';
import type { KekProvider } from '@keytide/crypto-core';
import { azureProvider } from '@keytide/crypto-core/providers/azure';
import { seededRandom } from '../../domain/seeded-random.ts';
import { toLoopback } from '../../shared/to-loopback.ts';
import { FaultPlan } from '../any-cloud/fault-plan.ts';
import { AzureAuditLog } from '../azure/audit-log.ts';
import { AzureFault } from '../azure/azure-fault.ts';
import { AzureCloud, type AzureKeyEntry, type AzureOperation } from '../azure/cloud.ts';
import type { KeyVaultJson } from '../azure/key-messages.ts';
import { type AzureServer, type AzureServerFault, startAzureServer } from '../azure/server.ts';
import type { AzurePrincipal } from '../azure/vault-access.ts';
import { type AzureCast, azureCastNames, azureCastOf, azureRecast } from './azure-cast.ts';
import type { SideKeeping, SideState } from './kept-side.ts';
import { addressOf, type CloudAccess, type Side, type SideOptions, standIn } from './side.ts';

export interface AzureSideOptions extends SideOptions, SideKeeping<'azure'> {
  /** Called for every request, logged or not. */
  journal?: (entry: AzureKeyEntry) => void;
}

const keyName = 'messages';
const tenantId = '3c9f1d02-7a41-4e0b-9d5e-5b6f2a8c1e77';
const subscriptionId = '5f8b2c1e-64d0-4a53-9f0a-2d7c6e91b348';
const strangerUses = 12;
const suspectUses = 3;
/** Of the workspace, as measured of the real one. */
const logDelayMsDefault = { min: 60_000, max: 552_000 };
const propagationMsDefault = 30_000;

/** The customer's vault and its diagnostic setting; an application of the service's uses the key. */
export class AzureSide implements Side {
  readonly cloud = 'azure';
  readonly azure: AzureCloud;
  readonly log: AzureAuditLog;
  readonly cast: AzureCast;
  readonly faults: FaultPlan;
  readonly #clock: SideOptions['clock'];
  readonly #processes: number;
  readonly #written = new Map<string, number>();
  #server: AzureServer | undefined;
  #providers: KekProvider[] = [];

  constructor(options: AzureSideOptions) {
    const { clock, processes, logDelayMs = logDelayMsDefault, keep, restored } = options;
    const { propagationMs = propagationMsDefault, draw = seededRandom(1) } = options;
    this.faults = new FaultPlan(clock, draw);
    const common = { clock, random: randomBytes, tenantId };
    this.#clock = clock;
    this.#processes = processes;
    this.log = new AzureAuditLog({
      ...common,
      subscriptionId,
      resourceGroup: 'acme-keys',
      delayMs: logDelayMs,
      ...(keep && { journal: keep }),
      ...(restored && { restored: restored.events }),
    });
    const journal = (entry: AzureKeyEntry) => {
      this.log.write(entry);
      options.journal?.(entry);
    };
    const state = restored && { state: restored.state.cloud };
    this.azure = new AzureCloud({ ...common, propagationMs, journal, ...state });
    if (restored !== undefined) {
      this.cast = azureRecast(this.azure, restored.state.cast);
    } else {
      this.cast = azureCastOf(this.azure, keyName);
      this.#call(this.cast.admin, 'KeyCreate', { kty: 'RSA' });
    }
  }

  get keyUri(): string {
    return `azure-kv:https://${this.cast.vault.host}/keys/${keyName}`;
  }

  async open(): Promise<void> {
    this.#server = await startAzureServer({
      cloud: this.azure,
      faults: () => this.#fault(),
      logs: {
        log: this.log,
        readers: [this.cast.reader],
        workspace: { id: this.cast.workspaceId },
        storage: this.cast.storage,
      },
    });
    for (let process = 0; process < this.#processes; process += 1)
      this.#providers.push(this.#providerAt(this.#server.url, process));
  }

  async goLive(): Promise<void> {}

  provider(process: number): KekProvider {
    return standIn('azure', () => {
      const provider = this.#providers[process];
      if (provider === undefined) throw new RangeError(`there is no engine ${process}`);
      return provider;
    });
  }

  /** The customer's own export, and a service of Azure on the customer's behalf. */
  stranger(times = strangerUses): void {
    this.#use(this.cast.stranger, { callerIp: '127.0.0.77', userAgent: 'azure-cli/2.70' }, times);
    const storage = { callerIp: '10.0.4.7', userAgent: 'Azure Storage', trustedService: 'Storage' };
    this.#use(this.cast.storageIdentity, storage, suspectUses);
  }

  suspect(): void {
    const elsewhere = { callerIp: '127.0.0.66', userAgent: 'python-requests/2.32' };
    this.#use(this.cast.engine, elsewhere, suspectUses);
  }

  audit(): void {
    this.#call(this.cast.admin, 'KeyGet');
  }

  setKey(enabled: boolean): void {
    for (const { version } of this.cast.vault.keys.versions(keyName, this.#clock.now()))
      this.#call(this.cast.admin, 'KeyUpdate', { attributes: { enabled } }, { version });
  }

  /** Writes the storage account's blobs; those that grew are written anew. */
  async writeLogs(dir: string): Promise<{ files: string[]; records: number }> {
    const files: string[] = [];
    let records = 0;
    for (const { name, content } of this.log.blobs()) {
      const before = this.#written.get(name) ?? 0;
      if (content.length === before) continue;
      records += content.subarray(before).toString().split('\n').length - 1;
      const file = path.join(dir, 'insights-logs-auditevent', ...name.split('/'));
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, content);
      this.#written.set(name, content.length);
      files.push(file);
    }
    return { files, records };
  }

  exportState(): SideState {
    const state = { cloud: this.azure.exportState(), cast: azureCastNames(this.cast) };
    return { cloud: 'azure', state };
  }

  access(): CloudAccess | null {
    if (this.#server === undefined) return null;
    return {
      cloud: 'azure',
      endpoint: this.#server.url,
      key: this.keyUri,
      tenantId,
      token: this.cast.engine.token,
      readerToken: this.cast.reader.token,
      workspaceId: this.cast.workspaceId,
      storage: this.cast.storage,
    };
  }

  async close(): Promise<void> {
    for (const provider of this.#providers) provider.close?.();
    await this.#server?.close();
  }

  #providerAt(url: string, process: number): KekProvider {
    const { token } = this.cast.engine;
    const agent = new Agent({ keepAlive: true, localAddress: addressOf(process) });
    return azureProvider({
      credential: {
        getToken: async () => ({ token, expiresOnTimestamp: Number.MAX_SAFE_INTEGER }),
      },
      additionalPolicies: [
        { policy: toLoopback(url), position: 'perRetry' },
        {
          position: 'perRetry',
          policy: {
            name: 'keytide-address',
            sendRequest: (request, next) => {
              request.agent = agent;
              return next(request);
            },
          },
        },
      ],
    });
  }

  /** Wraps once and unwraps it again; with the key disabled it fails as everybody's calls do. */
  #use(principal: AzurePrincipal, from: Partial<CallInfo>, times: number): void {
    const alg = 'RSA-OAEP-256';
    try {
      const value = Buffer.from('an export of its own').toString('base64url');
      const wrapped = this.#call(principal, 'KeyWrap', { alg, value }, from);
      for (let number = 1; number < times; number += 1)
        this.#call(principal, 'KeyUnwrap', { alg, value: wrapped.value }, from);
    } catch (error) {
      if (!(error instanceof AzureFault)) throw error;
    }
  }

  #call(
    principal: AzurePrincipal,
    operation: AzureOperation,
    body: KeyVaultJson = {},
    { version = '', ...from }: Partial<CallInfo> = {},
  ): KeyVaultJson {
    const info = {
      requestId: randomUUID(),
      clientRequestId: null,
      userAgent: 'azure-cli/2.70',
      callerIp: '127.0.0.2',
      requestUri: `https://${this.cast.vault.host}/keys/${keyName}/${version}?api-version=2025-07-01`,
      ...from,
    };
    return this.azure.call(
      this.cast.vault,
      principal,
      { operation, key: keyName, version, body },
      info,
    );
  }

  #fault(): AzureServerFault | undefined {
    const kind = this.faults.next();
    if (kind === null) return undefined;
    return kind === 'throttled'
      ? {
          fault: new AzureFault(429, {
            code: 'Throttled',
            message: 'Too many requests were received.',
          }),
        }
      : {
          fault: new AzureFault(500, {
            code: 'InternalServerError',
            message: 'An internal error occurred.',
          }),
        };
  }
}

interface CallInfo {
  version: string;
  callerIp: string;
  userAgent: string;
  trustedService: string;
}
