import type { Db } from '../connection/db.ts';
import { type Tx, transaction } from '../connection/transaction.ts';
import { rebuildCrossAccount } from './cross-account.ts';
import {
  type AttemptCounted,
  attemptCounts,
  type CallCounted,
  type Count,
  callCounts,
  type EventCounted,
  eventCounts,
  missingCounts,
  type OperationCounted,
  operationCounts,
  useCounts,
} from './description.ts';
import { rebuildKeyFacts } from './key-facts.ts';
import { readBefore } from './number-gaps.ts';
import { PackedDays } from './packed-days.ts';
import { talliesOf, touchSeries } from './tallies.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const minutesPerDay = 1_440;
/** Cells held in memory: some tens of megabytes. */
const cellsMax = 500_000;
/** A day of millions of calls takes a while, and is counted anew as a whole; so do the facts of all keys. */
const msMax = 30 * 60_000;

/**
 * Counts the roll-ups anew from the stored rows, day by day, from `from` on (epoch ms, default all): days that
 * retention has taken rows of stay as they are. The same sums as were written while the rows came in. `onShare` hears
 * how far it is. Resolves to the days counted.
 */
export async function rebuildTallies(
  db: Db,
  { from = null, onShare }: { from?: number | null; onShare?: (share: number) => void } = {},
): Promise<number> {
  const first = from === null ? Number.NEGATIVE_INFINITY : Math.ceil(from / dayMs);
  const days = (await daysIn(db)).filter((day) => day >= first);
  for (const [no, day] of days.entries()) {
    onShare?.(no / days.length);
    await transaction(db, (tx) => rebuildDay(tx, day), msMax);
  }
  if (from !== null) return days.length;
  await transaction(db, rebuildCrossAccount, msMax);
  await transaction(db, rebuildKeyFacts, msMax);
  return days.length;
}

/** The same of what is counted without a key, where rows have been deleted that it was counted from. */
export async function rebuildKeyless(tx: Tx): Promise<void> {
  for (const day of await daysIn(tx)) await rebuildDay(tx, day, 'keyless');
}

const tables = ['call', 'attempt', 'lookup_count', 'dek_use', 'event'];

/**
 * The days (since 1970) that there are rows or sums of. Of rows the next day is asked for, one after the other: to list
 * theirs would read them all.
 */
async function daysIn(tx: Tx): Promise<number[]> {
  const summed = await tx.$queryRawUnsafe<{ day: number }[]>(
    `SELECT day FROM tally_day UNION SELECT at / ${minutesPerDay} FROM tally_open`,
  );
  const days = new Set(summed.map(({ day }) => day));
  for (const table of tables) {
    for (let from = '-infinity'; ; ) {
      const [next] = await tx.$queryRawUnsafe<{ day: number | null }[]>(
        `SELECT floor(extract(epoch FROM min(at)) / 86400)::int AS day FROM ${table} WHERE at >= $1::timestamptz`,
        from,
      );
      const day = next?.day ?? null;
      if (day === null) break;
      days.add(day);
      from = new Date((day + 1) * dayMs).toISOString();
    }
  }
  return [...days].sort((a, b) => a - b);
}

async function rebuildDay(
  tx: Tx,
  day: number,
  of: 'everything' | 'keyless' = 'everything',
): Promise<void> {
  const keyless = of === 'keyless' ? ' AND key = 0' : '';
  await tx.$executeRawUnsafe(`DELETE FROM tally_day WHERE day = $1::int${keyless}`, day);
  await tx.$executeRawUnsafe(
    `DELETE FROM tally_open WHERE at >= $1::int AND at < $1::int + ${minutesPerDay}${keyless}`,
    day * minutesPerDay,
  );
  await tx.$executeRawUnsafe('DELETE FROM dek_pair WHERE hour / 24 = $1::int', day);
  const days = new PackedDays();
  for (let at = day * dayMs; at < (day + 1) * dayMs; at += hourMs) {
    const [from, to] = [new Date(at).toISOString(), new Date(at + hourMs).toISOString()];
    for (const read of sources) {
      const counts = await read(tx, { from, to, keys: of });
      for (const tally of await talliesOf(tx, counts))
        if (of === 'everything' || tally.key === 0) days.add(tally);
      await touchSeries(tx, counts);
    }
    if (days.size > cellsMax) await days.write(tx);
  }
  await days.write(tx);
}

