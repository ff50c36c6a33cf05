/**
 * The sandbox's Cloud KMS in process: keys with versions, IAM, rotation and delayed destruction. Calls are synchronous
 * and each one is journalled as the audit log sees it; the wire is the servers' business.
 */

import { crc32c } from '@aws-crypto/crc32c';
import type { Clock } from '../../domain/clock.ts';
import { pooledRandom, type RandomBytes } from '../any-cloud/random-ids.ts';
import { openBlob, blobKeyId as readBlobId, sealBlob } from '../aws/kms-crypto.ts';
import {
  CryptoKey,
  type CryptoKeyRecord,
  type CryptoKeyVersion,
  parseKeyName,
  type VersionState,
} from './crypto-keys.ts';
import { codes, GcpFault } from './gcp-fault.ts';
import { Iam, type IamState, type RoleBinding } from './iam.ts';
import type { GcpCaller, GcpKmsEntry } from './kms-entry.ts';
import { loggable, memberOf } from './log-entry.ts';
import { isMethod, type Message, type Method, methods } from './methods.ts';
import { bytesOf, checkSum, durationMs, timestampMs } from './request-values.ts';

/** What outlives a run, JSON-able. It holds the sandbox's key material. */
export interface GcpCloudState {
  keys: readonly CryptoKeyRecord[];
  policies: IamState;
}

export interface GcpCloudOptions {
  /** Sandbox time. */
  clock: Clock;
  random: RandomBytes;
  /** From a change of a key's state or policy to its being in force, ms of sandbox time. */
  propagationMs: number;
  /** Called for every call and every rotation as it happens. */
  journal?: (entry: GcpKmsEntry) => void;
  /** Whether errors of a key's state carry a `PreconditionFailure`: unverified of the real ones. Default true. */
  violations?: boolean;
  state?: GcpCloudState;
}

const plaintextBytesMax = 65_536;
const keysMax = 10_000;
const dayMs = 86_400_000;
const destroyDelayMsDefault = 30 * dayMs;

export class GcpCloud {
  readonly #options: GcpCloudOptions;
  readonly #random: RandomBytes;
  readonly #iam: Iam;
  readonly #keys = new Map<string, CryptoKey>();

  constructor(options: GcpCloudOptions) {
    if (!(options.propagationMs >= 0 && Number.isFinite(options.propagationMs)))
      throw new RangeError('propagationMs must be 0 or more');
    this.#options = options;
    this.#random = pooledRandom(options.random);
    this.#iam = new Iam(options.propagationMs, options.state?.policies);
    for (const key of options.state?.keys ?? []) this.#keys.set(key.name, new CryptoKey(key));
  }

