import { tupleKey } from '../../shared/tuple-key.ts';
import type { Tx } from '../connection/transaction.ts';
import { type NameIds, nameIds } from '../records/name-ids.ts';
import { type Count, missingCounts } from './description.ts';

interface NumberedCall {
  process: string;
  boot: string;
  seq: number;
  at: number;
}

/** An inserted call beside one row of the number that follows; a number that came at several times has several. */
interface Neighbours extends NumberedCall {
  /** The number before it that is in, or the last that retention has dropped; 0 for none. */
  before: number;
  /** Rows of its own number. */
  rows: number;
  next: number | null;
  nextAt: number | null;
}

/**
 * What calls just inserted change in the numbers that never came, and whether any came after one that follows it. Each
 * gap is counted at the calls of the number that follows it: a call in the midst of one leaves two smaller ones.
 */
export async function gapCounts(
  tx: Tx,
  calls: readonly NumberedCall[],
): Promise<{ gaps: Count[]; late: boolean }> {
  if (calls.length === 0) return { gaps: [], late: false };
  const neighbours = await readNeighbours(tx, calls);
  const byBoot = Map.groupBy(neighbours, ({ process, boot }) => tupleKey(process, boot));
  const own = new Set(calls.map(({ process, boot, seq, at }) => tupleKey(process, boot, seq, at)));
  const late = neighbours.some(
    ({ process, boot, next, nextAt }) =>
      next !== null && nextAt !== null && !own.has(tupleKey(process, boot, next, nextAt)),
  );
  return { gaps: [...byBoot.values()].flatMap((boot) => gapsOf(boot)), late };
}

const gap = (seq: number, before: number) => Math.max(0, seq - 1 - before);

function gapsOf(boot: readonly Neighbours[]): Count[] {
  const byNumber = Map.groupBy(
    boot.toSorted((a, b) => a.seq - b.seq),
    ({ seq }) => seq,
  );
  const inserted = new Map(
    [...byNumber].map(([seq, rows]) => [seq, new Set(rows.map(({ at }) => at))]),
  );
  const isNew = (seq: number) =>
    inserted.has(seq) && inserted.get(seq)?.size === byNumber.get(seq)?.[0]?.rows;
  const counts: Count[] = [];
  /** The number that came before all those inserted in a row. */
  let stored = 0;
  for (const [seq, rows] of byNumber) {
    const [{ process, before } = { process: '', before: 0 }] = rows;
    if (!isNew(before)) stored = before;
    for (const at of inserted.get(seq) ?? [])
      counts.push(...missingCounts({ at, process }, gap(seq, before)));
    if (!isNew(seq)) continue;
    const followers = new Map(rows.map(({ next, nextAt }) => [nextAt, next]));
    for (const [at, next] of followers) {
      if (next === null || at === null || inserted.get(next)?.has(at)) continue;
      counts.push(...missingCounts({ at, process }, gap(next, seq) - gap(next, stored)));
    }
  }
  return counts;
}

/** What is stored beside each call: within numbers in a row that is known, so that only their ends are looked for. */
async function readNeighbours(tx: Tx, calls: readonly NumberedCall[]): Promise<Neighbours[]> {
  const ids = await bootIds(tx, calls);
  const runs = await readEnds(tx, runsOf(calls), ids);
  const after = runs.flatMap(({ next, ...of }) => (next === null ? [] : [{ ...of, seq: next }]));
  const instants = await readInstants(tx, [...calls, ...after], ids);
  return runs.flatMap(({ process, boot, first, last, ...run }) =>
    run.calls.flatMap(({ seq, at }): Neighbours[] => {
      const before = seq === first ? run.before : seq - 1;
      const next = seq === last ? run.next : seq + 1;
      const rows = instants({ process, boot, seq }).length;
      const of = { process, boot, seq, at, before, rows, next };
      if (next === null) return [{ ...of, nextAt: null }];
      return instants({ process, boot, seq: next }).map((nextAt) => ({ ...of, nextAt }));
    }),
  );
}

/** Calls of a boot whose numbers lie in a row. */
interface Run {
  process: string;
  boot: string;
  first: number;
  last: number;
  calls: NumberedCall[];
}

