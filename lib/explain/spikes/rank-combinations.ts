/**
 * Which attributes a set of calls shares more often than the calls around it, at rates per equal time: combinations of
 * up to three, for what lineage does not explain. The best combination is the one whose count is least likely at the
 * surrounding rate (Poisson likelihood ratio); it is widened while the calls this adds have risen as well. Then the
 * rest is searched again: no call is in two combinations.
 */

import { tupleKey } from '../../shared/tuple-key.ts';
import { normalTail } from './normal-tail.ts';

export interface AttributedCalls {
  values: Readonly<Record<string, string>>;
  n: number;
}

export interface RankedCombination {
  values: Record<string, string>;
  /** Calls inside that no earlier combination holds. */
  n: number;
  /** Calls per ms inside, and around. */
  rate: number;
  rateAround: number;
  /** Share of the excess over what is around, in [0, 1]. */
  share: number;
  pValue: number;
}

export interface RankOptions {
  insideMs: number;
  aroundMs: number;
  /** How many are returned. */
  max: number;
  /** The least share of the excess that one must have, in (0, 1]; default 0.1. */
  shareMin?: number;
}

const attributesMax = 3;
/** How likely chance is to raise any of the combinations tried this much. */
const pMax = 0.02;
/** A smaller rise is ignored. */
const deadZone = 0.05;
/** The calls that a wider combination adds must have risen to so many times the usual. */
const widenRise = 2;
/** How many values of an attribute are tried, the most frequent first. */
const valuesMax = 256;

interface Count {
  n: number;
  around: number;
}

/** Calls with the same values, as far as these are frequent. Ids of values ascend with the names of attributes. */
interface Cell extends Count {
  ids: readonly number[];
}

interface Value extends Count {
  name: string;
  value: string;
}

export function rankCombinations(
  inside: readonly AttributedCalls[],
  around: readonly AttributedCalls[],
  { insideMs, aroundMs, max, shareMin = 0.1 }: RankOptions,
): RankedCombination[] {
  if (!(insideMs > 0 && aroundMs > 0 && shareMin > 0)) return [];
  const equal = insideMs / aroundMs;
  const gain = ({ n, around: other }: Count) => n - other * equal;
  const all = valuesOf(inside, around);
  const total = { n: sum(inside), around: sum(around) };
  // Where other calls fell, the whole may have risen less than its part.
  const excess = all.reduce((most, value) => Math.max(most, gain(value)), gain(total));
  if (excess <= 0) return [];
  const values = frequentOf(all, excess * shareMin);
  let cells = cellsOf(inside, around, values);
  const given: RankedCombination[] = [];
  while (given.length < max) {
    const candidates = combinationsOf(cells);
    const best = likeliest(candidates, { equal, gainMin: excess * shareMin });
    if (best === null) break;
    const widest = widened(best, candidates, equal);
    const named = widest.ids.flatMap((id) => values[id] ?? []);
    given.push({
      values: Object.fromEntries(named.map(({ name, value }) => [name, value])),
      n: widest.n,
      rate: widest.n / insideMs,
      rateAround: widest.around / aroundMs,
      share: Math.min(1, gain(widest) / excess),
      pValue: tailOf(widest, equal),
    });
    cells = cells.filter(({ ids }) => !widest.ids.every((id) => ids.includes(id)));
  }
  return given;
}

/** Each value of each attribute, by the name of its attribute. */
function valuesOf(inside: readonly AttributedCalls[], around: readonly AttributedCalls[]): Value[] {
  const found = new Map<string, Value>();
  for (const [side, rows] of [['n', inside] as const, ['around', around] as const])
    for (const { values, n } of rows)
      for (const [name, value] of Object.entries(values)) {
        const key = keyOf(name, value);
        const known = found.get(key) ?? { name, value, n: 0, around: 0 };
        known[side] += n;
        found.set(key, known);
      }
  return [...found.values()];
}

const keyOf = (name: string, value: string) => tupleKey(name, value);

/** Values with enough excess to be in a combination; all others are left out of the cells. */
function frequentOf(values: readonly Value[], nMin: number): Value[] {
  return values
    .filter(({ n }) => n > 0 && n >= nMin)
    .sort((a, b) => b.n - a.n || order(a, b))
    .slice(0, valuesMax)
    .sort(order);
}

