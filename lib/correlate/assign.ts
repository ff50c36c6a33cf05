/**
 * Attempts and events that no id and no claim joins, one to one, at the least cost in time: where the log's clock is
 * learnt, what fits it; of what is left over as many pairs as can be. Pure, and independent of the order given. Both
 * sides must be of one key, action and set of principals.
 */
import { expectedAt, learnSkew, soonMs } from './skew.ts';
import type { TimedAttempt, TimedEvent } from './timed.ts';

export interface TimedPair<A, E> {
  attempt: A;
  event: E;
  /** How sure it is: one by the number of pairs that would be as good. */
  confidence: number;
}

/** An event further than this from the attempt's time is not its event. */
export const toleranceMs = 2_000;
/** Costs that differ by less are equally good. */
const alikeMs = 10;
/** How many rivals before and after a pair are looked at: more of them make it no less certain. */
const rivalsMax = 50;
/** Larger groups are cut by time, and what is left over is tried again: the cost grows with the cube of the size. */
const groupMax = 300;

/** What a pair must keep to. */
interface Terms {
  skewMs: number;
  reachMs: number;
  /** What it costs to stay alone; null where as many pairs as can be are wanted. */
  lonely: number | null;
  /** Of an attempt that saw no answer: the log need not have it, so who did see one is first. */
  unanswered: number;
}

const loose: Terms = {
  skewMs: 0,
  reachMs: toleranceMs,
  lonely: null,
  unanswered: 2 * toleranceMs * 1_000,
};
/** By a clock that is known: one pair more is not worth shifting all that stand between. */
const strictMs = 100;
const byClock = (skewMs: number): Terms => ({
  skewMs,
  reachMs: strictMs,
  lonely: strictMs * 1_000,
  unanswered: (strictMs * 1_000) / 2,
});

/**
 * Null where the two cannot be one request; else the cost of its having no answer, ms outside of the attempt's time,
 * then ms from its sending.
 */
export function pairCost(
  attempt: TimedAttempt,
  event: TimedEvent,
  { skewMs, reachMs, unanswered }: Terms = loose,
): number | null {
  // Two ids that differ are two requests, and ids that agree were joined before.
  if (attempt.requestId !== null && event.requestId !== null) return null;
  if (attempt.ok !== null && attempt.ok !== event.ok) return null;
  if (attempt.workspace && event.workspace && attempt.workspace !== event.workspace) return null;
  const at = event.at - skewMs;
  const grainMs = Math.max(1, event.resolutionMs);
  const early = attempt.sentAt - (at + grainMs - 1);
  const late = at - attempt.endedAt;
  const outsideMs = Math.max(0, early, late);
  if (outsideMs > reachMs) return null;
  const awayMs = Math.abs(at + grainMs / 2 - expectedAt(attempt));
  return (attempt.ok === null ? unanswered : 0) + outsideMs * 1_000 + awayMs;
}

export function assignByTime<A extends TimedAttempt, E extends TimedEvent>(
  attempts: readonly A[],
  events: readonly E[],
): TimedPair<A, E>[] {
  const skewMs = learnSkew(attempts, events);
  const terms = skewMs === null ? loose : byClock(skewMs);
  const pairs = assignWithin(attempts, events, terms);
  pairs.sort((a, b) => a.event.at - b.event.at);
  const found = pairs.map((pair, index) => {
    const others = pairs.slice(Math.max(0, index - rivalsMax), index + rivalsMax + 1);
    return { ...pair, confidence: 1 / (1 + rivalsOf(pair, others, terms)) };
  });
  // What is left may be of a machine whose clock is another.
  if (terms === loose || found.length === 0) return found;
  const { attempts: others, events: rest } = leftOf(pairs, attempts, events);
  return others.length === 0 || rest.length === 0
    ? found
    : [...found, ...assignByTime(others, rest)];
}

function leftOf<A, E>(
  pairs: readonly { attempt: A; event: E }[],
  attempts: readonly A[],
  events: readonly E[],
): { attempts: A[]; events: E[] } {
  const taken = new Set<A | E>(pairs.flatMap(({ attempt, event }) => [attempt, event]));
  const left = <T extends A | E>(all: readonly T[]) => all.filter((one) => !taken.has(one));
  return { attempts: left(attempts), events: left(events) };
}

type Joined<A, E> = Omit<TimedPair<A, E>, 'confidence'>;

/** Pairs with whom this one could change partners and be as good. */
function rivalsOf<A extends TimedAttempt, E extends TimedEvent>(
  { attempt, event }: Joined<A, E>,
  others: readonly Joined<A, E>[],
  terms: Terms,
): number {
  const cost = (a: A, e: E) => pairCost(a, e, terms) ?? Number.POSITIVE_INFINITY;
  const own = cost(attempt, event);
  return others.filter((other) => {
    if (other.attempt === attempt) return false;
    const now = own + cost(other.attempt, other.event);
    return cost(attempt, other.event) + cost(other.attempt, event) <= now + alikeMs;
  }).length;
}

