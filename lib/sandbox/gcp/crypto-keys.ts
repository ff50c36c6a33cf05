/** Cloud KMS keys and their versions: each version has its own material and its own state. */
import { createSecretKey, type KeyObject } from 'node:crypto';
import { Delayed, type DelayedState } from '../any-cloud/delayed.ts';
import { type RandomBytes, uuid } from '../any-cloud/random-ids.ts';
import { GcpFault } from './gcp-fault.ts';

export type VersionState = 'ENABLED' | 'DISABLED' | 'DESTROY_SCHEDULED' | 'DESTROYED';

/** A version as it is kept between runs, its material included. Instants are epoch ms of sandbox time. */
interface VersionRecord {
  blobId: string;
  createdAt: number;
  /** Base64 of 32 bytes. */
  material: string;
  state: DelayedState<VersionState>;
  destroyAt: number | null;
}

export class CryptoKeyVersion {
  readonly name: string;
  /** Names its ciphertexts. */
  readonly blobId: string;
  readonly createdAt: number;
  readonly state: Delayed<VersionState>;
  readonly material: KeyObject;
  destroyAt: number | null;

  constructor(name: string, record: VersionRecord) {
    this.name = name;
    this.blobId = record.blobId;
    this.createdAt = record.createdAt;
    this.state = Delayed.restored(record.state);
    this.material = createSecretKey(Buffer.from(record.material, 'base64'));
    this.destroyAt = record.destroyAt;
  }

  exportState(now: number): VersionRecord {
    const { blobId, createdAt, destroyAt } = this;
    const material = this.material.export().toString('base64');
    return { blobId, createdAt, material, state: this.state.exportState(now), destroyAt };
  }

  /** The state that is in force; material whose destruction is due is gone. */
  stateAt(now: number): VersionState {
    return this.#isDestroyed(now) ? 'DESTROYED' : this.state.at(now);
  }

  /** The state that was asked for last, as who manages the key sees it. */
  latestState(now: number): VersionState {
    return this.#isDestroyed(now) ? 'DESTROYED' : this.state.latest;
  }

  #isDestroyed(now: number): boolean {
    return this.destroyAt !== null && this.destroyAt <= now;
  }
}

/** A key as it is kept between runs. */
export interface CryptoKeyRecord {
  name: string;
  createdAt: number;
  destroyDelayMs: number;
  /** Milliseconds; null where the key does not rotate by itself. */
  rotationPeriodMs: number | null;
  nextRotationAt: number | null;
  /** The number of the version that encrypts. */
  primary: DelayedState<number>;
  versions: readonly VersionRecord[];
}

export class CryptoKey {
  readonly name: string;
  readonly createdAt: number;
  readonly versions: CryptoKeyVersion[];
  readonly destroyDelayMs: number;
  rotationPeriodMs: number | null;
  nextRotationAt: number | null;
  readonly #primary: Delayed<number>;

  constructor(record: CryptoKeyRecord) {
    this.name = record.name;
    this.createdAt = record.createdAt;
    this.destroyDelayMs = record.destroyDelayMs;
    this.rotationPeriodMs = record.rotationPeriodMs;
    this.nextRotationAt = record.nextRotationAt;
    this.#primary = Delayed.restored(record.primary);
    this.versions = record.versions.map(
      (version, index) => new CryptoKeyVersion(this.#versionName(index + 1), version),
    );
  }

  /** A new key, with its first version. */
  static made(
    about: { name: string; createdAt: number; destroyDelayMs: number },
    random: RandomBytes,
  ) {
    const none = { rotationPeriodMs: null, nextRotationAt: null, versions: [] };
    const key = new CryptoKey({ ...about, ...none, primary: { inForce: 1, coming: [] } });
    key.addVersion(about.createdAt, random);
    return key;
  }

  exportState(now: number): CryptoKeyRecord {
    const { name, createdAt, destroyDelayMs, rotationPeriodMs, nextRotationAt } = this;
    return {
      ...{ name, createdAt, destroyDelayMs, rotationPeriodMs, nextRotationAt },
      primary: this.#primary.exportState(now),
      versions: this.versions.map((version) => version.exportState(now)),
    };
  }

  /** Returns the number of the new version. */
  addVersion(now: number, random: RandomBytes): number {
    const number = this.versions.length + 1;
    const state: DelayedState<VersionState> = { inForce: 'ENABLED', coming: [] };
    const material = Buffer.from(random(32)).toString('base64');
    const made = { blobId: uuid(random), createdAt: now, material, state, destroyAt: null };
    this.versions.push(new CryptoKeyVersion(this.#versionName(number), made));
    return number;
  }

  /** The version that encrypts at an instant. Ask for instants in order of time. */
  primaryAt(now: number): CryptoKeyVersion {
    return this.version(this.#primary.at(now));
  }

  /** The version set last to encrypt. */
  get primary(): CryptoKeyVersion {
    return this.version(this.#primary.latest);
  }

  /** @throws {GcpFault} where there is no such version */
  makePrimary(number: number, inForceAt: number): void {
    this.version(number);
    this.#primary.change(number, inForceAt);
  }

  version(number: number): CryptoKeyVersion {
    const version = this.versions[number - 1];
    if (version !== undefined) return version;
    throw new GcpFault('notFound', `CryptoKeyVersion ${this.#versionName(number)} not found.`);
  }

  #versionName(number: number): string {
    return `${this.name}/cryptoKeyVersions/${number}`;
  }
}

/** A name taken apart: the key it is about, and the version where it names one. */
export function parseKeyName(name: string): { key: string; version: number | null } {
  const [, key, version] =
    /^(projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+\/cryptoKeys\/[^/]+)(?:\/cryptoKeyVersions\/(\d+))?$/.exec(
      name,
    ) ?? [];
  if (key === undefined)
    throw new GcpFault('invalidArgument', `Resource name [${name}] is not a CryptoKey.`);
  return { key, version: version === undefined ? null : Number(version) };
}