const order = (a: Value, b: Value) => compare(a.name, b.name) || compare(a.value, b.value);
const compare = (a: string, b: string) => Number(a > b) - Number(a < b);

function cellsOf(
  inside: readonly AttributedCalls[],
  around: readonly AttributedCalls[],
  frequent: readonly Value[],
): Cell[] {
  const idOf = new Map(frequent.map(({ name, value }, id) => [keyOf(name, value), id]));
  const cells = new Map<string, Cell>();
  for (const [side, rows] of [['n', inside] as const, ['around', around] as const])
    for (const { values, n } of rows) {
      const ids = Object.entries(values)
        .flatMap(([name, value]) => idOf.get(keyOf(name, value)) ?? [])
        .sort((a, b) => a - b);
      const key = ids.join();
      const cell = cells.get(key) ?? { ids, n: 0, around: 0 };
      cell[side] += n;
      cells.set(key, cell);
    }
  return [...cells.values()];
}

/** Every combination that a cell has, by its code. */
function combinationsOf(cells: readonly Cell[]): Map<number, Cell> {
  const found = new Map<number, Cell>();
  const add = (ids: readonly number[], { n, around }: Count) => {
    const code = codeOf(ids);
    const known = found.get(code);
    if (known === undefined) found.set(code, { ids, n, around });
    else {
      known.n += n;
      known.around += around;
    }
  };
  const grow = (ids: readonly number[], from: number, cell: Cell) => {
    for (let at = from; at < cell.ids.length; at += 1) {
      const longer = [...ids, cell.ids[at] ?? 0];
      add(longer, cell);
      if (longer.length < attributesMax) grow(longer, at + 1, cell);
    }
  };
  for (const cell of cells) grow([], 0, cell);
  return found;
}

const codeOf = (ids: readonly number[]): number =>
  ids.reduce((code, id) => code * (valuesMax + 1) + id + 1, 0);

function likeliest(
  candidates: ReadonlyMap<number, Cell>,
  { equal, gainMin }: { equal: number; gainMin: number },
): Cell | null {
  let best: { cell: Cell; ratio: number } | null = null;
  for (const cell of candidates.values()) {
    const usual = cell.around * equal;
    if (cell.n <= usual * (1 + deadZone) || cell.n - usual < gainMin) continue;
    const ratio = likelihoodRatio(cell, equal);
    if (best === null || ratio > best.ratio || (ratio === best.ratio && tells(cell, best.cell)))
      best = { cell, ratio };
  }
  if (best === null || tailOf(best.cell, equal) * candidates.size >= pMax) return null;
  return best.cell;
}

/** Of two combinations that hold the same calls, the one with more attributes. */
const tells = (one: Cell, other: Cell): boolean =>
  one.ids.length > other.ids.length ||
  (one.ids.length === other.ids.length && codeOf(one.ids) < codeOf(other.ids));

/** Without the attributes that the rise does not depend on. */
function widened(best: Cell, candidates: ReadonlyMap<number, Cell>, equal: number): Cell {
  let [from, widest] = [best, best];
  do {
    from = widest;
    let most = widenRise;
    for (const id of from.ids) {
      const wider = candidates.get(codeOf(from.ids.filter((other) => other !== id)));
      if (wider === undefined) continue;
      const rise = (wider.n - from.n) / ((wider.around - from.around) * equal + 1);
      if (rise < most) continue;
      most = rise;
      widest = wider;
    }
  } while (widest !== from);
  return widest;
}

/** Padded, so that a new combination does not count as an infinite rise. */
function likelihoodRatio({ n, around }: Count, equal: number): number {
  const usual = around * equal + 1;
  return 2 * ((n + 1) * Math.log((n + 1) / usual) - (n + 1 - usual));
}

/** The chance of so many more than usual, by the signed root of the likelihood ratio. */
const tailOf = (count: Count, equal: number): number =>
  normalTail(Math.sqrt(Math.max(0, likelihoodRatio(count, equal))));

const sum = (rows: readonly AttributedCalls[]) => rows.reduce((all, { n }) => all + n, 0);
