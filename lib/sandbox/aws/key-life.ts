/** KMS's control operations: how a key begins, is switched off and on, and ends. */

import { type RandomBytes, uuid } from '../any-cloud/random-ids.ts';
import type { AwsOutputs, KeyState } from './api.ts';
import type { JsonObject } from './api-call.ts';
import { AwsFault } from './aws-fault.ts';
import { cloudTrailDate } from './cloudtrail-record.ts';
import { type AwsKmsCall, authorizeIdentity, ownKey } from './key-access.ts';
import { defaultKeyPolicy } from './key-policy.ts';
import type { KeyRing, KmsKey } from './kms-keys.ts';
import {
  constraintFault,
  objectList,
  optionalFlag,
  optionalMember,
  optionalNumber,
  requiredText,
} from './request-fields.ts';

const policyBytesMax = 32_768;
const dayMs = 86_400_000;

export class KeyLife {
  readonly #ring: KeyRing;
  readonly #random: RandomBytes;
  readonly #propagationMs: number;

  constructor(options: { ring: KeyRing; random: RandomBytes; propagationMs: number }) {
    this.#ring = options.ring;
    this.#random = options.random;
    this.#propagationMs = options.propagationMs;
  }

  create(call: AwsKmsCall): AwsOutputs['CreateKey'] {
    const { principal, now, trace } = call;
    const { account } = principal;
    const { policy, description, multiRegion } = readCreation(call);
    authorizeIdentity(call, 'kms:CreateKey');
    const plainId = uuid(this.#random);
    const id = multiRegion ? `mrk-${plainId.replaceAll('-', '')}` : plainId;
    const key = this.#ring.add({
      id,
      account,
      arn: this.#ring.arnOf({ account, id }),
      description,
      createdAt: now,
      policy,
      ...this.#newMaterial(),
      states: [{ state: 'Enabled', inForceAt: now }],
      deletionAt: null,
    });
    trace.key = key.reference;
    trace.response = { keyMetadata: loggedMetadata(key) };
    return { KeyMetadata: key.metadata };
  }

  /** New material under the same id, at once. */
  rotate(call: AwsKmsCall): AwsOutputs['RotateKeyOnDemand'] {
    const key = ownKey(this.#ring, call, 'RotateKeyOnDemand');
    if (key.state !== 'Enabled') throw invalidState(key, `is ${key.state}.`);
    const previousKeyMaterialId = key.record.materialId;
    const material = this.#newMaterial();
    key.rotate(material);
    call.trace.response = { keyId: key.record.arn };
    const details = {
      keyId: key.record.id,
      rotationType: 'ON_DEMAND',
      previousKeyMaterialId,
      currentKeyMaterialId: material.materialId,
    };
    call.trace.followedBy = { name: 'RotateKey', details };
    return { KeyId: key.record.arn };
  }

  policy(call: AwsKmsCall): AwsOutputs['GetKeyPolicy'] {
    const key = ownKey(this.#ring, call, 'GetKeyPolicy');
    return { PolicyName: 'default', Policy: key.record.policy };
  }

  /** Replaces the key's policy; in force once it is everywhere. */
  putPolicy(call: AwsKmsCall): AwsOutputs['PutKeyPolicy'] {
    const keyId = requiredText(call.input, 'KeyId');
    const policy = checkedPolicy(optionalMember(call.input, 'Policy') ?? '');
    const bypassPolicyLockoutSafetyCheck = optionalFlag(
      call.input,
      'BypassPolicyLockoutSafetyCheck',
    );
    const policyName = optionalMember(call.input, 'PolicyName') ?? 'default';
    call.trace.parameters = { keyId, policyName, policy, bypassPolicyLockoutSafetyCheck };
    const key = ownKey(this.#ring, call, 'PutKeyPolicy');
    key.putPolicy(policy, call.now + this.#propagationMs);
    return {};
  }

  pointAlias(call: AwsKmsCall, operation: 'CreateAlias' | 'UpdateAlias'): Record<never, never> {
    const aliasName = requiredText(call.input, 'AliasName');
    const targetKeyId = requiredText(call.input, 'TargetKeyId');
    if (!/^alias\/[\w/-]+$/.test(aliasName))
      throw constraintFault('AliasName', 'Member must satisfy regular expression pattern');
    call.trace.parameters = { aliasName, targetKeyId };
    const target = { ...call, input: { KeyId: targetKeyId } };
    this.#ring.pointAlias(aliasName, ownKey(this.#ring, target, operation));
    return {};
  }

  #newMaterial(): { materialId: string; material: string } {
    return {
      materialId: Buffer.from(this.#random(32)).toString('hex'),
      material: Buffer.from(this.#random(32)).toString('base64'),
    };
  }

  enable(call: AwsKmsCall): AwsOutputs['EnableKey'] {
    return this.#switch(call, { operation: 'EnableKey', state: 'Enabled' });
  }

  disable(call: AwsKmsCall): AwsOutputs['DisableKey'] {
    return this.#switch(call, { operation: 'DisableKey', state: 'Disabled' });
  }

  scheduleDeletion(call: AwsKmsCall): AwsOutputs['ScheduleKeyDeletion'] {
    const days = optionalNumber(call.input, 'PendingWindowInDays') ?? 30;
    if (!Number.isInteger(days) || days < 7 || days > 30) {
      throw constraintFault('PendingWindowInDays', 'Member must be between 7 and 30');
    }
    call.trace.parameters = {
      keyId: requiredText(call.input, 'KeyId'),
      pendingWindowInDays: days,
    };
    const key = ownKey(this.#ring, call, 'ScheduleKeyDeletion');
    if (key.state === 'PendingDeletion') throw invalidState(key, 'is pending deletion.');
    const deletionAt = call.now + days * dayMs;
    this.#change(key, 'PendingDeletion', call.now);
    key.record.deletionAt = deletionAt;
    const { arn } = key.record;
    const deletionDate = cloudTrailDate(deletionAt);
    call.trace.response = { keyId: arn, keyState: 'PendingDeletion', deletionDate };
    return {
      KeyId: arn,
      DeletionDate: deletionAt / 1000,
      KeyState: 'PendingDeletion',
      PendingWindowInDays: days,
    };
  }

  cancelDeletion(call: AwsKmsCall): AwsOutputs['CancelKeyDeletion'] {
    const key = ownKey(this.#ring, call, 'CancelKeyDeletion');
    if (key.state !== 'PendingDeletion') throw invalidState(key, 'is not pending deletion.');
    key.record.deletionAt = null;
    this.#change(key, 'Disabled', call.now);
    call.trace.response = { keyId: key.record.arn };
    return { KeyId: key.record.arn };
  }

  #switch(call: AwsKmsCall, to: { operation: string; state: 'Enabled' | 'Disabled' }) {
    const key = ownKey(this.#ring, call, to.operation);
    if (key.state === 'PendingDeletion') throw invalidState(key, 'is pending deletion.');
    this.#change(key, to.state, call.now);
    call.trace.response = { keyId: key.record.arn };
    return {};
  }

  #change(key: KmsKey, state: KeyState, now: number): void {
    key.change(state, { now, inForceAt: now + this.#propagationMs });
  }
}

export const invalidState = (key: KmsKey, what: string): AwsFault =>
  new AwsFault('KMSInvalidStateException', `${key.record.arn} ${what}`);

function checkedPolicy(policy: string): string {
  if (Buffer.byteLength(policy) <= policyBytesMax) return policy;
  throw constraintFault('Policy', `Member must be at most ${policyBytesMax} bytes`);
}

function readCreation({ input, principal, trace }: AwsKmsCall) {
  assertSymmetric(input);
  const description = optionalMember(input, 'Description') ?? '';
  const policy = checkedPolicy(
    optionalMember(input, 'Policy') ?? defaultKeyPolicy(principal.account),
  );
  const multiRegion = optionalFlag(input, 'MultiRegion');
  const tags = objectList(input, 'Tags').map((tag) => ({
    tagKey: requiredText(tag, 'TagKey'),
    tagValue: optionalMember(tag, 'TagValue') ?? '',
  }));
  trace.parameters = {
    policy,
    description,
    tags,
    keyUsage: 'ENCRYPT_DECRYPT',
    keySpec: 'SYMMETRIC_DEFAULT',
    customerMasterKeySpec: 'SYMMETRIC_DEFAULT',
    origin: 'AWS_KMS',
    bypassPolicyLockoutSafetyCheck: optionalFlag(input, 'BypassPolicyLockoutSafetyCheck'),
    multiRegion,
  };
  return { policy, description, multiRegion };
}

function assertSymmetric(input: Readonly<Record<string, unknown>>): void {
  const spec = optionalMember(input, 'KeySpec') ?? optionalMember(input, 'CustomerMasterKeySpec');
  const plain =
    (spec ?? 'SYMMETRIC_DEFAULT') === 'SYMMETRIC_DEFAULT' &&
    (optionalMember(input, 'KeyUsage') ?? 'ENCRYPT_DECRYPT') === 'ENCRYPT_DECRYPT' &&
    (optionalMember(input, 'Origin') ?? 'AWS_KMS') === 'AWS_KMS';
  if (plain) return;
  const message = 'Only symmetric encryption keys of origin AWS_KMS are offered.';
  throw new AwsFault('UnsupportedOperationException', message);
}

/** Key metadata as CloudTrail writes it: the same members in its own case and date form. */
function loggedMetadata(key: KmsKey): JsonObject {
  const { AWSAccountId, CreationDate, ...rest } = key.metadata;
  const members = Object.entries(rest).map(([name, value]) => [
    name.charAt(0).toLowerCase() + name.slice(1),
    value,
  ]);
  const creationDate = cloudTrailDate(CreationDate * 1000);
  return { aWSAccountId: AWSAccountId, creationDate, ...Object.fromEntries(members) };
}
