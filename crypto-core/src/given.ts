/** What callers give, checked once at the public edge. */
import { type Envelope, splitEnvelope } from './envelope.ts';
import type { Operation } from './lookup.ts';

export const plaintextBytesMax = 2 ** 30;
/** A body's own bytes and the longest header there can be. */
const envelopeBytesMax = plaintextBytesMax + 2 ** 14;

/** An operation outside any message. @throws {TypeError} naming what is wrong with it. */
export function outside(binding: { workspace: string; signal?: AbortSignal }): Operation {
  const workspace: unknown = binding?.workspace;
  if (typeof workspace !== 'string' || workspace.length < 1 || workspace.length > 256) {
    throw new TypeError('workspace must be a string of 1 to 256 characters');
  }
  if (!workspace.isWellFormed()) {
    throw new TypeError('workspace must be a well-formed string');
  }
  const signal = checkedSignal(binding.signal);
  return { workspace, scope: 'outside', tag: undefined, signal };
}

/** @throws {TypeError} */
export function checkedSignal(signal: unknown): AbortSignal | undefined {
  if (signal === undefined || signal instanceof AbortSignal) return signal;
  throw new TypeError('signal must be an AbortSignal');
}

/** Its key URI is not checked yet. @throws {TypeError} {RangeError} {CryptoCoreError} */
export function parseGiven(envelope: Uint8Array): Envelope {
  if (!(envelope instanceof Uint8Array)) throw new TypeError('envelope must be a Uint8Array');
  if (envelope.length > envelopeBytesMax)
    throw new RangeError(`envelope may be at most ${envelopeBytesMax} bytes`);
  return splitEnvelope(envelope);
}
