import type { SpikeView } from '../../shared/spike-view.ts';
import { recordset, type Tx } from '../connection/transaction.ts';
import type { DetectionQuery, KeyDay } from './detection-days.ts';

/** What stands out in a series, before it is weighed against all that does in a window. */
export interface DetectedSpike {
  /** Among whose requests alone; empty for everyone's. */
  principal: string;
  view: SpikeView;
  /** Requests of it that another key has as well. */
  also: number;
}

const dayMs = 86_400_000;
/** Spikes last a day at most and drops two: what begins earlier than this is over. */
const lasts = "interval '4 days'";
const startOfDay = (at: number): number => at - (at % dayMs);

/** Writes what was found on these days in place of what was there. */
export async function writeDetectedSpikes(
  tx: Tx,
  days: readonly KeyDay[],
  found: readonly DetectedSpike[],
): Promise<void> {
  await tx.$executeRawUnsafe(
    `DELETE FROM detected_spike s USING jsonb_to_recordset($1::jsonb) AS r(key text, day timestamptz)
     WHERE s.key = r.key AND s.day = r.day`,
    recordset(days, ['day']),
  );
  if (found.length === 0) return;
  const rows = found.map(({ principal, view, also }, no) => ({
    ...{ key: view.key, day: startOfDay(view.from), no, principal, ends_at: view.to, also, view },
  }));
  await tx.$executeRawUnsafe(
    `INSERT INTO detected_spike (key, day, no, principal, ends_at, also, view)
     SELECT key, day, no, principal, ends_at, also, view FROM jsonb_to_recordset($1::jsonb)
       AS r(key text, day timestamptz, no int, principal text, ends_at timestamptz, also float8, view jsonb)`,
    recordsetOf(rows),
  );
}

/** Instants of the rows themselves; those within a view stay numbers. */
const recordsetOf = (rows: readonly { day: number; ends_at: number }[]): string =>
  JSON.stringify(
    rows.map(({ day, ends_at, ...row }) => ({
      ...row,
      day: new Date(day).toISOString(),
      ends_at: new Date(ends_at).toISOString(),
    })),
  );

/** What was found that overlaps the window. */
export async function readDetectedSpikes(
  tx: Tx,
  { from, to, keys, principal = '' }: DetectionQuery,
): Promise<DetectedSpike[]> {
  // Only `writeDetectedSpikes` writes these, and those of another version of the detector are not read.
  return tx.$queryRawUnsafe<DetectedSpike[]>(
    `SELECT principal, view, also FROM detected_spike WHERE day < $2::timestamptz AND day >= $1::timestamptz - ${lasts} AND ends_at > $1::timestamptz
       AND ($3::text[] IS NULL OR key = ANY($3)) AND principal = $5 AND (view ->> 'from')::float8 < $4::float8 ORDER BY key, day, no`,
    new Date(from).toISOString(),
    new Date(to).toISOString(),
    keys ?? null,
    to,
    principal,
  );
}

/** The earliest day on which something begins that lasts until `at`; null where nothing does. */
export async function readOpenDay(
  tx: Tx,
  { key, at }: { key: string; at: number },
): Promise<number | null> {
  const [row] = await tx.$queryRawUnsafe<{ day: number | null }[]>(
    `SELECT (extract(epoch FROM min(day)) * 1000)::float8 AS day FROM detected_spike
     WHERE key = $1 AND day < $2::timestamptz AND day >= $2::timestamptz - ${lasts} AND ends_at >= $2::timestamptz`,
    key,
    new Date(at).toISOString(),
  );
  return row?.day ?? null;
}
