/**
 * Changes of the roll-ups, put together from the rows in hand. What has changed since a part was packed lies in
 * `tally_open`, packed days in `tally_day`; a sum is the sum of both, so that a change never touches what is packed.
 */
import { tupleKey } from '../../shared/tuple-key.ts';
import { type Dimension, intern } from '../connection/intern.ts';
import type { Tx } from '../connection/transaction.ts';
import { touchDays } from '../detection/detection-days.ts';
import type { Column } from '../records/binary-values.ts';
import { columnArrays, unnested } from '../records/insert-rows.ts';
import { type Count, type Cut, cuts, type Measure, measures } from './description.ts';

const minuteMs = 60_000;

/** A cell of a roll-up by its ids: `who` is the cut's workspace or process, `at` minutes since 1970. */
export interface Tally {
  key: number;
  cut: number;
  who: number;
  at: number;
  label: number;
  by: number;
  n: number;
}

/** Adds `counts` to the roll-ups. Cells are written in one order, so that no two writers wait for each other. */
export async function addCounts(tx: Tx, counts: readonly Count[]): Promise<void> {
  const tallies = await talliesOf(tx, counts);
  if (tallies.length === 0) return;
  await tx.$executeRawUnsafe(
    `INSERT INTO tally_open (key, cut, who, at, label, by, n) SELECT * FROM ${unnested(columns)}
     ON CONFLICT (key, cut, who, at, label, by) DO UPDATE SET n = tally_open.n + excluded.n`,
    ...columnArrays(columns, tallies),
  );
  await touchSeries(tx, counts);
}

const columns: Column<Tally>[] = [
  { name: 'key', type: 'int', of: ({ key }) => key },
  { name: 'cut', type: 'smallint', of: ({ cut }) => cut },
  { name: 'who', type: 'int', of: ({ who }) => who },
  { name: 'at', type: 'int', of: ({ at }) => at },
  { name: 'label', type: 'int', of: ({ label }) => label },
  { name: 'by', type: 'int', of: ({ by }) => by },
  { name: 'n', type: 'bigint', of: ({ n }) => n },
];

/** Says that spikes are to be looked for again where these counts are. */
export const touchSeries = (tx: Tx, counts: readonly Count[]): Promise<void> =>
  touchDays(
    tx,
    counts.filter(({ measure }) => ofSeries.has(measure)),
  );

/** What spikes are looked for in. */
const ofSeries: ReadonlySet<Measure> = new Set(['calls', 'events', 'events-also']);

/** What each label of a measure is named by; a tag of a conversation and a workspace are their own names. */
const labelName = ({ measure, operation, label }: Omit<LabelParts, 'tag'>): string =>
  tupleKey(measure, operation, label);

export interface LabelParts {
  measure: string;
  operation: string;
  label: string;
}

/** Each count in every cut that its measure is kept by; what comes to nothing is left out. */
export async function talliesOf(tx: Tx, counts: readonly Count[]): Promise<Tally[]> {
  const labels = counts.map(labelOf);
  const ids = await idsOfCounts(tx, counts, labels);
  const all: Tally[] = [];
  for (const [no, count] of counts.entries()) {
    const { measure, n } = count;
    const at = Math.floor(count.at / minuteMs);
    const key = ids('key', count.key);
    const by = ids(measures[measure].by, count.by);
    const label = ids(...(labels[no] ?? labelOf(count)));
    for (const cut of measures[measure].cuts)
      all.push({ key, cut: cuts[cut], ...placed(cut, count, by, ids), at, label, n });
  }
  return merged(all.sort(inOrder)).filter(({ n }) => n !== 0);
}

/** Cells that are one lie beside each other. */
function merged(sorted: readonly Tally[]): Tally[] {
  const cells: Tally[] = [];
  for (const tally of sorted) {
    const last = cells.at(-1);
    if (last !== undefined && inOrder(last, tally) === 0) last.n += tally.n;
    else cells.push(tally);
  }
  return cells;
}

/** Whose cell a count goes to; who made it is told where it is not one process's, and of all only for events. */
function placed(cut: Cut, count: Count, by: number, ids: Ids): { who: number; by: number } {
  switch (cut) {
    case 'all':
      return { who: 0, by: measures[count.measure].by === 'principal' ? by : 0 };
    case 'tags':
    case 'workspaces':
      return { who: 0, by: 0 };
    case 'process':
    case 'processTags':
      return { who: by, by: 0 };
    case 'workspace':
    case 'workspaceTags':
      return { who: ids('workspace', count.workspace), by };
  }
}

function labelOf(count: Count): [Dimension, string] {
  switch (count.measure) {
    case 'reopened':
      return ['tag', count.label];
    case 'asked':
      return ['workspace', count.label];
    default:
      return ['label', labelName(count)];
  }
}

type Ids = (dimension: Dimension, name: string) => number;

async function idsOfCounts(
  tx: Tx,
  counts: readonly Count[],
  labels: readonly [Dimension, string][],
): Promise<Ids> {
  const names = new Map<Dimension, Set<string>>();
  const add = (dimension: Dimension, name: string) => {
    const known = names.get(dimension);
    if (known === undefined) names.set(dimension, new Set([name]));
    else known.add(name);
  };
  for (const count of counts) {
    add('key', count.key);
    add('workspace', count.workspace);
    add(measures[count.measure].by, count.by);
  }
  for (const label of labels) add(...label);
  const ids = new Map<Dimension, ReadonlyMap<string, number>>();
  // In one order of dimensions, as within each.
  for (const dimension of ['key', 'workspace', 'process', 'principal', 'label', 'tag'] as const)
    ids.set(dimension, await intern(tx, dimension, names.get(dimension) ?? []));
  return (dimension, name) => {
    const id = ids.get(dimension)?.get(name);
    if (id === undefined) throw new Error(`no id of a ${dimension}`);
    return id;
  };
}

const inOrder = (a: Tally, b: Tally): number =>
  a.key - b.key ||
  a.cut - b.cut ||
  a.who - b.who ||
  a.at - b.at ||
  a.label - b.label ||
  a.by - b.by;
