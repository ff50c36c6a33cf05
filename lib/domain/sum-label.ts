/** The labels of a window's sums: the roll-ups write each as one text, and only this file takes them apart. */

export interface AttemptLabel {
  /** Whether the request has its event in the log, has none, or never left. */
  fate: 'matched' | 'unmatched' | 'never-sent';
  /** By what it was matched, how it ended, or why it never left. */
  how: string;
}

const fates: ReadonlyMap<string, AttemptLabel['fate']> = new Map([
  ['matched', 'matched'],
  ['unmatched', 'unmatched'],
  ['never-sent', 'never-sent'],
]);

/** A label of `attempts`; anything without a known fate counts as not in the log. */
export function attemptOf(label: string): AttemptLabel {
  const [fate, how] = partsOf(label);
  return { fate: fates.get(fate) ?? 'unmatched', how };
}

/** A label of `operations`: within a message or outside of one, and how the lookup ended. */
export function lookupOf(label: string): { scope: string; outcome: string } {
  const [scope, outcome] = partsOf(label);
  return { scope, outcome };
}

/** What stands before the first colon and after it; without one, the whole is both. */
function partsOf(label: string): [string, string] {
  const colon = label.indexOf(':');
  return colon < 0 ? [label, label] : [label.slice(0, colon), label.slice(colon + 1)];
}
