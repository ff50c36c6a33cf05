/** What the detector has looked at, a key's day at a time: a day is looked at again once its requests have changed. */
import { tupleKey } from '../../shared/tuple-key.ts';
import { recordset, type Tx } from '../connection/transaction.ts';

/** Of the detector: another one looks at everything again. */
const detectorVersion = 1;

/** A UTC day (epoch ms of its start) of one key's requests. */
export interface KeyDay {
  key: string;
  day: number;
}

export interface DetectionDay extends KeyDay {
  /** How often its requests have changed. */
  touched: number;
}

const dayOf = '(extract(epoch FROM day) * 1000)::float8 AS day';
const toLook = `(looked IS NULL OR looked < touched OR version <> ${detectorVersion})`;

const dayMs = 86_400_000;

/** The keys' days on which requests have changed are to be looked at again; in one order, as all who write do. */
export async function touchDays(
  tx: Tx,
  changed: readonly { key: string; at: number }[],
): Promise<void> {
  const days = new Map(
    changed.map(({ key, at }) => [
      tupleKey(key, at - (at % dayMs)),
      { key, day: at - (at % dayMs) },
    ]),
  );
  if (days.size === 0) return;
  await tx.$executeRawUnsafe(
    `INSERT INTO detection_day (key, day, touched)
     SELECT key, day, 1 FROM jsonb_to_recordset($1::jsonb) AS r(key text, day timestamptz) ORDER BY 1, 2
     ON CONFLICT (key, day) DO UPDATE SET touched = detection_day.touched + 1`,
    recordset([...days.values()], ['day']),
  );
}

/** Everything is to be looked at again: whose principals are whose has changed, or what is known of the service. */
export async function touchAllDays(tx: Tx): Promise<void> {
  await tx.$executeRawUnsafe('UPDATE detection_day SET touched = touched + 1');
}

/** Days whose spikes are to be looked for, oldest first; so many of them. */
export function readDaysToLook(tx: Tx, daysMax: number): Promise<KeyDay[]> {
  return tx.$queryRawUnsafe<KeyDay[]>(
    `SELECT key, ${dayOf} FROM detection_day WHERE ${toLook} ORDER BY key, day LIMIT $1::int`,
    daysMax,
  );
}

/** Days of `[from, to)` that have changed since they were looked at, of any key or one. */
export async function readChangedDays(
  tx: Tx,
  { from, to, key }: { from: number; to: number; key: string | undefined },
): Promise<number[]> {
  const rows = await tx.$queryRawUnsafe<{ day: number }[]>(
    `SELECT DISTINCT ${dayOf} FROM detection_day WHERE ${toLook} AND day >= $1::timestamptz AND day < $2::timestamptz
       AND ($3::text IS NULL OR key = $3)`,
    new Date(from).toISOString(),
    new Date(to).toISOString(),
    key ?? null,
  );
  return rows.map(({ day }) => day);
}

/** One key's days of `[from, to)`. */
export function readDetectionDays(
  tx: Tx,
  { key, from, to }: { key: string; from: number; to: number },
): Promise<DetectionDay[]> {
  return tx.$queryRawUnsafe<DetectionDay[]>(
    `SELECT key, ${dayOf}, touched::float8 AS touched FROM detection_day
     WHERE key = $1 AND day >= $2::timestamptz AND day < $3::timestamptz ORDER BY 2`,
    key,
    new Date(from).toISOString(),
    new Date(to).toISOString(),
  );
}

/** Says that these days were looked at as they were when `touched` was read. */
export async function writeLooked(
  tx: Tx,
  days: readonly DetectionDay[],
  { series, calls }: { series: number; calls: boolean },
): Promise<void> {
  await tx.$executeRawUnsafe(
    `UPDATE detection_day d SET looked = r.touched, looked_at = now(), version = ${detectorVersion}, series = $2::int,
       calls = $3
     FROM jsonb_to_recordset($1::jsonb) AS r(key text, day timestamptz, touched bigint)
     WHERE d.key = r.key AND d.day = r.day`,
    recordset(days, ['day']),
    series,
    calls,
  );
}

/** A day that was looked at so recently is not looked at again yet, though it has changed. */
const standsFor = "interval '15 seconds'";

/**
 * How many series were searched on the days of `[from, to)`, of each key the most, and whether telemetry tells them;
 * null where any of them is still to be looked at, or there is none.
 */
export async function readSearched(
  tx: Tx,
  { from, to, key }: { from: number; to: number; key: string | undefined },
): Promise<{ key: string; series: number; calls: boolean }[] | null> {
  const rows = await tx.$queryRawUnsafe<
    { key: string; series: number; calls: boolean; stands: boolean }[]
  >(
    `SELECT key, max(series) AS series, bool_or(calls) AS calls, bool_and(looked IS NOT NULL AND version = ${detectorVersion}
       AND (looked = touched OR looked_at > now() - ${standsFor})) AS stands
     FROM detection_day WHERE day >= $1::timestamptz AND day < $2::timestamptz AND ($3::text IS NULL OR key = $3)
     GROUP BY 1`,
    new Date(from).toISOString(),
    new Date(to).toISOString(),
    key ?? null,
  );
  return rows.length > 0 && rows.every(({ stands }) => stands) ? rows : null;
}
