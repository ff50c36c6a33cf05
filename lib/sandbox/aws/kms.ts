/**
 * AWS KMS as far as envelope encryption needs it: symmetric keys, their life, Encrypt and Decrypt.
 */

import type { RandomBytes } from '../any-cloud/random-ids.ts';
import type { AwsOutputs, EncryptedDataKey, TrailOperation } from './api.ts';
import { AwsFault } from './aws-fault.ts';
import { type AwsKmsCall, ciphertextKey, namedKey } from './key-access.ts';
import { invalidState, KeyLife } from './key-life.ts';
import { blobIdOf, blobKeyId, openBlob, sealBlob } from './kms-crypto.ts';
import type { KeyRing, KmsKey } from './kms-keys.ts';
import { optionalFlag, optionalMember, requiredBytes, textMap } from './request-fields.ts';

const plaintextBytesMax = 4096;
const ciphertextBytesMax = 6144;
const dataKeyBytes = 32;

export type AwsKmsOperation = Exclude<keyof AwsOutputs, TrailOperation>;

export class Kms {
  readonly #ring: KeyRing;
  readonly #random: RandomBytes;
  readonly #life: KeyLife;

  constructor(options: { ring: KeyRing; random: RandomBytes; propagationMs: number }) {
    this.#ring = options.ring;
    this.#random = options.random;
    this.#life = new KeyLife(options);
  }

  perform(operation: AwsKmsOperation, call: AwsKmsCall): AwsOutputs[AwsKmsOperation] {
    switch (operation) {
      case 'Encrypt':
        return this.#encrypt(call);
      case 'Decrypt':
        return this.#decrypt(call);
      case 'GenerateDataKey': {
        const plaintext = this.#random(dataKeyBytes);
        return { ...this.#sealed(call, operation, plaintext), Plaintext: plaintext };
      }
      case 'GenerateDataKeyWithoutPlaintext':
        return this.#sealed(call, operation, this.#random(dataKeyBytes));
      case 'CreateGrant':
        return this.#grant(call);
      case 'GetKeyPolicy':
        return this.#life.policy(call);
      case 'CreateKey':
        return this.#life.create(call);
      case 'DescribeKey':
        return { KeyMetadata: namedKey(this.#ring, call, 'DescribeKey').metadata };
      case 'CreateAlias':
      case 'UpdateAlias':
        return this.#life.pointAlias(call, operation);
      case 'PutKeyPolicy':
        return this.#life.putPolicy(call);
      case 'RotateKeyOnDemand':
        return this.#life.rotate(call);
      case 'EnableKey':
        return this.#life.enable(call);
      case 'DisableKey':
        return this.#life.disable(call);
      case 'ScheduleKeyDeletion':
        return this.#life.scheduleDeletion(call);
      case 'CancelKeyDeletion':
        return this.#life.cancelDeletion(call);
    }
  }

  #encrypt(call: AwsKmsCall): AwsOutputs['Encrypt'] {
    const plaintext = requiredBytes(call.input, 'Plaintext', plaintextBytesMax);
    const sealed = this.#sealed(call, 'Encrypt', plaintext);
    return { ...sealed, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
  }

  #sealed(call: AwsKmsCall, operation: AwsKmsOperation, plaintext: Uint8Array): EncryptedDataKey {
    const { trace, now } = call;
    const context = noteParameters(call);
    const key = namedKey(this.#ring, call, operation);
    assertUsable(key, now);
    refuseDryRun(call);
    const { id, arn, materialId } = key.record;
    trace.materialId = materialId;
    const random = this.#random;
    const blob = sealBlob({ keyId: id, material: key.material, plaintext, context, random });
    return { CiphertextBlob: blob, KeyId: arn };
  }

  /** Whether one could be made is told; the sandbox keeps none. */
  #grant(call: AwsKmsCall): AwsOutputs['CreateGrant'] {
    const key = namedKey(this.#ring, call, 'CreateGrant');
    assertUsable(key, call.now);
    refuseDryRun(call);
    throw new AwsFault('UnsupportedOperationException', 'The sandbox keeps no grants.');
  }

  #decrypt(call: AwsKmsCall): AwsOutputs['Decrypt'] {
    const { input, trace, now } = call;
    const blob = requiredBytes(input, 'CiphertextBlob', ciphertextBytesMax);
    const context = noteParameters(call);
    const keyId = blobKeyId(blob);
    const named = optionalMember(input, 'KeyId') !== undefined;
    const key = named
      ? namedKey(this.#ring, call, 'Decrypt')
      : ciphertextKey(this.#ring, call, keyId);
    assertUsable(key, now);
    if (keyId === null) throw new AwsFault('InvalidCiphertextException', '');
    if (keyId !== blobIdOf(key.record.id)) {
      throw new AwsFault(
        'IncorrectKeyException',
        'The key ID in the request does not identify a CMK that can perform this operation.',
      );
    }
    const opened = openUnder(key, blob, context);
    if (!opened) throw new AwsFault('InvalidCiphertextException', '');
    refuseDryRun(call);
    trace.materialId = opened.materialId;
    return {
      Plaintext: opened.plaintext,
      KeyId: key.record.arn,
      KeyMaterialId: opened.materialId,
      EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
    };
  }
}

/** Opens a blob with whichever of the key's materials made it. */
function openUnder(key: KmsKey, blob: Uint8Array, context: Record<string, string>) {
  for (const { id, material } of key.materials) {
    const plaintext = openBlob({ blob, material, context });
    if (plaintext) return { plaintext, materialId: id };
  }
  return undefined;
}

/** Notes what CloudTrail logs of an Encrypt or Decrypt, and gives the encryption context. */
function noteParameters({ input, trace }: AwsKmsCall): Record<string, string> {
  const algorithm = optionalMember(input, 'EncryptionAlgorithm') ?? 'SYMMETRIC_DEFAULT';
  if (algorithm !== 'SYMMETRIC_DEFAULT') {
    throw new AwsFault('InvalidKeyUsageException', `Key does not support ${algorithm}.`);
  }
  const context = textMap(input, 'EncryptionContext');
  const keyId = optionalMember(input, 'KeyId');
  trace.parameters = {
    encryptionAlgorithm: algorithm,
    ...(keyId === undefined ? {} : { keyId }),
    ...(context === undefined ? {} : { encryptionContext: context }),
  };
  return context ?? {};
}

function assertUsable(key: KmsKey, now: number): void {
  const state = key.stateInForce(now);
  if (state === 'Disabled') {
    throw new AwsFault('DisabledException', `${key.record.arn} is disabled.`);
  }
  if (state === 'PendingDeletion') throw invalidState(key, 'is pending deletion.');
}

function refuseDryRun({ input }: AwsKmsCall): void {
  if (!optionalFlag(input, 'DryRun')) return;
  const message = 'The request would have succeeded, but the DryRun option is set.';
  throw new AwsFault('DryRunOperationException', message, 412);
}
