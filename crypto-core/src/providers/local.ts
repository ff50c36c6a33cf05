import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { type KekProvider, KmsFault, type KmsRequest } from '../provider.ts';

const nonceBytes = 12;
const tagBytes = 16;

/**
 * A KMS in this process, for development and tests: key-encryption keys are derived from `secret` and the key URI.
 * It protects nothing from anybody who can read the process's memory.
 * @param options.secret 32 bytes or more. @throws {RangeError} if it is shorter.
 */
export function localProvider(options: { secret: Uint8Array }): KekProvider {
  if (options.secret.length < 32) throw new RangeError('secret must be at least 32 bytes');
  const keyOf = (keyUri: string) =>
    Buffer.from(hkdfSync('sha256', options.secret, '', `keytide/local ${keyUri}`, 32));
  const aadOf = ({ context }: KmsRequest) =>
    Buffer.from(JSON.stringify([context.workspace, context.dekId]));
  return {
    name: 'local',
    wrap: async (plaintext, request) => {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', keyOf(request.keyUri), nonce, {
        authTagLength: tagBytes,
      });
      cipher.setAAD(aadOf(request));
      const body = Buffer.concat([cipher.update(plaintext), cipher.final()]);
      return { bytes: Buffer.concat([nonce, body, cipher.getAuthTag()]) };
    },
    unwrap: async (wrapped, request) => {
      const bytes = Buffer.from(wrapped);
      if (bytes.length <= nonceBytes + tagBytes) throw notOurs();
      const key = keyOf(request.keyUri);
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes), {
        authTagLength: tagBytes,
      });
      decipher.setAAD(aadOf(request));
      decipher.setAuthTag(bytes.subarray(-tagBytes));
      const plaintext = decipher.update(bytes.subarray(nonceBytes, -tagBytes));
      try {
        decipher.final();
      } catch {
        throw notOurs();
      }
      return { bytes: plaintext };
    },
  };
}

function notOurs(): KmsFault {
  return new KmsFault('wrong-key', 'InvalidCiphertext', { sent: true });
}