  exportState(): GcpCloudState {
    const now = this.#options.clock.now();
    const keys = Array.from(this.#keys.values(), (key) => key.exportState(now));
    return { keys, policies: this.#iam.exportState(now) };
  }

  /** Binds a role on a project, key ring or key, in force at once: how a scene is set. */
  grant(resource: string, role: string, ...emails: string[]): void {
    const bindings = [...this.#iam.policy(resource), { role, members: emails.map(memberOf) }];
    this.#iam.setPolicy(resource, bindings, -Infinity);
  }

  /** Whether somebody has a permission on a resource, as another service of the cloud asks. */
  allows(
    email: string,
    { permission, resource }: { permission: string; resource: string },
  ): boolean {
    const asked = { member: memberOf(email), permission, resource };
    return this.#iam.allows(asked, this.#options.clock.now());
  }

  /** Answers one call. @throws {GcpFault} */
  call(method: string, request: Message, caller: GcpCaller): Message {
    if (!isMethod(method)) throw new GcpFault('unimplemented', `${method} is not offered here.`);
    const now = this.#options.clock.now();
    const { log, permission } = methods[method];
    const resourceName = resourceOf(request);
    const logged = { methodName: method, resourceName: madeBy(method, request) ?? resourceName };
    const entry = { at: now, ...logged, permission, request: loggable(request), caller };
    const journal = (fault: GcpKmsEntry['fault']) => {
      if (log !== null) this.#options.journal?.({ ...entry, log, fault });
    };
    try {
      this.#rotateIfDue(resourceName, now);
      if (permission !== null) this.#check(caller, permission, resourceName, now);
      const answer = this.#perform(method, request, { caller, now });
      journal(null);
      return answer;
    } catch (error) {
      if (!(error instanceof GcpFault)) throw error;
      const { code } = codes[error.status];
      journal({ code, message: error.message });
      throw error;
    }
  }

  #check(caller: GcpCaller, permission: string, resourceName: string, now: number): void {
    const key = resourceName.replace(/\/cryptoKeyVersions\/\d+$/, '');
    this.#iam.check({ member: memberOf(caller.email), permission, resource: key }, now);
  }

  #perform(
    method: Method,
    request: Message,
    { caller, now }: { caller: GcpCaller; now: number },
  ): Message {
    switch (method) {
      case 'Encrypt':
        return this.#encrypt(request, now);
      case 'Decrypt':
        return this.#decrypt(request, now);
      case 'CreateKeyRing':
        return { name: `${request.parent}/keyRings/${request.keyRingId}` };
      case 'CreateCryptoKey':
        return this.#create(request, now);
      case 'GetCryptoKey':
        return this.#keyMessage(this.#key(request.name), now);
      case 'UpdateCryptoKey':
        return this.#updateKey(request, now);
      case 'GetCryptoKeyVersion':
        return versionMessage(this.#version(request.name), now);
      case 'ListCryptoKeyVersions':
        return {
          cryptoKeyVersions: this.#key(request.parent).versions.map((one) =>
            versionMessage(one, now),
          ),
        };
      case 'CreateCryptoKeyVersion':
        return this.#addVersion(request, now);
      case 'UpdateCryptoKeyPrimaryVersion':
        return this.#makePrimary(request, now);
      case 'UpdateCryptoKeyVersion':
        return this.#updateVersion(request, now);
      case 'DestroyCryptoKeyVersion':
        return this.#destroy(request, now);
      case 'RestoreCryptoKeyVersion':
        return this.#restore(request, now);
      case 'GetIamPolicy':
        return { version: 1, bindings: this.#iam.policy(textOf(request.resource)) };
      case 'SetIamPolicy':
        return this.#setPolicy(request, now);
      case 'TestIamPermissions': {
        const resource = textOf(request.resource);
        const asked = Array.isArray(request.permissions) ? request.permissions.map(textOf) : [];
        const may = (permission: string) =>
          this.#iam.allows({ member: memberOf(caller.email), permission, resource }, now);
        return { permissions: asked.filter(may) };
      }
    }
  }

  #encrypt(request: Message, now: number): Message {
    const plaintext = bytesOf(request, 'plaintext');
    const aad = bytesOf(request, 'additionalAuthenticatedData');
    if (plaintext.length > plaintextBytesMax)
      throw new GcpFault('invalidArgument', 'The plaintext is too large.');
    const summed = checkSum(request, 'plaintextCrc32c', plaintext);
    const aadSummed = checkSum(request, 'additionalAuthenticatedDataCrc32c', aad);
    const { key, version: number } = parseKeyName(textOf(request.name));
    const named = this.#key(key);
    const version = number === null ? named.primaryAt(now) : named.version(number);
    this.#assertEnabled(version, now);
    const { blobId, material, name } = version;
    const context = { aad: aad.toString('base64') };
    const random = this.#random;
    const blob = Buffer.from(sealBlob({ keyId: blobId, material, plaintext, context, random }));
    return {
      name,
      ciphertext: blob,
      ciphertextCrc32c: { value: crc32c(blob) },
      verifiedPlaintextCrc32c: summed,
      verifiedAdditionalAuthenticatedDataCrc32c: aadSummed,
      protectionLevel: 'SOFTWARE',
    };
  }

  #decrypt(request: Message, now: number): Message {
    const blob = bytesOf(request, 'ciphertext');
    const aad = bytesOf(request, 'additionalAuthenticatedData');
    checkSum(request, 'ciphertextCrc32c', blob);
    checkSum(request, 'additionalAuthenticatedDataCrc32c', aad);
    const key = this.#key(request.name);
    const blobId = readBlobId(blob);
    if (blobId === null)
      throw new GcpFault('invalidArgument', 'Decryption failed: the ciphertext is invalid.');
    const version = key.versions.find((one) => one.blobId === blobId);
    if (version === undefined) throw wrongKey();
    this.#assertEnabled(version, now);
    const context = { aad: aad.toString('base64') };
    const opened = openBlob({ blob, material: version.material, context });
    if (opened === null) throw wrongKey();
    const plaintext = Buffer.from(opened);
    return {
      plaintext,
      plaintextCrc32c: { value: crc32c(plaintext) },
      usedPrimary: version === key.primaryAt(now),
      protectionLevel: 'SOFTWARE',
    };
  }

