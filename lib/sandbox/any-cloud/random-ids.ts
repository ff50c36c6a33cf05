/** A source of random bytes; seeded in tests and histories, the operating system's otherwise. */
export type RandomBytes = (bytes: number) => Uint8Array;

/**
 * The same bytes in larger draws: a draw from the operating system costs more than a whole KMS call
 * here.
 */
export function pooledRandom(random: RandomBytes): RandomBytes {
  const drawBytes = 4096;
  let pool: Uint8Array = new Uint8Array(0);
  let next = 0;
  return (bytes) => {
    if (bytes > drawBytes) return random(bytes);
    if (next + bytes > pool.length) {
      pool = random(drawBytes);
      next = 0;
    }
    next += bytes;
    return pool.subarray(next - bytes, next);
  };
}

const hexDigits = Buffer.from('0123456789abcdef');
const uuidText = Buffer.alloc(36, '-');

/** The text form of 16 bytes, made in one piece: hundreds of thousands of them are kept. */
export function formatUuid(bytes: Uint8Array): string {
  let at = 0;
  for (let i = 0; i < 16; i += 1) {
    if (i === 4 || i === 6 || i === 8 || i === 10) at += 1;
    const byte = bytes[i] ?? 0;
    uuidText[at] = hexDigits[byte >> 4] ?? 0;
    uuidText[at + 1] = hexDigits[byte & 15] ?? 0;
    at += 2;
  }
  return uuidText.toString('latin1');
}

/** A version 4 UUID, as AWS uses for request, event and key ids. */
export function uuid(random: RandomBytes): string {
  const bytes = Uint8Array.from(random(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return formatUuid(bytes);
}

/** Characters of the alphabet AWS makes access key and principal ids of. */
export function base32(random: RandomBytes, length: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  return Array.from(random(length), (byte) => alphabet.charAt(byte & 31)).join('');
}

/** A number in [0, 1). */
export function uniform(random: RandomBytes): number {
  const [a = 0, b = 0, c = 0, d = 0] = random(4);
  return (a + b * 2 ** 8 + c * 2 ** 16 + d * 2 ** 24) / 2 ** 32;
}
