import { recordset, type Tx } from '../connection/transaction.ts';
import type { DetectionQuery, KeyDay } from './detection-days.ts';

/** Minutes of a day, and what they are summed up to, so that a chart of a month need not read each minute. */
const levels = [60, 5, 1] as const;
type LevelMinutes = (typeof levels)[number];
const dayMinutes = 1_440;

/** A day's requests of one key, everyone's or one caller's, and what was expected: 1,440 minutes each. */
export interface SeriesDay extends KeyDay {
  /** Empty for everyone's. */
  principal: string;
  counts: Float32Array;
  /** Those that another key has as well; null where none is. */
  also: Float32Array | null;
  expected: Float32Array;
}

/** Hours, then five minutes, then minutes, little-endian: 7,008 bytes. */
function packed(minutes: Float32Array): Uint8Array<ArrayBuffer> {
  const all = new Float32Array(levels.reduce((sum, level) => sum + dayMinutes / level, 0));
  let at = 0;
  for (const level of levels) {
    for (let minute = 0; minute < dayMinutes; minute += 1) {
      const index = at + Math.floor(minute / level);
      all[index] = (all[index] ?? 0) + (minutes[minute] ?? 0);
    }
    at += dayMinutes / level;
  }
  return new Uint8Array(all.buffer);
}

/** Writes the series of these days in place of those that were there. */
export async function writeSeriesDays(
  tx: Tx,
  days: readonly KeyDay[],
  series: readonly SeriesDay[],
): Promise<void> {
  await tx.$executeRawUnsafe(
    `DELETE FROM detected_series s USING jsonb_to_recordset($1::jsonb) AS r(key text, day timestamptz)
     WHERE s.key = r.key AND s.day = r.day`,
    recordset(days, ['day']),
  );
  for (const { key, principal, day, counts, also, expected } of series) {
    await tx.$executeRawUnsafe(
      `INSERT INTO detected_series (key, principal, day, counts, also, expected)
       VALUES ($1, $2, $3::timestamptz, $4, $5, $6)`,
      key,
      principal,
      new Date(day).toISOString(),
      packed(counts),
      also === null ? null : packed(also),
      packed(expected),
    );
  }
}

/** A day as it is read. */
export interface DayCounts {
  key: string;
  /** Epoch ms of the day's start. */
  day: number;
  counts: Float32Array;
  also: Float32Array | null;
}

/** Requests by the minute of each key's days that begin in `[from, to)`. */
export async function readDayCounts(tx: Tx, days: DetectionQuery): Promise<DayCounts[]> {
  const rows = await readColumns<'counts', 'also'>(tx, ['counts', 'also'], { ...days, minutes: 1 });
  return rows.map(({ key, day, counts, also }) => ({
    ...{ key, day, counts: floats(counts) },
    also: also === null ? null : floats(also),
  }));
}

/** The same with what was expected, in counts of `minutes` each. */
export interface SeriesPart extends DayCounts {
  expected: Float32Array;
}

export async function readSeriesDays(
  tx: Tx,
  given: DetectionQuery & { minutes: LevelMinutes },
): Promise<SeriesPart[]> {
  const columns = ['counts', 'also', 'expected'] as const;
  const rows = await readColumns<'counts' | 'expected', 'also'>(tx, columns, given);
  return rows.map(({ key, day, counts, also, expected }) => ({
    ...{ key, day, counts: floats(counts), expected: floats(expected) },
    also: also === null ? null : floats(also),
  }));
}

type Column = 'counts' | 'also' | 'expected';

function readColumns<Always extends Column, Perhaps extends Column>(
  tx: Tx,
  columns: readonly Column[],
  { from, to, keys, principal = '', minutes }: DetectionQuery & { minutes: LevelMinutes },
) {
  const before = levels.slice(0, levels.indexOf(minutes));
  const start = 4 * before.reduce((sum, level) => sum + dayMinutes / level, 0);
  const part = (column: Column) =>
    `substring(${column} FROM ${start + 1} FOR ${(4 * dayMinutes) / minutes}) AS ${column}`;
  return tx.$queryRawUnsafe<
    ({ key: string; day: number } & Record<Always, Uint8Array> &
      Record<Perhaps, Uint8Array | null>)[]
  >(
    `SELECT key, (extract(epoch FROM day) * 1000)::float8 AS day, ${columns.map(part).join(', ')}
     FROM detected_series WHERE day >= $1::timestamptz AND day < $2::timestamptz AND ($3::text[] IS NULL OR key = ANY($3))
       AND principal = $4`,
    new Date(from).toISOString(),
    new Date(to).toISOString(),
    keys ?? null,
    principal,
  );
}

/** Copied, since a driver's bytes may begin anywhere. */
const floats = (bytes: Uint8Array): Float32Array => new Float32Array(bytes.slice().buffer);
