/** Keys of one vault or Managed HSM, their versions, and how they are deleted, recovered and purged. */
import {
  constants,
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
} from 'node:crypto';
import { Delayed, type DelayedState } from '../any-cloud/delayed.ts';
import type { RandomBytes } from '../any-cloud/random-ids.ts';
import { AzureFault, badParameter, forbidden, notFound } from './azure-fault.ts';

export type VaultKind = 'vault' | 'managed-hsm';

const keyWrapIv = Buffer.alloc(8, 0xa6);
const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };

/** What a version's material does: RSA in a vault, AES in a Managed HSM. */
export type Material =
  | { kty: 'RSA'; algorithm: 'RSA-OAEP-256'; privateKey: KeyObject; publicKey: KeyObject }
  | { kty: 'oct-HSM'; algorithm: 'A256KW'; secret: KeyObject };

/** A version as it is kept between runs, its material included. Instants are epoch ms of sandbox time. */
interface VersionRecord {
  version: string;
  createdAt: number;
  enabled: DelayedState<boolean>;
  notBefore: number | null;
  expiresAt: number | null;
  /** The private key as PKCS #8 in PEM, or base64 of 32 bytes. */
  material: { kty: Material['kty']; secret: string };
}

export class KeyVersion {
  readonly version: string;
  readonly createdAt: number;
  readonly enabled: Delayed<boolean>;
  readonly material: Material;
  notBefore: number | null;
  expiresAt: number | null;
  readonly #kept: VersionRecord['material'];

  constructor(record: VersionRecord) {
    this.version = record.version;
    this.createdAt = record.createdAt;
    this.enabled = Delayed.restored(record.enabled);
    this.notBefore = record.notBefore;
    this.expiresAt = record.expiresAt;
    this.material = materialOf(record.material);
    this.#kept = record.material;
  }

  exportState(now: number): VersionRecord {
    const { version, createdAt, notBefore, expiresAt } = this;
    const enabled = this.enabled.exportState(now);
    return { version, createdAt, enabled, notBefore, expiresAt, material: this.#kept };
  }

  /**
   * Wraps. A vault lets a disabled RSA key wrap, as what its public half can do anywhere
   * (azure-sdk-for-python#45342); it does not let it unwrap.
   */
  wrap(algorithm: string, bytes: Buffer, now: number): Buffer {
    const { material } = this;
    if (material.kty !== 'RSA') this.#assertEnabled('wrapKey', now);
    this.#assertTime('wrapKey', now);
    assertAlgorithm(material, algorithm);
    if (material.kty === 'RSA') return publicEncrypt({ key: material.publicKey, ...oaep }, bytes);
    if (bytes.length < 16 || bytes.length % 8 !== 0)
      throw badParameter('The length of the value does not fit the algorithm.');
    const cipher = createCipheriv('id-aes256-wrap', material.secret, keyWrapIv);
    return Buffer.concat([cipher.update(bytes), cipher.final()]);
  }

  unwrap(algorithm: string, bytes: Buffer, now: number): Buffer {
    const { material } = this;
    this.#assertEnabled('unwrapKey', now);
    assertAlgorithm(material, algorithm);
    try {
      if (material.kty === 'RSA')
        return privateDecrypt({ key: material.privateKey, ...oaep }, bytes);
      const decipher = createDecipheriv('id-aes256-wrap', material.secret, keyWrapIv);
      return Buffer.concat([decipher.update(bytes), decipher.final()]);
    } catch {
      throw badParameter('The parameter is incorrect.\r\n');
    }
  }

  #assertEnabled(operation: string, now: number): void {
    if (this.enabled.at(now)) return;
    throw forbidden('KeyDisabled', `Operation ${operation} is not allowed on a disabled key.`);
  }

  #assertTime(operation: string, now: number): void {
    if (this.notBefore !== null && now < this.notBefore)
      throw forbidden(
        'KeyNotYetValid',
        `Operation ${operation} is not allowed on a key that is not yet valid.`,
      );
    if (this.expiresAt !== null && now >= this.expiresAt)
      throw forbidden('KeyExpired', `Operation ${operation} is not allowed on an expired key.`);
  }
}

function materialOf({ kty, secret }: VersionRecord['material']): Material {
  if (kty === 'oct-HSM')
    return { kty, algorithm: 'A256KW', secret: createSecretKey(Buffer.from(secret, 'base64')) };
  const privateKey = createPrivateKey(secret);
  return { kty, algorithm: 'RSA-OAEP-256', privateKey, publicKey: createPublicKey(privateKey) };
}

