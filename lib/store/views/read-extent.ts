import { dimensions } from '../connection/intern.ts';
import { readOnce } from '../connection/read-once.ts';
import type { Tx } from '../connection/transaction.ts';
import { spanOf } from '../event-log/answers.ts';
import { type EventLog, isEventLog } from '../event-log/event-log.ts';
import { cuts } from '../rollups/description.ts';
import { unpackDay } from '../rollups/packed-day.ts';

const minuteMs = 60_000;
const minutesPerDay = 1_440;

const keys = `(SELECT 0 AS id UNION ALL SELECT id FROM dimension WHERE kind = ${dimensions.key}) k`;

/** The first and last minute with anything in it, epoch ms; null where the store is empty. */
export async function readExtent(tx: Tx): Promise<{ from: number; to: number } | null> {
  if (isEventLog(tx)) return minutesOfLog(tx);
  const { first, last, firstDay, lastDay } = await readBounds(tx);
  const minutes = [first, last].flatMap((at) => at ?? []);
  for (const day of new Set([firstDay, lastDay].flatMap((at) => at ?? [])))
    minutes.push(...(await minutesOf(tx, day)));
  if (minutes.length === 0) return null;
  const from = minutes.reduce((a, b) => Math.min(a, b));
  const to = minutes.reduce((a, b) => Math.max(a, b));
  return { from: from * minuteMs, to: to * minuteMs };
}

/** Whether there is anything at `at` (epoch ms) or before; a day's minutes are read where the day alone cannot tell. */
export async function hasDataBy(tx: Tx, at: number): Promise<boolean> {
  if (isEventLog(tx)) return (minutesOfLog(tx)?.from ?? Number.POSITIVE_INFINITY) <= at;
  const { first, firstDay } = await readBounds(tx);
  if (first != null && first * minuteMs <= at) return true;
  if (firstDay == null) return false;
  const day = Math.floor(at / minuteMs / minutesPerDay);
  if (day !== firstDay) return firstDay < day;
  return (await readExtent(tx).then((extent) => extent?.from ?? at + 1)) <= at;
}

async function readBounds(tx: Tx): Promise<Partial<Record<Bound, number | null>>> {
  const [row] = await readOnce(tx, 'bounds', () =>
    tx.$queryRawUnsafe<Partial<Record<Bound, number | null>>[]>(boundsSql),
  );
  return row ?? {};
}

/** Each key is looked up by index. */
const boundsOf = ({ table, at, counted }: { table: string; at: string; counted: string }) =>
  `(SELECT min(t.first) AS first, max(t.last) AS last FROM ${keys}
    CROSS JOIN LATERAL (SELECT min(${at}) AS first, max(${at}) AS last FROM ${table}
      WHERE key = k.id AND cut = ${cuts.all} AND who = 0 AND ${counted} GROUP BY key) t)`;
const openCells = { table: 'tally_open', at: 'at', counted: 'n <> 0' };
const packedDays = { table: 'tally_day', at: 'day', counted: 'length(totals) > 0' };
const boundsSql = `SELECT o.first, o.last, d.first AS "firstDay", d.last AS "lastDay"
  FROM ${boundsOf(openCells)} o, ${boundsOf(packedDays)} d`;

function minutesOfLog(log: EventLog): { from: number; to: number } | null {
  const span = spanOf(log);
  const minute = (at: number) => at - (at % minuteMs);
  return span && { from: minute(span.from), to: minute(span.to) };
}

type Bound = 'first' | 'last' | 'firstDay' | 'lastDay';

/** First and last minute of a packed day with anything in it. */
async function minutesOf(tx: Tx, day: number): Promise<number[]> {
  const rows = await tx.$queryRawUnsafe<{ minutes: Uint8Array }[]>(
    `SELECT d.minutes FROM ${keys} CROSS JOIN LATERAL (SELECT minutes FROM tally_day
       WHERE key = k.id AND cut = ${cuts.all} AND who = 0 AND day = $1::int ORDER BY key) d`,
    day,
  );
  return rows.flatMap(({ minutes }) =>
    unpackDay(minutes).flatMap(({ counts }) => {
      const own = [...counts.keys()].map((minute) => day * minutesPerDay + minute);
      return [own.reduce((a, b) => Math.min(a, b)), own.reduce((a, b) => Math.max(a, b))];
    }),
  );
}
