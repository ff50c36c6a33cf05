/**
 * The closed vocabulary of the engine's telemetry, by which roll-ups, ledger and screens go. Another word reads as
 * `other`, is counted, and shows as unaccounted for.
 */
export const telemetryWords = {
  scope: ['message', 'outside'],
  /** Of a lookup. */
  path: ['encrypt', 'decrypt'],
  callPath: ['encrypt', 'decrypt', 'validate'],
  lookupOutcome: [
    'hit',
    'coalesced',
    'miss',
    'denial',
    'outage',
    'waiters',
    'aborted',
    'closed',
    'directory',
  ],
  callOutcome: ['ok', 'denied', 'wrong-key', 'outage'],
  signal: ['spans', 'rollups'],
} as const satisfies Record<string, readonly string[]>;

export type Vocabulary = keyof typeof telemetryWords;

/** The word where the vocabulary has it, else `other`. */
export function knownWord(vocabulary: Vocabulary, text: string): string {
  const words: readonly string[] = telemetryWords[vocabulary];
  return words.includes(text) ? text : 'other';
}