interface Span {
  from: string;
  to: string;
  /** Of rows with a key: which are read. */
  keys: 'everything' | 'keyless';
}
type Alike<T> = T & { rows: number };

/** Rows that are alike in all that their counts are made of, and how many there are; as JSON they come far faster. */
async function alike<T>(
  tx: Tx,
  table: string,
  { columns, from, to, keys }: Span & { columns: readonly string[] },
): Promise<Alike<T>[]> {
  const minute = `(extract(epoch FROM date_trunc('minute', at)) * 1000)::float8 AS at`;
  const names = [minute, ...columns];
  const [found] = await tx.$queryRawUnsafe<{ rows: string }[]>(
    `SELECT coalesce(json_agg(r), '[]')::text AS rows FROM (SELECT ${names.join(', ')}, count(*) AS rows FROM ${table}
       WHERE at >= $1::timestamptz AND at < $2::timestamptz${keys === 'keyless' ? " AND coalesce(key, '') = ''" : ''}
       GROUP BY ${names.map((_, no) => no + 1).join(', ')}) r`,
    from,
    to,
  );
  return JSON.parse(found?.rows ?? '[]') as Alike<T>[];
}

const placed = ['key', 'workspace', 'process', 'operation'];

const sources: readonly ((tx: Tx, span: Span) => Promise<Count[]>)[] = [
  async (tx, span) => {
    const columns = ['key', 'workspace', 'process', 'scope', 'path', 'outcome', 'n::float8 AS n'];
    const rows = await alike<OperationCounted>(tx, 'operation_count', { ...span, columns });
    return rows.flatMap((row) => operationCounts(row, row.rows));
  },
  async (tx, span) => {
    const columns = [...placed, 'refined_cause AS "refinedCause"', 'attempts', 'tag'];
    const rows = await alike<CallCounted>(tx, 'kms_call', { ...span, columns });
    return rows.flatMap((row) => callCounts(row, row.rows));
  },
  async (tx, span) => {
    const facts = 'sent, outcome, status, error_code AS "errorCode", join_method AS "joinMethod"';
    const columns = [...placed, ...facts.split(', ')];
    const rows = await alike<AttemptCounted>(tx, 'kms_attempt', { ...span, columns });
    return rows.flatMap((row) => attemptCounts(row, row.rows));
  },
  async (tx, span) => {
    const columns = ['key', 'workspace', 'principal', 'operation', 'action', 'state'];
    const others = `coalesce(other_keys, '{}') AS "otherKeys"`;
    const ok = 'error_code IS NULL AS ok';
    const rows = await alike<EventCounted>(tx, 'audit_event', {
      ...span,
      columns: [...columns, others, ok],
    });
    return rows.flatMap((row) => eventCounts(row, row.rows));
  },
  async (tx, span) => {
    const rows = await tx.$queryRawUnsafe<NumberedCall[]>(numbersSql, span.from, span.to);
    const before = await readBefore(tx, rows);
    return rows.flatMap((row, no) =>
      missingCounts(row, Math.max(0, row.seq - 1 - (before[no] ?? 0))),
    );
  },
  async (tx, span) => {
    const rows = await tx.$queryRawUnsafe<HourOfUses[]>(usesSql, span.from, span.to);
    return rows.flatMap((row) => [
      ...useCounts(row, { measure: 'uses', n: row.uses }),
      ...useCounts(row, { measure: 'pairs', n: row.pairs }),
    ]);
  },
];

interface NumberedCall {
  at: number;
  process: string;
  boot: string;
  seq: number;
}

// Almost every number follows the one before: only where it does not is the boot searched for what does.
const numbersSql = `SELECT (extract(epoch FROM at) * 1000)::float8 AS at, process, boot, seq::float8 AS seq
  FROM (SELECT at, process, boot, seq, lag(seq) OVER (PARTITION BY process, boot ORDER BY seq) AS before FROM kms_call
    WHERE at >= $1::timestamptz AND at < $2::timestamptz) t
  WHERE before IS DISTINCT FROM seq - 1`;

interface HourOfUses {
  at: number;
  workspace: string;
  process: string;
  uses: number;
  pairs: number;
}

const usesSql = `SELECT (extract(epoch FROM $1::timestamptz) * 1000)::float8 AS at, workspace, process,
    sum(uses)::float8 AS uses, count(DISTINCT dek)::float8 AS pairs
  FROM dek_activity WHERE at >= $1::timestamptz AND at < $2::timestamptz GROUP BY 2, 3`;
