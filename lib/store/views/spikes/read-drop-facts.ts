import type { Tx } from '../../connection/transaction.ts';
import { lastOfTrail } from '../../event-log/answers.ts';
import { isEventLog } from '../../event-log/event-log.ts';
import { filtered } from '../filtered.ts';
import { readTallies } from '../read-tallies.ts';

interface Interval {
  /** A key's names. */
  keys: readonly string[];
  workspace: string | null;
  from: number;
  to: number;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

const iso = (at: number): string => new Date(at).toISOString();

/** Lookups and calls of a key in `[from, to)` (epoch ms). */
export async function readTraffic(
  tx: Tx,
  { keys, workspace, from, to }: Interval,
): Promise<{ lookups: number; calls: number }> {
  const sums = await readTallies(tx, {
    ...filtered({ keys, ...(workspace !== null && { workspace }) }),
    from,
    to,
    measures: ['operations', 'calls'],
    bucketMs: null,
  });
  const of = (wanted: string) =>
    sums.reduce((all, { measure, n }) => (measure === wanted ? all + n : all), 0);
  return { lookups: of('operations'), calls: of('calls') };
}

/** Calls of a key in `[from, to)` (epoch ms) but those that the KMS denied. */
export async function readCallsNotDenied(
  tx: Tx,
  { keys, workspace, from, to }: Interval,
): Promise<number> {
  const [row] = await tx.$queryRawUnsafe<{ n: number }[]>(
    `SELECT count(*)::float8 AS n FROM kms_call c WHERE c.key = ANY($3) AND c.outcome <> 'denied'
       AND c.at >= $1::timestamptz AND c.at < $2::timestamptz AND ($4::text IS NULL OR c.workspace = $4::text)`,
    iso(from),
    iso(to),
    keys,
    workspace,
  );
  return row?.n ?? 0;
}

/** Leases of a key that ended in the interval, of boots that no later boot of their process had replaced by then. */
export async function readLeasesEnded(
  tx: Tx,
  { keys, workspace, from, to }: Interval,
): Promise<number> {
  const [row] = await tx.$queryRawUnsafe<{ n: number }[]>(
    `WITH boots AS MATERIALIZED (SELECT process, boot, started_at FROM process_boot
       WHERE started_at > $1::timestamptz - interval '2 days' AND started_at < $2::timestamptz)
     SELECT count(*)::float8 AS n FROM kms_call c WHERE c.key = ANY($3) AND c.outcome = 'ok' AND c.cause <> 'validate'
       AND c.lease_ends_at >= $1::timestamptz AND c.lease_ends_at < $2::timestamptz AND c.at < $2::timestamptz
       AND c.at >= $1::timestamptz - interval '2 days' AND ($4::text IS NULL OR c.workspace = $4::text)
       AND NOT EXISTS (SELECT 1 FROM boots b WHERE b.process = c.process AND b.boot <> c.boot
         AND b.started_at > c.at AND b.started_at < c.lease_ends_at)`,
    iso(from),
    iso(to),
    keys,
    workspace,
  );
  return row?.n ?? 0;
}

/** The newest minute that telemetry of any process tells of, before `to`; null for none in the day before it. */
export async function readLastTelemetry(tx: Tx, to: number): Promise<number | null> {
  const hour = await newestOf(tx, { from: to - dayMs, to, bucketMs: hourMs });
  if (hour === null) return null;
  return newestOf(tx, { from: hour, to: Math.min(to, hour + hourMs), bucketMs: minuteMs });
}

/** The newest bucket with any operation or call. */
async function newestOf(
  tx: Tx,
  span: { from: number; to: number; bucketMs: number },
): Promise<number | null> {
  const of = { ...span, cut: 'all' as const, measures: ['operations', 'calls'] as const };
  const sums = await readTallies(tx, of);
  return sums.reduce<number | null>((last, { at }) => Math.max(last ?? at, at), null);
}

/** The last thing done to the log itself in `[from, to)` (epoch ms); null where nothing was. */
export async function readTrailEvent(
  tx: Tx,
  { from, to }: { from: number; to: number },
): Promise<{ operation: string; at: number; by: string } | null> {
  if (isEventLog(tx)) return lastOfTrail(tx, { from, to });
  const [row] = await tx.$queryRawUnsafe<{ operation: string; at: number; by: string }[]>(
    `SELECT operation, (extract(epoch FROM at) * 1000)::float8 AS at, principal_name AS by FROM audit_event
     WHERE at >= $1::timestamptz AND at < $2::timestamptz AND action = 'trail' AND error_code IS NULL
     ORDER BY audit_event.at DESC LIMIT 1`,
    iso(from),
    iso(to),
  );
  return row ?? null;
}
