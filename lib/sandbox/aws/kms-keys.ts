import { createSecretKey, type KeyObject } from 'node:crypto';
import { Delayed } from '../any-cloud/delayed.ts';
import type { KeyMetadata, KeyState } from './api.ts';
import { AwsFault } from './aws-fault.ts';
import { type KeyPolicy, parseKeyPolicy } from './key-policy.ts';

/**
 * A key as it is kept between runs: JSON-able, its material included. Instants are epoch ms of
 * sandbox time.
 */
export interface KeyRecord {
  id: string;
  account: string;
  arn: string;
  description: string;
  createdAt: number;
  /** The key policy document as given. */
  policy: string;
  materialId: string;
  /** Base64 of 32 bytes. */
  material: string;
  /** What was used before rotations, newest first. */
  earlier?: readonly { materialId: string; material: string }[];
  /** Oldest first: the state in force, then states not yet in force. Never empty. */
  states: StateChange[];
  deletionAt: number | null;
}

export interface StateChange {
  state: KeyState;
  inForceAt: number;
}

interface KeyMaterial {
  id: string;
  material: KeyObject;
}

const keysMax = 10_000;

/** A key in use: its record, with policy and material ready. */
export class KmsKey {
  readonly record: KeyRecord;
  readonly #policy: Delayed<KeyPolicy>;
  /** The material it encrypts with now, then the materials of before. */
  materials: readonly [KeyMaterial, ...KeyMaterial[]];
  /** What audit records name it by; one object for all of them. */
  readonly reference: { arn: string; account: string };

  constructor(record: KeyRecord) {
    this.record = record;
    this.reference = { arn: record.arn, account: record.account };
    this.#policy = new Delayed(parseKeyPolicy(record.policy));
    this.materials = materialsOf(record);
  }

  /** The policy that is in force. */
  policyAt(now: number): KeyPolicy {
    return this.#policy.at(now);
  }

  /** Replaces the policy. @throws {AwsFault} where it is malformed */
  putPolicy(document: string, inForceAt: number): void {
    this.#policy.change(parseKeyPolicy(document), inForceAt);
    this.record.policy = document;
  }

  isDue(now: number): boolean {
    const { deletionAt } = this.record;
    return deletionAt !== null && deletionAt <= now;
  }

  get material(): KeyObject {
    return this.materials[0].material;
  }

  /** Replaces the material; what the old one made stays readable. */
  rotate(next: { materialId: string; material: string }): void {
    const { materialId, material, earlier = [] } = this.record;
    Object.assign(this.record, next, { earlier: [{ materialId, material }, ...earlier] });
    this.materials = materialsOf(this.record);
  }

  /** The state last asked for, which DescribeKey and control operations go by at once. */
  get state(): KeyState {
    return this.record.states.at(-1)?.state ?? 'Enabled';
  }

  /** The state that Encrypt and Decrypt go by: a change takes a while to be in force. */
  stateInForce(now: number): KeyState {
    const { states } = this.record;
    for (let i = states.length - 1; i > 0; i -= 1) {
      const change = states[i];
      if (change && change.inForceAt <= now) return change.state;
    }
    return states[0]?.state ?? 'Enabled';
  }

  change(state: KeyState, { now, inForceAt }: { now: number; inForceAt: number }): void {
    const inForce = this.stateInForce(now);
    const pending = this.record.states.filter((change) => change.inForceAt > now);
    this.record.states = [{ state: inForce, inForceAt: now }, ...pending, { state, inForceAt }];
  }

  get metadata(): KeyMetadata {
    const { record, state } = this;
    const pending = state === 'PendingDeletion' && record.deletionAt !== null;
    return {
      AWSAccountId: record.account,
      KeyId: record.id,
      Arn: record.arn,
      CreationDate: record.createdAt / 1000,
      Enabled: state === 'Enabled',
      Description: record.description,
      KeyUsage: 'ENCRYPT_DECRYPT',
      KeyState: state,
      ...(pending ? { DeletionDate: (record.deletionAt ?? 0) / 1000 } : {}),
      Origin: 'AWS_KMS',
      KeyManager: 'CUSTOMER',
      CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
      KeySpec: 'SYMMETRIC_DEFAULT',
      EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
      MultiRegion: record.id.startsWith('mrk-'),
      CurrentKeyMaterialId: record.materialId,
    };
  }
}

