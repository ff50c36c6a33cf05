/** docs/format.md implemented over node:crypto alone, without any code of the engine. */
import { createCipheriv, hkdfSync } from 'node:crypto';

/** The inputs of an envelope besides the body; bytes are hex. */
export interface Sealing {
  workspace: string;
  context: Record<string, string>;
  dek: string;
  dekId: string;
  keyUri: string;
  edek: string;
  nonce: string;
}

export const hex = (text: string): Buffer => Buffer.from(text, 'hex');

/** With a domain before its AAD, the result is not an envelope but a preamble of a version 2 stream. */
export function envelopeByTheBook(sealing: Sealing, plaintext: Buffer, domain = ''): Buffer {
  const dekId = hex(sealing.dekId);
  const okm = Buffer.from(hkdfSync('sha512', hex(sealing.dek), dekId, 'keytide/v1', 64));
  const header = Buffer.concat([
    hex('4b540101'),
    dekId,
    okm.subarray(32),
    sized(2, Buffer.from(sealing.keyUri)),
    sized(2, hex(sealing.edek)),
  ]);
  const callers = Object.entries(sealing.context)
    .map(([name, value]) => [Buffer.from(name), Buffer.from(value)] as const)
    .sort(([a], [b]) => a.compare(b));
  const entries = [[Buffer.alloc(0), Buffer.from(sealing.workspace)] as const, ...callers];
  const context = entries.flatMap(([name, value]) => [sized(4, name), sized(4, value)]);
  const aad = Buffer.concat([hex(domain), header, uint(4, entries.length), ...context]);
  const nonce = hex(sealing.nonce);
  const body = gcm({ key: okm.subarray(0, 32), nonce, aad, plaintext });
  return Buffer.concat([header, nonce, body]);
}

export interface StreamSealing extends Sealing {
  streamKey: string;
  frameBytes: number;
}

/** The first bytes of a stream; from version 2 on they are the domain of its preamble too. */
const streamHeads = { 1: '4b545301', 2: '4b545302' } as const;

export function streamByTheBook(
  sealing: StreamSealing,
  plaintext: Buffer,
  version: 1 | 2 = 1,
): Buffer {
  const { streamKey, frameBytes } = sealing;
  const inside = Buffer.concat([hex(streamKey), uint(4, frameBytes)]);
  const preamble = envelopeByTheBook(sealing, inside, version === 1 ? '' : streamHeads[version]);
  const frames: Buffer[] = [];
  const count = Math.max(1, Math.ceil(plaintext.length / frameBytes));
  for (let number = 0; number < count; number += 1) {
    const body = plaintext.subarray(number * frameBytes, (number + 1) * frameBytes);
    const isLast = number === count - 1;
    frames.push(frameByTheBook({ streamKey, number, isLast }, body));
  }
  return Buffer.concat([hex(streamHeads[version]), sized(4, preamble), ...frames]);
}

export function frameByTheBook(
  { streamKey, number, isLast }: { streamKey: string; number: number; isLast: boolean },
  plaintext: Buffer,
): Buffer {
  const nonce = Buffer.concat([uint(8, number), Buffer.alloc(3), uint(1, isLast ? 1 : 0)]);
  return gcm({ key: hex(streamKey), nonce, aad: Buffer.alloc(0), plaintext });
}

/** The ciphertext and its tag. */
function gcm(options: { key: Buffer; nonce: Buffer; aad: Buffer; plaintext: Buffer }): Buffer {
  const cipher = createCipheriv('aes-256-gcm', options.key, options.nonce);
  cipher.setAAD(options.aad);
  return Buffer.concat([cipher.update(options.plaintext), cipher.final(), cipher.getAuthTag()]);
}

export const sized = (lengthBytes: number, content: Buffer): Buffer =>
  Buffer.concat([uint(lengthBytes, content.length), content]);

function uint(bytes: number, value: number): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64BE(BigInt(value));
  return buffer.subarray(8 - bytes);
}
