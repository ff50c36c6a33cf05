/**
 * The sandbox's own ciphertext blob: version (1) | key id (16) | nonce (12) | AES-256-GCM
 * ciphertext | tag (16). Version, key id and the encryption context in canonical form are the AAD,
 * so that a blob opens only under its own key and context.
 */
import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import { formatUuid, type RandomBytes } from '../any-cloud/random-ids.ts';

const version = 1;
const headerBytes = 17;
const nonceBytes = 12;
const tagBytes = 16;

export type EncryptionContext = Readonly<Record<string, string>>;

export function sealBlob(input: {
  keyId: string;
  material: KeyObject;
  plaintext: Uint8Array;
  context: EncryptionContext;
  random: RandomBytes;
}): Uint8Array {
  const header = Buffer.alloc(headerBytes);
  header[0] = version;
  header.write(blobIdOf(input.keyId).replaceAll('-', ''), 1, 'hex');
  const nonce = input.random(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', input.material, nonce);
  cipher.setAAD(aadOf(header, input.context));
  const ciphertext = cipher.update(input.plaintext);
  cipher.final();
  return Buffer.concat([header, nonce, ciphertext, cipher.getAuthTag()]);
}

/** What blobs name a key by: replicas of a multi-Region key open each other's. */
export const blobIdOf = (keyId: string): string =>
  keyId.startsWith('mrk-') ? formatUuid(Buffer.from(keyId.slice('mrk-'.length), 'hex')) : keyId;

/** The key id in a blob; null where it is not a blob of this sandbox. */
export function blobKeyId(blob: Uint8Array): string | null {
  if (blob.length < headerBytes + nonceBytes + tagBytes || blob[0] !== version) return null;
  return formatUuid(blob.subarray(1, headerBytes));
}

/** The plaintext; null where blob, key and context do not belong together. */
export function openBlob(input: {
  blob: Uint8Array;
  material: KeyObject;
  context: EncryptionContext;
}): Uint8Array | null {
  const { blob } = input;
  const nonce = blob.subarray(headerBytes, headerBytes + nonceBytes);
  const decipher = createDecipheriv('aes-256-gcm', input.material, nonce, {
    authTagLength: tagBytes,
  });
  decipher.setAAD(aadOf(blob.subarray(0, headerBytes), input.context));
  decipher.setAuthTag(blob.subarray(blob.length - tagBytes));
  const plaintext = decipher.update(blob.subarray(headerBytes + nonceBytes, -tagBytes));
  try {
    decipher.final();
  } catch {
    return null;
  }
  return plaintext;
}

function aadOf(header: Uint8Array, context: EncryptionContext): Buffer {
  const pairs = Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1));
  return Buffer.concat([header, Buffer.from(JSON.stringify(pairs))]);
}
