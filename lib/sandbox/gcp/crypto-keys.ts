/** Cloud KMS keys and their versions: each version has its own material and its own state. */
import { createSecretKey, type KeyObject } from 'node:crypto';
import { Delayed } from '../any-cloud/delayed.ts';
import { type RandomBytes, uuid } from '../any-cloud/random-ids.ts';
import { GcpFault } from './gcp-fault.ts';

export type VersionState = 'ENABLED' | 'DISABLED' | 'DESTROY_SCHEDULED' | 'DESTROYED';

export class CryptoKeyVersion {
  readonly name: string;
  readonly number: number;
  /** Names its ciphertexts. */
  readonly blobId: string;
  readonly createdAt: number;
  readonly state = new Delayed<VersionState>('ENABLED');
  readonly material: KeyObject;
  destroyAt: number | null = null;

  constructor(name: string, number: number, createdAt: number, random: RandomBytes) {
    this.name = name;
    this.number = number;
    this.createdAt = createdAt;
    this.blobId = uuid(random);
    this.material = createSecretKey(random(32));
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

export class CryptoKey {
  readonly name: string;
  readonly createdAt: number;
  readonly versions: CryptoKeyVersion[] = [];
  readonly primary: Delayed<CryptoKeyVersion>;
  /** Milliseconds; null where the key does not rotate by itself. */
  rotationPeriodMs: number | null = null;
  nextRotationAt: number | null = null;
  readonly destroyDelayMs: number;
  readonly #random: RandomBytes;

  constructor(
    name: string,
    options: { createdAt: number; destroyDelayMs: number; random: RandomBytes },
  ) {
    this.name = name;
    this.createdAt = options.createdAt;
    this.destroyDelayMs = options.destroyDelayMs;
    this.#random = options.random;
    this.primary = new Delayed(this.addVersion(options.createdAt));
  }

  addVersion(now: number): CryptoKeyVersion {
    const number = this.versions.length + 1;
    const name = `${this.name}/cryptoKeyVersions/${number}`;
    const version = new CryptoKeyVersion(name, number, now, this.#random);
    this.versions.push(version);
    return version;
  }

  version(number: number): CryptoKeyVersion {
    const version = this.versions[number - 1];
    if (version !== undefined) return version;
    const name = `${this.name}/cryptoKeyVersions/${number}`;
    throw new GcpFault('notFound', `CryptoKeyVersion ${name} not found.`);
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
