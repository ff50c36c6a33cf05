/**
 * What the names of an encryption context stand for, learnt from the log: which values change with each data key, and
 * which only with the workspace or tenant that owns it.
 */
import type { History } from './history.ts';
import type { Stream } from './streams.ts';

/** `time`: its values follow one another, as hours and days do. */
export type NameRole = 'constant' | 'key' | 'owner' | 'time';

export interface LearntName {
  name: string;
  /** Different values seen. */
  values: number;
  role: NameRole;
}

/** A name varies per key if it has nearly as many values as there are contexts. */
const keyShare = 0.7;

export function learnNames({ names, values }: Stream, { makings }: History): LearntName[] {
  const made = values.filter((_, context) => (makings[context] ?? []).length > 0);
  return names.map((name, index) => {
    const distinct = new Set(values.map((context) => context[index]?.[1])).size;
    // Contexts are numbered as they are first seen, but old keys are read in any order. A name of time changes once as
    // keys are made.
    const inTurn = (made.length >= madeMin ? made : values).map((context) => context[index]?.[1]);
    const changes = inTurn.filter((value, no) => no > 0 && value !== inTurn[no - 1]).length;
    const turns = new Set(inTurn).size;
    const follows = turns >= 3 && changes < 1.3 * turns + 2;
    const varies = distinct >= keyShare * values.length ? 'key' : follows ? 'time' : 'owner';
    return { name, values: distinct, role: distinct <= 1 ? 'constant' : varies };
  });
}

const madeMin = 8;

/**
 * For each context, the number of its scope. Contexts that differ only in names that vary per key are keys of one
 * scope. Where no name tells owners apart, each context is its own scope; with `oneScope` all are keys of one, which
 * they replace in turn.
 */
export function scopesOf(
  stream: Stream,
  learnt: readonly LearntName[],
  { oneScope }: { oneScope: boolean },
): Int32Array {
  const { values } = stream;
  if (oneScope) return new Int32Array(values.length);
  const owners = learnt.flatMap(({ role }, index) => (role === 'owner' ? [index] : []));
  const scopes = new Int32Array(values.length);
  if (owners.length === 0) return scopes.map((_, index) => index);
  const numbers = new Map<string, number>();
  for (const [index, context] of values.entries()) {
    const id = JSON.stringify(owners.map((owner) => context[owner]?.[1]));
    const number = numbers.get(id) ?? numbers.size;
    numbers.set(id, number);
    scopes[index] = number;
  }
  return scopes;
}
