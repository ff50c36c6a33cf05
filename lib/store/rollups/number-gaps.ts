import { tupleKey } from '../../shared/tuple-key.ts';
import type { Tx } from '../connection/transaction.ts';
import { nameIds } from '../records/name-ids.ts';
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

async function readNeighbours(tx: Tx, calls: readonly NumberedCall[]): Promise<Neighbours[]> {
  const ids = await nameIds(tx, (add) => {
    for (const { process, boot } of calls) {
      add('process', process);
      add('boot', boot);
    }
  });
  const ofBoot = 'c.process = n.process_id AND c.boot = n.boot_id';
  return tx.$queryRawUnsafe<Neighbours[]>(
    `SELECT n.process, n.boot, n.seq::float8 AS seq, n.at,
       greatest((SELECT max(c.seq) FROM call c WHERE ${ofBoot} AND c.seq < n.seq), b.dropped_seq, 0)::float8 AS before,
       (SELECT count(*) FROM call c WHERE ${ofBoot} AND c.seq = n.seq)::float8 AS rows,
       s.seq::float8 AS next, (extract(epoch FROM s.at) * 1000)::float8 AS "nextAt"
     FROM unnest($1::text[], $2::text[], $3::int[], $4::int[], $5::bigint[], $6::float8[])
       AS n(process, boot, process_id, boot_id, seq, at)
     LEFT JOIN process_boot b ON b.process = n.process AND b.boot = n.boot
     LEFT JOIN LATERAL (SELECT c.seq, c.at FROM call c WHERE ${ofBoot} AND c.seq > n.seq
       ORDER BY c.seq FETCH FIRST 1 ROW WITH TIES) s ON TRUE`,
    calls.map(({ process }) => process),
    calls.map(({ boot }) => boot),
    calls.map(({ process }) => ids('process', process)),
    calls.map(({ boot }) => ids('boot', boot)),
    calls.map(({ seq }) => seq),
    calls.map(({ at }) => at),
  );
}