function materialsOf(record: KeyRecord): [KeyMaterial, ...KeyMaterial[]] {
  const ready = ({ materialId, material }: { materialId: string; material: string }) => ({
    id: materialId,
    material: createSecretKey(Buffer.from(material, 'base64')),
  });
  return [ready(record), ...(record.earlier ?? []).map(ready)];
}

/** Every key of the Region, found by id; a key whose deletion is due is gone with its material. */
export class KeyRing {
  readonly #keys = new Map<string, KmsKey>();
  /** By the alias's ARN, the id of the key that it points to. */
  readonly #aliases: Map<string, string>;
  readonly #region: string;

  constructor(
    region: string,
    restored: readonly KeyRecord[],
    aliases: readonly (readonly [arn: string, keyId: string])[] = [],
  ) {
    this.#region = region;
    this.#aliases = new Map(aliases);
    for (const record of restored) this.add(structuredClone(record));
  }

  add(record: KeyRecord): KmsKey {
    if (this.#keys.size >= keysMax) {
      throw new AwsFault('LimitExceededException', 'The request exceeded the number of keys.');
    }
    const key = new KmsKey(record);
    this.#keys.set(record.id, key);
    return key;
  }

  arnOf({ account, id }: { account: string; id: string }): string {
    return `arn:aws:kms:${this.#region}:${account}:key/${id}`;
  }

  /** Points an alias, `alias/…`, to a key of its own account. */
  pointAlias(alias: string, key: KmsKey): void {
    this.#aliases.set(this.#aliasArn(key.record.account, alias), key.record.id);
  }

  #aliasArn(account: string, alias: string): string {
    return `arn:aws:kms:${this.#region}:${account}:${alias}`;
  }

  /** The key that a blob names. */
  byBlobId(id: string, now: number): KmsKey | undefined {
    return this.byId(id, now) ?? this.byId(`mrk-${id.replaceAll('-', '')}`, now);
  }

  byId(id: string, now: number): KmsKey | undefined {
    const key = this.#keys.get(id);
    return key === undefined || key.isDue(now) ? undefined : key;
  }

  /** Takes out the keys whose deletion is due, and returns them. */
  takeDeleted(now: number): KmsKey[] {
    const due: KmsKey[] = [];
    for (const key of this.#keys.values()) if (key.isDue(now)) due.push(key);
    for (const { record } of due) this.#keys.delete(record.id);
    return due;
  }

  /** The key an ARN names, or a bare id in the caller's own account. */
  resolve(keyId: string, { account, now }: { account: string; now: number }): KmsKey {
    if (keyId.includes('alias/')) {
      const arn = keyId.startsWith('arn:') ? keyId : this.#aliasArn(account, keyId);
      const key = this.byId(this.#aliases.get(arn) ?? '', now);
      if (key === undefined) throw new AwsFault('NotFoundException', `Alias ${arn} is not found.`);
      return key;
    }
    const arn = keyId.startsWith('arn:') ? keyId : this.arnOf({ account, id: keyId });
    const parts = /^arn:aws:kms:([^:]+):(\d{12}):key\/([\w-]+)$/.exec(arn);
    if (!parts) throw new AwsFault('NotFoundException', `Invalid keyId ${keyId}`);
    const [, region = '', , id = ''] = parts;
    if (region !== this.#region) throw new AwsFault('NotFoundException', `Invalid arn ${region}`);
    const key = this.byId(id, now);
    if (key?.record.arn !== arn) {
      throw new AwsFault('NotFoundException', `Key '${arn}' does not exist`);
    }
    return key;
  }

  exportAliases(): [arn: string, keyId: string][] {
    return [...this.#aliases];
  }

  export(): KeyRecord[] {
    return Array.from(this.#keys.values(), ({ record }) => structuredClone(record));
  }
}
