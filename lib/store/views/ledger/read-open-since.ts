import { readOnce } from '../../connection/read-once.ts';
import type { Tx } from '../../connection/transaction.ts';

const reachMs = 3_600_000;

/**
 * The earliest lookup, epoch ms, whose attempt is not in the log and had not ended when the log was complete: its event
 * may lie behind `until`, epoch ms. Null where there is none.
 */
export async function readOpenSince(tx: Tx, until: number): Promise<number | null> {
  const [row] = await readOnce(tx, `open since ${until}`, () =>
    tx.$queryRawUnsafe<{ at: number | null }[]>(
      openSql,
      new Date(until - reachMs).toISOString(),
      new Date(until).toISOString(),
    ),
  );
  return row?.at ?? null;
}

// By ids alone, since a view's names take longer to plan than this to read; the planner reckons with plain bounds.
const openSql = `SELECT (extract(epoch FROM min(a.at)) * 1000)::float8 AS at FROM attempt a
  WHERE a.at >= $1::timestamptz AND a.at < $2::timestamptz AND a.sent
    AND a.sent_at + a.duration_ms * interval '1 millisecond' >= $2::timestamptz
    AND NOT EXISTS (SELECT 1 FROM pair p WHERE p.key = a.key AND p.at = a.at
      AND p.process = a.process AND p.boot = a.boot AND p.seq = a.seq AND p.attempt = a.attempt
      AND p.at >= $1::timestamptz AND p.at < $2::timestamptz)`;
