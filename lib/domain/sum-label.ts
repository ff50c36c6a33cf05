/** The labels of sums: each is one text in the roll-ups, which only this file puts together and takes apart. */
import { type AttemptFate, attemptFate, attemptFates, type FateFacts } from './fates.ts';

export interface AttemptLabel {
  fate: AttemptFate;
  /** By what it was matched, how it ended, or why it never left. */
  how: string;
}

const fates: ReadonlyMap<string, AttemptFate> = new Map(attemptFates.map((fate) => [fate, fate]));

export function attemptLabel(facts: FateFacts): string {
  const { fate, by } = attemptFate(facts);
  return joined(fate, by);
}

/** A label of `attempts`; anything without a known fate counts as not in the log. */
export function attemptOf(label: string): AttemptLabel {
  const [fate, how] = partsOf(label);
  return { fate: fates.get(fate) ?? 'unmatched', how };
}

export const lookupLabel = ({ scope, outcome }: { scope: string; outcome: string }): string =>
  joined(scope, outcome);

/** A label of `operations`: within a message or outside of one, and how the lookup ended. */
export function lookupOf(label: string): { scope: string; outcome: string } {
  const [scope, outcome] = partsOf(label);
  return { scope, outcome };
}

const joined = (first: string, second: string): string => `${first}:${second}`;

/** What stands before the first colon and after it; without one, the whole is both. */
function partsOf(label: string): [string, string] {
  const colon = label.indexOf(':');
  return colon < 0 ? [label, label] : [label.slice(0, colon), label.slice(colon + 1)];
}