function assertAlgorithm(material: Material, algorithm: string): void {
  if (algorithm === material.algorithm) return;
  throw badParameter(
    `Key and signing algorithm are incompatible. Key https types ${material.kty}.`,
  );
}

interface VaultKey {
  name: string;
  versions: KeyVersion[];
  /** When it was deleted, epoch ms; null while it is not. */
  deletedAt: number | null;
}

/** A key as it is kept between runs. */
export interface VaultKeyRecord extends Omit<VaultKey, 'versions'> {
  versions: readonly VersionRecord[];
}

const keysMax = 10_000;
const retentionMs = 90 * 86_400_000;

export class VaultKeys {
  readonly #kind: VaultKind;
  readonly #random: RandomBytes;
  readonly #propagationMs: number;
  readonly #keys = new Map<string, VaultKey>();

  constructor(options: {
    kind: VaultKind;
    random: RandomBytes;
    propagationMs: number;
    restored: readonly VaultKeyRecord[];
  }) {
    this.#kind = options.kind;
    this.#random = options.random;
    this.#propagationMs = options.propagationMs;
    for (const { name, versions, deletedAt } of options.restored) {
      const key = { name, versions: versions.map((one) => new KeyVersion(one)), deletedAt };
      this.#keys.set(name.toLowerCase(), key);
    }
  }

  exportState(now: number): VaultKeyRecord[] {
    return Array.from(this.#keys.values(), ({ name, versions, deletedAt }) => ({
      name,
      versions: versions.map((version) => version.exportState(now)),
      deletedAt,
    }));
  }

  /** A new key, or a new version of one. */
  create(name: string, now: number): KeyVersion {
    if (!/^[\da-z-]{1,127}$/i.test(name)) throw badParameter('The name of the key is not valid.');
    const known = this.#find(name, now);
    if (known?.deletedAt != null)
      throw new AzureFault(409, {
        code: 'Conflict',
        message: `Key ${name} is currently in a deleted but recoverable state, and its name cannot be reused.`,
        innerCode: 'ObjectIsDeletedButRecoverable',
      });
    if (known === undefined && this.#keys.size >= keysMax)
      throw new AzureFault(429, { code: 'Throttled', message: 'Too many keys for a sandbox.' });
    const version = new KeyVersion({
      version: Buffer.from(this.#random(16)).toString('hex'),
      createdAt: now,
      enabled: { inForce: true, coming: [] },
      notBefore: null,
      expiresAt: null,
      material: this.#newMaterial(),
    });
    if (known !== undefined) known.versions.push(version);
    else this.#keys.set(name.toLowerCase(), { name, versions: [version], deletedAt: null });
    return version;
  }

  rotate(name: string, now: number): KeyVersion {
    this.versions(name, now);
    return this.create(name, now);
  }

  versions(name: string, now: number): readonly KeyVersion[] {
    const key = this.#find(name, now);
    if (key === undefined || key.deletedAt !== null) throw notFound(name);
    return key.versions;
  }

  /** The version that is named, or the newest one. */
  version(name: string, version: string, now: number): KeyVersion {
    const versions = this.versions(name, now);
    const found =
      version === ''
        ? versions.at(-1)
        : versions.find((one) => one.version === version.toLowerCase());
    if (found === undefined) throw notFound(name, version);
    return found;
  }

  setEnabled(version: KeyVersion, enabled: boolean, now: number): void {
    version.enabled.change(enabled, now + this.#propagationMs);
  }

  /** Deletes softly: it can be recovered for 90 days. */
  delete(name: string, now: number): void {
    this.versions(name, now);
    const key = this.#find(name, now);
    if (key !== undefined) key.deletedAt = now;
  }

  recover(name: string, now: number): void {
    this.#deleted(name, now).deletedAt = null;
  }

  purge(name: string, now: number): void {
    this.#keys.delete(this.#deleted(name, now).name.toLowerCase());
  }

  deletedAt(name: string, now: number): number {
    return this.#deleted(name, now).deletedAt ?? now;
  }

  #deleted(name: string, now: number): VaultKey {
    const key = this.#find(name, now);
    if (key === undefined || key.deletedAt === null) throw notFound(name);
    return key;
  }

  #find(name: string, now: number): VaultKey | undefined {
    const key = this.#keys.get(name.toLowerCase());
    if (key?.deletedAt == null || now < key.deletedAt + retentionMs) return key;
    this.#keys.delete(name.toLowerCase());
    return undefined;
  }

  #newMaterial(): VersionRecord['material'] {
    if (this.#kind === 'managed-hsm')
      return { kty: 'oct-HSM', secret: Buffer.from(this.#random(32)).toString('base64') };
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    return { kty: 'RSA', secret: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
  }
}