function runsOf(calls: readonly NumberedCall[]): Run[] {
  const boots = Map.groupBy(calls, ({ process, boot }) => tupleKey(process, boot));
  return [...boots.values()].flatMap((boot) => {
    const runs: Run[] = [];
    for (const call of boot.toSorted((a, b) => a.seq - b.seq)) {
      const run = runs.at(-1);
      if (run !== undefined && call.seq <= run.last + 1) {
        run.last = call.seq;
        run.calls.push(call);
      } else {
        runs.push({ ...call, first: call.seq, last: call.seq, calls: [call] });
      }
    }
    return runs;
  });
}

/** The numbers that are in before each of these, or the last that retention has dropped; 0 for none. */
export async function readBefore(
  tx: Tx,
  calls: readonly Omit<NumberedCall, 'at'>[],
): Promise<number[]> {
  const ids = await bootIds(tx, calls);
  const runs = calls.map(({ seq, ...of }) => ({ ...of, first: seq, last: seq }));
  return (await readEnds(tx, runs, ids)).map(({ before }) => before);
}

const bootIds = (tx: Tx, boots: readonly { process: string; boot: string }[]): Promise<NameIds> =>
  nameIds(tx, (add) => {
    for (const { process, boot } of boots) {
      add('process', process);
      add('boot', boot);
    }
  });

/** Runs of one statement, which is planned anew each time. */
const runsAtOnce = 200;

/** The numbers that are in before and after each run. */
async function readEnds<T extends Omit<Run, 'calls'>>(
  tx: Tx,
  all: readonly T[],
  ids: NameIds,
): Promise<(T & Pick<Neighbours, 'before' | 'next'>)[]> {
  const ends: (T & Pick<Neighbours, 'before' | 'next'>)[] = [];
  for (let from = 0; from < all.length; from += runsAtOnce)
    ends.push(...(await endsOf(tx, all.slice(from, from + runsAtOnce), ids)));
  return ends;
}

async function endsOf<T extends Omit<Run, 'calls'>>(
  tx: Tx,
  runs: readonly T[],
  ids: NameIds,
): Promise<(T & Pick<Neighbours, 'before' | 'next'>)[]> {
  const ends = runs.map(({ process, boot, first, last }, no) => {
    const ofBoot = `FROM call WHERE process = ${ids('process', process)} AND boot = ${ids('boot', boot)}`;
    return `SELECT ${no} AS no, (SELECT max(seq) ${ofBoot} AND seq < ${first}) AS before,
      (SELECT min(seq) ${ofBoot} AND seq > ${last}) AS next`;
  });
  const rows = await tx.$queryRawUnsafe<Pick<Neighbours, 'before' | 'next'>[]>(
    `SELECT greatest(n.before, b.dropped_seq, 0)::float8 AS before, n.next::float8 AS next
     FROM (${ends.join(' UNION ALL ')}) n
     JOIN unnest($1::text[], $2::text[]) WITH ORDINALITY AS g(process, boot, no) ON g.no = n.no + 1
     LEFT JOIN process_boot b ON b.process = g.process AND b.boot = g.boot ORDER BY n.no`,
    runs.map(({ process }) => process),
    runs.map(({ boot }) => boot),
  );
  return runs.map((run, no) => ({ ...run, ...(rows[no] ?? { before: 0, next: null }) }));
}

/** When calls of these numbers were. */
async function readInstants(
  tx: Tx,
  numbers: readonly Omit<NumberedCall, 'at'>[],
  ids: NameIds,
): Promise<(of: Omit<NumberedCall, 'at'>) => number[]> {
  const rows = await tx.$queryRawUnsafe<{ no: number; at: number }[]>(
    `SELECT n.no::int AS no, (extract(epoch FROM c.at) * 1000)::float8 AS at
     FROM unnest($1::int[], $2::int[], $3::bigint[]) WITH ORDINALITY AS n(process, boot, seq, no)
     CROSS JOIN LATERAL (SELECT call.at FROM call WHERE call.process = n.process AND call.boot = n.boot
       AND call.seq = n.seq ORDER BY call.seq) c`,
    numbers.map(({ process }) => ids('process', process)),
    numbers.map(({ boot }) => ids('boot', boot)),
    numbers.map(({ seq }) => seq),
  );
  const keyOf = (of: Omit<NumberedCall, 'at'> | undefined) =>
    of === undefined ? '' : tupleKey(of.process, of.boot, of.seq);
  const found = new Map<string, Set<number>>();
  for (const { no, at } of rows) {
    const key = keyOf(numbers[no - 1]);
    found.set(key, (found.get(key) ?? new Set()).add(at));
  }
  return (of) => [...(found.get(keyOf(of)) ?? [])];
}
