/** Why each data key was made. GenerateDataKey makes one; Encrypt does only where later Decrypts show it. */
import { actionOf } from '../../domain/kms-operations.ts';
import type { History } from './history.ts';
import { type Judged, unknown } from './judged.ts';
import { lowerEdge } from './lower-edge.ts';
import { roleOf } from './roles.ts';
import type { Stream } from './streams.ts';

export interface MakingFacts {
  stream: Stream;
  history: History;
  scopes: Int32Array;
  /** By so many contexts it shows that Encrypts of this stream wrap data keys: Decrypts of the same ones follow. */
  encryptMakes: number;
  /** The log shows by name whose a key is. */
  owned: boolean;
  /** Or because keys follow one another: so often. */
  turns: number;
  /** Age at which a scope's key is replaced; null where it is not seen to be. */
  lifetimeMs: number | null;
  logFrom: number;
}

const atOnceMs = 2_500;
const atOnceMin = 4;
/** The fewest waits between a process's keys for one context that can show a lower edge. */
const waitsMin = 20;
/** A scope that has asked for nothing for this many ages of its keys is new. */
const agesMin = 3;

export function judgeMakings(facts: MakingFacts): {
  judge: (index: number) => Judged;
  /** A key is made for each request: nothing caches them. Weak where another reason is as likely. */
  frequent: { weak: boolean } | null;
} {
  const { stream, scopes, logFrom } = facts;
  const { uses, contexts } = stream;
  const bursts = burstsOf(stream);
  const frequent = frequentOf(stream, bursts);
  const seenScopes = firstSeenOf(facts);
  return { judge, frequent };

  function judge(index: number): Judged {
    const use = uses[index];
    if (use === undefined) return unknown;
    const generated = use.operation.startsWith('GenerateDataKey');
    if (!generated && facts.encryptMakes === 0) return unknown;
    if (generated && bursts.has(index))
      return { cause: 'dek.parallel', rule: 'many made at once', seen: bursts.size };
    if (generated && frequent !== null)
      return { cause: 'uncached', rule: 'made for each request', ...frequent };
    const context = contexts[index] ?? -1;
    const wraps = generated ? uses.length : Math.min(uses.length, facts.encryptMakes);
    if (context === -1 || !(facts.owned || facts.turns > 0))
      return { cause: 'dek.made', rule: 'made, no scope told', seen: wraps };
    const seenAt = seenScopes.get(scopes[context] ?? -1);
    const seen = facts.owned ? wraps : Math.min(wraps, facts.turns);
    if (seenAt !== undefined && seenAt < index)
      return { cause: 'dek.rotation', rule: 'made again in its scope', seen };
    // One made before the log began may have been due: only a log far older than that can tell.
    return use.at - logFrom > agesMin * (facts.lifetimeMs ?? Number.POSITIVE_INFINITY)
      ? { cause: 'dek.first', rule: 'made first of its scope' }
      : { cause: 'dek.made', rule: 'made first of its scope, at the log’s beginning' };
  }
}

/** By scope, the index of its first use of any kind. */
function firstSeenOf({ stream, scopes }: MakingFacts): ReadonlyMap<number, number> {
  const first = new Map<number, number>();
  for (let index = 0; index < stream.uses.length; index++) {
    const context = stream.contexts[index] ?? -1;
    const scope = context === -1 ? -1 : (scopes[context] ?? -1);
    if (!first.has(scope)) first.set(scope, index);
  }
  return first;
}

export interface AtOnce {
  most: number;
  withinMs: number;
}

/** The largest number of keys made at once; null where none were. */
export function mostAtOnce(stream: Stream): AtOnce | null {
  const sizes = runsOf(stream).map((run) => {
    const at = (index: number | undefined) => stream.uses[index ?? 0]?.at ?? 0;
    return { most: run.length, withinMs: at(run.at(-1)) - at(run[0]) };
  });
  return sizes.sort((a, b) => b.most - a.most)[0] ?? null;
}

const burstsOf = (stream: Stream): ReadonlySet<number> => new Set(runsOf(stream).flat());

/** One process generated several data keys for one context within moments. */
function runsOf(stream: Stream): number[][] {
  const at = (index: number | undefined) => stream.uses[index ?? 0]?.at ?? 0;
  const isGenerated = (index: number) =>
    actionOf(stream.uses[index]?.operation ?? '') === 'data-key';
  return seriesOf(stream).flatMap((made) => {
    const runs: number[][] = [];
    let run: number[] = [];
    for (const index of made.filter(isGenerated)) {
      if (run.length > 0 && at(index) - at(run[0]) > atOnceMs) {
        runs.push(run);
        run = [];
      }
      run.push(index);
    }
    return [...runs, run].filter(({ length }) => length >= atOnceMin);
  });
}

/** Requests that come by chance lie this unevenly at least; a key that serves so many of them is made more evenly. */
const spreadMin = 0.8;

/** Whether a process makes keys for one context at no least distance: nothing caches them. */
function frequentOf(stream: Stream, bursts: ReadonlySet<number>): { weak: boolean } | null {
  const series = seriesOf(stream).map((made) =>
    made.slice(1).flatMap((index, no) => {
      const before = made[no] ?? 0;
      if (bursts.has(index) && bursts.has(before)) return [];
      return [(stream.uses[index]?.at ?? 0) - (stream.uses[before]?.at ?? 0)];
    }),
  );
  const gaps = series.flat();
  if (gaps.length < waitsMin || lowerEdge(gaps) !== null) return null;
  return { weak: spreadOf(series) < spreadMin };
}

/** Standard deviation by mean of gaps, each against the mean of its own series. */
function spreadOf(series: readonly (readonly number[])[]): number {
  const long = series.filter(({ length }) => length >= 5);
  const n = long.reduce((sum, { length }) => sum + length, 0);
  const squares = long.reduce((sum, gaps) => {
    const mean = gaps.reduce((all, gap) => all + gap, 0) / gaps.length;
    return gaps.reduce((all, gap) => all + (gap / mean - 1) ** 2, sum);
  }, 0);
  // Of series of two or three gaps nothing is told.
  return n === long.length ? Number.POSITIVE_INFINITY : Math.sqrt(squares / (n - long.length));
}

function seriesOf({ uses, contexts, processes }: Stream): number[][] {
  const made = [...uses.keys()].filter(
    (index) => roleOf(uses[index]?.operation ?? '') === 'making',
  );
  const parted = Map.groupBy(made, (index) =>
    JSON.stringify([contexts[index] ?? -1, processes[index] ?? 0]),
  );
  return [...parted.values()];
}
