import { createHash } from 'node:crypto';

/**
 * Bytes of UTF-8 that a text from outside may have. Together the indexed ones of any row stay
 * below what an index entry of PostgreSQL holds (2,704 bytes).
 */
export const textBytesMax = {
  /** Names that are indexed and compared: key, workspace, principal, DEK, request id, tag. */
  id: 512,
  /** Words of a vocabulary: operation, cause, outcome, error code. */
  word: 128,
  /** What is only shown. */
  shown: 2_048,
  /** A whole record; CloudTrail's own limit is 256 KiB. */
  record: 1_048_576,
} as const;

const hashDigits = 32;

/**
 * The text as the store can keep it: well-formed Unicode without NUL, cut between two characters
 * where it is longer than `bytesMax`. For what is only shown; see `boundedId` for what is compared.
 */
export function boundedText(value: string, bytesMax: number): string {
  if (value.length * 3 <= bytesMax && isClean(value)) return value;
  const clean = value.toWellFormed().replaceAll('\0', '\uFFFD');
  const bytes = Buffer.from(clean, 'utf8');
  if (bytes.length <= bytesMax) return clean;
  let end = bytesMax;
  while (end > 0 && isContinuation(bytes[end])) end -= 1;
  return bytes.toString('utf8', 0, end);
}

/**
 * The same for a text that is compared: one that must be changed ends in `~` and a hash of what it
 * was, so that two different ones stay different and the same one is the same wherever it is read.
 */
export function boundedId(value: string, bytesMax: number): string {
  const bounded = boundedText(value, bytesMax);
  if (bounded === value) return value;
  const hash = createHash('sha256').update(value, 'utf16le').digest('hex').slice(0, hashDigits);
  return `${boundedText(value, bytesMax - hashDigits - 1)}~${hash}`;
}

/** Whether the store can keep it as it is. */
export const isClean = (value: string) => value.isWellFormed() && !value.includes('\0');

const isContinuation = (byte: number | undefined) => byte !== undefined && (byte & 0xc0) === 0x80;