  #assertEnabled(version: CryptoKeyVersion, now: number): void {
    const state = version.stateAt(now);
    if (state === 'ENABLED') return;
    const { violations = true } = this.#options;
    const violation = { type: 'KEY_DISABLED', subject: version.name };
    const message = `${version.name} is not enabled, current state is: ${state}.`;
    const detailed = violations && state === 'DISABLED' ? { violation } : {};
    throw new GcpFault('failedPrecondition', message, detailed);
  }

  #create(request: Message, now: number): Message {
    const name = `${request.parent}/cryptoKeys/${request.cryptoKeyId}`;
    parseKeyName(name);
    if (this.#keys.has(name))
      throw new GcpFault('alreadyExists', `CryptoKey ${name} already exists.`);
    if (this.#keys.size >= keysMax)
      throw new GcpFault('resourceExhausted', 'Too many keys for a sandbox.');
    const wanted = messageOf(request.cryptoKey);
    const destroyDelayMs = durationMs(wanted.destroyScheduledDuration) ?? destroyDelayMsDefault;
    const key = CryptoKey.made({ name, createdAt: now, destroyDelayMs }, this.#random);
    setRotation(key, wanted);
    this.#keys.set(name, key);
    return this.#keyMessage(key, now);
  }

  #updateKey(request: Message, now: number): Message {
    const wanted = messageOf(request.cryptoKey);
    const key = this.#key(wanted.name);
    setRotation(key, wanted);
    return this.#keyMessage(key, now);
  }

  #makePrimary(request: Message, now: number): Message {
    const key = this.#key(request.name);
    key.makePrimary(Number(request.cryptoKeyVersionId), now + this.#options.propagationMs);
    return this.#keyMessage(key, now);
  }

  #addVersion(request: Message, now: number): Message {
    const key = this.#key(request.parent);
    return versionMessage(key.version(key.addVersion(now, this.#random)), now);
  }

  #updateVersion(request: Message, now: number): Message {
    const { name, state } = messageOf(request.cryptoKeyVersion);
    const version = this.#version(name);
    if (state !== 'ENABLED' && state !== 'DISABLED')
      throw new GcpFault('invalidArgument', 'The state can only be set to ENABLED or DISABLED.');
    this.#assertManageable(version, now, ['ENABLED', 'DISABLED']);
    version.state.change(state, now + this.#options.propagationMs);
    return versionMessage(version, now);
  }

  #destroy(request: Message, now: number): Message {
    const version = this.#version(request.name);
    this.#assertManageable(version, now, ['ENABLED', 'DISABLED']);
    const { destroyDelayMs } = this.#key(parseKeyName(version.name).key);
    version.state.change('DESTROY_SCHEDULED', now + this.#options.propagationMs);
    version.destroyAt = now + destroyDelayMs;
    return versionMessage(version, now);
  }

  #restore(request: Message, now: number): Message {
    const version = this.#version(request.name);
    this.#assertManageable(version, now, ['DESTROY_SCHEDULED']);
    version.destroyAt = null;
    version.state.change('DISABLED', now + this.#options.propagationMs);
    return versionMessage(version, now);
  }

  #setPolicy(request: Message, now: number): Message {
    const { bindings = [] } = messageOf(request.policy);
    this.#iam.setPolicy(textOf(request.resource), bindingsOf(bindings), now);
    return { version: 1, bindings };
  }

  #assertManageable(version: CryptoKeyVersion, now: number, from: readonly VersionState[]): void {
    const state = version.latestState(now);
    if (from.includes(state)) return;
    const what = `Resource ${version.name} has value ${state} in field crypto_key_version.state.`;
    throw new GcpFault('failedPrecondition', `The request cannot be fulfilled. ${what}`);
  }

  /** A key whose rotation is due gets its new primary version, as the service does by itself. */
  #rotateIfDue(resourceName: string, now: number): void {
    const key = this.#keys.get(resourceName.replace(/\/cryptoKeyVersions\/\d+$/, ''));
    if (key === undefined || key.rotationPeriodMs === null) return;
    while (key.nextRotationAt !== null && key.nextRotationAt <= now) {
      const at = key.nextRotationAt;
      key.makePrimary(key.addVersion(at, this.#random), at);
      key.nextRotationAt = at + key.rotationPeriodMs;
      const entry = {
        log: 'system_event',
        at,
        permission: null,
        request: {},
        caller: null,
        fault: null,
      } as const;
      this.#options.journal?.({ ...entry, methodName: 'Rotate', resourceName: key.name });
    }
  }

  #key(name: unknown): CryptoKey {
    const { key: wanted } = parseKeyName(textOf(name));
    const key = this.#keys.get(wanted);
    if (key === undefined) throw new GcpFault('notFound', `CryptoKey ${wanted} not found.`);
    return key;
  }

  #version(name: unknown): CryptoKeyVersion {
    const { key, version } = parseKeyName(textOf(name));
    return this.#key(key).version(version ?? 0);
  }

  #keyMessage(key: CryptoKey, now: number): Message {
    return {
      name: key.name,
      purpose: 'ENCRYPT_DECRYPT',
      primary: versionMessage(key.primary, now),
      createTime: timestamp(key.createdAt),
      destroyScheduledDuration: { seconds: key.destroyDelayMs / 1000 },
      ...(key.rotationPeriodMs !== null && {
        rotationPeriod: { seconds: key.rotationPeriodMs / 1000 },
      }),
      ...(key.nextRotationAt !== null && { nextRotationTime: timestamp(key.nextRotationAt) }),
    };
  }
}

