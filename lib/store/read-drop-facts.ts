import type { Tx } from './transaction.ts';

interface Interval {
  key: string;
  workspace: string | null;
  from: number;
  to: number;
}

const iso = (at: number): string => new Date(at).toISOString();

/** Lookups and calls of a key in `[from, to)` (epoch ms), by the minute's roll-ups. */
export async function readTraffic(
  tx: Tx,
  { key, workspace, from, to }: Interval,
): Promise<{ lookups: number; calls: number }> {
  const [row] = await tx.$queryRawUnsafe<{ lookups: number; calls: number }[]>(
    `SELECT coalesce(sum(n) FILTER (WHERE measure = 'operations'), 0)::float8 AS lookups,
       coalesce(sum(n) FILTER (WHERE measure = 'calls'), 0)::float8 AS calls
     FROM rollup_minute WHERE minute >= $1::timestamptz AND minute < $2::timestamptz AND key = $3
       AND measure IN ('operations', 'calls') AND ($4::text IS NULL OR workspace = $4::text)`,
    iso(from),
    iso(to),
    key,
    workspace,
  );
  return row ?? { lookups: 0, calls: 0 };
}

/** Leases of a key that ended in the interval, of boots that no later boot of their process had replaced by then. */
export async function readLeasesEnded(
  tx: Tx,
  { key, workspace, from, to }: Interval,
): Promise<number> {
  const [row] = await tx.$queryRawUnsafe<{ n: number }[]>(
    `SELECT count(*)::float8 AS n FROM kms_call c WHERE c.key = $3 AND c.outcome = 'ok' AND c.cause <> 'validate'
       AND c.lease_ends_at >= $1::timestamptz AND c.lease_ends_at < $2::timestamptz AND c.at < $2::timestamptz
       AND c.at >= $1::timestamptz - interval '2 days' AND ($4::text IS NULL OR c.workspace = $4::text)
       AND NOT EXISTS (SELECT 1 FROM process_boot b WHERE b.process = c.process AND b.boot <> c.boot
         AND b.started_at > c.at AND b.started_at < c.lease_ends_at)`,
    iso(from),
    iso(to),
    key,
    workspace,
  );
  return row?.n ?? 0;
}

/** The newest minute that telemetry of any process tells of, before `to`; null for none in the day before it. */
export async function readLastTelemetry(tx: Tx, to: number): Promise<number | null> {
  const [row] = await tx.$queryRawUnsafe<{ at: number | null }[]>(
    `SELECT (extract(epoch FROM max(minute)) * 1000)::float8 AS at FROM rollup_minute
     WHERE measure IN ('operations', 'calls') AND minute < $1::timestamptz
       AND minute >= $1::timestamptz - interval '1 day'`,
    iso(to),
  );
  return row?.at ?? null;
}

/** The last thing done to the log itself in `[from, to)` (epoch ms); null where nothing was. */
export async function readTrailEvent(
  tx: Tx,
  { from, to }: { from: number; to: number },
): Promise<{ operation: string; at: number; by: string } | null> {
  const [row] = await tx.$queryRawUnsafe<{ operation: string; at: number; by: string }[]>(
    `SELECT operation, (extract(epoch FROM at) * 1000)::float8 AS at, principal_name AS by FROM audit_event
     WHERE at >= $1::timestamptz AND at < $2::timestamptz AND action = 'trail' AND error_code IS NULL
     ORDER BY audit_event.at DESC LIMIT 1`,
    iso(from),
    iso(to),
  );
  return row ?? null;
}