function assignWithin<A extends TimedAttempt, E extends TimedEvent>(
  attempts: readonly A[],
  events: readonly E[],
  terms: Terms,
): Joined<A, E>[] {
  const pairs: Joined<A, E>[] = [];
  const { groups, cut } = groupsOf(attempts, events, terms);
  for (const group of groups) {
    if (group.attempts.length === 0 || group.events.length === 0) continue;
    const swap = group.attempts.length > group.events.length;
    const rows = swap ? group.events.length : group.attempts.length;
    const columns = swap ? group.attempts.length : group.events.length;
    const at = (row: number, column: number): Joined<A, E> | null => {
      const attempt = group.attempts[swap ? column : row];
      const event = group.events[swap ? row : column];
      return attempt === undefined || event === undefined ? null : { attempt, event };
    };
    const costOf = (row: number, column: number) => {
      const pair = at(row, column);
      return pair === null ? null : pairCost(pair.attempt, pair.event, terms);
    };
    for (const [row, column] of leastCost(rows, columns, costOf, terms.lonely).entries()) {
      const pair = column < 0 ? null : at(row, column);
      if (pair !== null) pairs.push(pair);
    }
  }
  if (!cut || pairs.length === 0) return pairs;
  const left = leftOf(pairs, attempts, events);
  return [...pairs, ...assignWithin(left.attempts, left.events, terms)];
}

interface Group<A, E> {
  attempts: A[];
  events: E[];
}

/**
 * Parts that no possible pair crosses, in order of time. Too large a one is cut where both sides are to be expected,
 * so that few pairs are parted.
 */
function groupsOf<A extends TimedAttempt, E extends TimedEvent>(
  attempts: readonly A[],
  events: readonly E[],
  { skewMs, reachMs }: Terms,
): { groups: Group<A, E>[]; cut: boolean } {
  const grainMs = events.reduce((most, event) => Math.max(most, event.resolutionMs), 1);
  const spans = [
    ...attempts.map((attempt) => ({
      at: expectedAt(attempt),
      to: attempt.endedAt + reachMs,
      id: attempt.id,
      add: (group: Group<A, E>) => group.attempts.push(attempt),
    })),
    ...events.map((event) => ({
      at: event.at - skewMs + event.resolutionMs / 2,
      to: event.at - skewMs + grainMs,
      id: event.eventId,
      add: (group: Group<A, E>) => group.events.push(event),
    })),
  ].sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  const groups: Group<A, E>[] = [];
  let group: Group<A, E> = { attempts: [], events: [] };
  let until = Number.NEGATIVE_INFINITY;
  let cut = false;
  for (const span of spans) {
    const from = span.at - reachMs - grainMs - soonMs;
    const full = Math.max(group.attempts.length, group.events.length) >= groupMax;
    cut ||= full && from <= until;
    if (from > until || full) {
      group = { attempts: [], events: [] };
      groups.push(group);
    }
    span.add(group);
    until = Math.max(until, span.to);
  }
  return { groups, cut };
}

/**
 * The column of each row, or none of them: the cheapest pairs (Jonker and Volgenant's shortest augmenting paths), and
 * as many as can be where `lonely`, the cost of a row without one, is null. `rows` must be at most `columns`; a null
 * cost is no pair.
 */
// Long: one textbook algorithm.
function leastCost(
  rows: number,
  partners: number,
  costOf: (row: number, column: number) => number | null,
  lonely: number | null,
): number[] {
  const none = 1e12;
  // Who may stay alone does so with a column of its own.
  const columns = lonely === null ? partners : partners + rows;
  const cost = (row: number, column: number) =>
    column < partners ? (costOf(row, column) ?? none) : (lonely ?? none);
  const rowPotential = new Float64Array(rows + 1);
  const columnPotential = new Float64Array(columns + 1);
  const rowOf = new Int32Array(columns + 1);
  for (let row = 1; row <= rows; row += 1) {
    const from = new Int32Array(columns + 1);
    const least = new Float64Array(columns + 1).fill(Number.POSITIVE_INFINITY);
    const done = new Uint8Array(columns + 1);
    let column = 0;
    rowOf[0] = row;
    do {
      done[column] = 1;
      const current = rowOf[column] ?? 0;
      let step = Number.POSITIVE_INFINITY;
      let next = 0;
      for (let to = 1; to <= columns; to += 1) {
        if (done[to] === 1) continue;
        const through =
          cost(current - 1, to - 1) - (rowPotential[current] ?? 0) - (columnPotential[to] ?? 0);
        if (through < (least[to] ?? 0)) {
          least[to] = through;
          from[to] = column;
        }
        if ((least[to] ?? 0) < step) {
          step = least[to] ?? 0;
          next = to;
        }
      }
      for (let to = 0; to <= columns; to += 1) {
        if (done[to] === 1) {
          const held = rowOf[to] ?? 0;
          rowPotential[held] = (rowPotential[held] ?? 0) + step;
          columnPotential[to] = (columnPotential[to] ?? 0) - step;
        } else {
          least[to] = (least[to] ?? 0) - step;
        }
      }
      column = next;
    } while (rowOf[column] !== 0);
    while (column !== 0) {
      const before = from[column] ?? 0;
      rowOf[column] = rowOf[before] ?? 0;
      column = before;
    }
  }
  const found = new Array<number>(rows).fill(-1);
  for (let column = 1; column <= columns; column += 1) {
    const row = (rowOf[column] ?? 0) - 1;
    if (row >= 0 && column <= partners && costOf(row, column - 1) !== null) found[row] = column - 1;
  }
  return found;
}