function versionMessage(version: CryptoKeyVersion, now: number): Message {
  return {
    name: version.name,
    state: version.latestState(now),
    protectionLevel: 'SOFTWARE',
    algorithm: 'GOOGLE_SYMMETRIC_ENCRYPTION',
    createTime: timestamp(version.createdAt),
    ...(version.destroyAt !== null && { destroyTime: timestamp(version.destroyAt) }),
  };
}

const timestamp = (ms: number): Message => ({
  seconds: Math.floor(ms / 1000),
  nanos: (ms % 1000) * 1_000_000,
});

function setRotation(key: CryptoKey, wanted: Message): void {
  const periodMs = durationMs(wanted.rotationPeriod);
  const nextAt = timestampMs(wanted.nextRotationTime);
  if (periodMs !== undefined && periodMs < dayMs)
    throw new GcpFault('invalidArgument', 'The rotation_period must be at least 24 hours.');
  key.rotationPeriodMs = periodMs ?? key.rotationPeriodMs;
  key.nextRotationAt = nextAt ?? key.nextRotationAt;
}

const wrongKey = () =>
  new GcpFault(
    'invalidArgument',
    "Decryption failed: verify that 'name' refers to the correct CryptoKey.",
  );

/** The resource of a call: a key, a version, or the parent of a new one. */
function resourceOf(request: Message): string {
  const inner = request.cryptoKeyVersion ?? request.cryptoKey;
  const name = request.name ?? request.resource ?? request.parent ?? messageOf(inner).name;
  return textOf(name);
}

/** The name of the resource a call creates: the log names that, not its parent. */
function madeBy(method: Method, request: Message): string | undefined {
  if (method === 'CreateKeyRing') return `${request.parent}/keyRings/${request.keyRingId}`;
  if (method === 'CreateCryptoKey') return `${request.parent}/cryptoKeys/${request.cryptoKeyId}`;
  return undefined;
}

function bindingsOf(bindings: unknown): RoleBinding[] {
  if (!Array.isArray(bindings)) return [];
  return bindings.map((one) => {
    const { role, members } = messageOf(one);
    return { role: textOf(role), members: Array.isArray(members) ? members.map(textOf) : [] };
  });
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const messageOf = (value: unknown): Message =>
  typeof value === 'object' && value !== null ? { ...value } : {};
