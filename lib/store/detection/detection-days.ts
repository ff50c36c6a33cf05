/** What the detector has looked at, a key's day at a time: a day is looked at again once its requests have changed. */
import { recordset, type Tx } from '../connection/transaction.ts';

/** Of the detector: another one looks at everything again. */
const detectorVersion = 3;

/** A UTC day (epoch ms of its start) of one key's requests. */
export interface KeyDay {
  key: string;
  day: number;
}

export interface DetectionDay extends KeyDay {
  /** How often its requests have changed. */
  touched: number;
  /** By the database's clock, epoch ms. */
  readAt: number;
}

const dayOf = '(extract(epoch FROM day) * 1000)::float8 AS day';
const toLook = `(looked IS NULL OR looked < touched OR version <> ${detectorVersion})`;

const dayMs = 86_400_000;

/** The keys' days on which requests have changed are to be looked at again; in one order, as all who write do. */
export async function touchDays(
  tx: Tx,
  changed: readonly { key: string; at: number }[],
): Promise<void> {
  const ofKeys = new Map<string, Set<number>>();
  for (const { key, at } of changed) {
    const days = ofKeys.get(key) ?? new Set();
    ofKeys.set(key, days.add(at - (at % dayMs)));
  }
  if (ofKeys.size === 0) return;
  await tx.$executeRawUnsafe(
    `INSERT INTO detection_day (key, day, touched)
     SELECT key, day, 1 FROM jsonb_to_recordset($1::jsonb) AS r(key text, day timestamptz) ORDER BY 1, 2
     ON CONFLICT (key, day) DO UPDATE SET touched = detection_day.touched + 1`,
    recordset(
      [...ofKeys].flatMap(([key, days]) => [...days].map((day) => ({ key, day }))),
      ['day'],
    ),
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

/** Of any key or one, by its names; everyone's requests, or one caller's. */
export interface DetectionQuery {
  /** Epoch ms, `[from, to)`. */
  from: number;
  to: number;
  keys: readonly string[] | undefined;
  principal?: string | undefined;
}

/** Whether a day's look was into the caller's requests, or it has none. */
const searchedSql = (principal: string) =>
  `(${principal} IS NULL OR NOT more_principals OR ${principal} = ANY(principals))`;

/** Days that have changed since they were looked at, or were not looked at so. */
export async function readChangedDays(
  tx: Tx,
  { from, to, keys, principal }: DetectionQuery,
): Promise<number[]> {
  const rows = await tx.$queryRawUnsafe<{ day: number }[]>(
    `SELECT DISTINCT ${dayOf} FROM detection_day WHERE day >= $1::timestamptz AND day < $2::timestamptz
       AND ($3::text[] IS NULL OR key = ANY($3)) AND (${toLook} OR NOT ${searchedSql('$4::text')})`,
    new Date(from).toISOString(),
    new Date(to).toISOString(),
    keys ?? null,
    principal ?? null,
  );
  return rows.map(({ day }) => day);
}

/** One key's days of `[from, to)`. */
export function readDetectionDays(
  tx: Tx,
  { key, from, to }: { key: string; from: number; to: number },
): Promise<DetectionDay[]> {
  return tx.$queryRawUnsafe<DetectionDay[]>(
    `SELECT key, ${dayOf}, touched::float8 AS touched, (extract(epoch FROM now()) * 1000)::float8 AS "readAt"
     FROM detection_day
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
  searched: { series: number; calls: boolean; principals: readonly string[]; more: boolean },
): Promise<void> {
  await tx.$executeRawUnsafe(
    `UPDATE detection_day d SET looked = r.touched, looked_at = r."readAt", version = ${detectorVersion}, series = $2::int,
       calls = $3, principals = $4::text[], more_principals = $5
     FROM jsonb_to_recordset($1::jsonb) AS r(key text, day timestamptz, touched bigint, "readAt" timestamptz)
     WHERE d.key = r.key AND d.day = r.day`,
    recordset(days, ['day', 'readAt']),
    searched.series,
    searched.calls,
    searched.principals,
    searched.more,
  );
}

/** A day that was looked at so recently is not looked at again yet, though it has changed. */
const standsFor = "interval '15 seconds'";

/**
 * How many series were searched on these days, of each key the most, and whether telemetry tells them; null where any
 * of them is still to be looked at, or there is none.
 */
export async function readSearched(
  tx: Tx,
  { from, to, keys, principal }: DetectionQuery,
): Promise<{ key: string; series: number; calls: boolean }[] | null> {
  const rows = await tx.$queryRawUnsafe<
    { key: string; series: number; calls: boolean; stands: boolean }[]
  >(
    `SELECT key, CASE WHEN $4::text IS NULL THEN max(series) ELSE bool_or($4 = ANY(principals))::int END AS series,
       $4 IS NULL AND bool_or(calls) AS calls, bool_and(looked IS NOT NULL AND version = ${detectorVersion}
       AND (looked = touched OR looked_at > now() - ${standsFor}) AND ${searchedSql('$4')}) AS stands
     FROM detection_day WHERE day >= $1::timestamptz AND day < $2::timestamptz AND ($3::text[] IS NULL OR key = ANY($3))
     GROUP BY 1`,
    new Date(from).toISOString(),
    new Date(to).toISOString(),
    keys ?? null,
    principal ?? null,
  );
  return rows.length > 0 && rows.every(({ stands }) => stands) ? rows : null;
}
