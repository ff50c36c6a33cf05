import { tupleKey } from '../../../shared/tuple-key.ts';
import { idsOf } from '../../connection/intern.ts';
import { namedRows } from '../../connection/named-rows.ts';
import type { Tx } from '../../connection/transaction.ts';
import { readTallies } from '../read-tallies.ts';

const minuteMs = 60_000;
const ms = (column: string) => `(extract(epoch FROM ${column}) * 1000)::float8`;

/** One process's calls under one key since `since`, by its newest boot. */
export interface LeaseRow {
  key: string;
  process: string;
  boot: string;
  firstLeaseEndsAt: number | null;
  lastLeaseEndsAt: number | null;
  liveDeks: number;
  deniedAt: number | null;
  lastSuccessAt: number | null;
  /** The newest instant that any telemetry of the process tells of. */
  lastWordAt: number;
}

/**
 * Each process's newest boot since $1, as known of each key, with its leases that hold at $2: those of calls that are
 * no older than the longest lease, and that no denial came after.
 */
const liveLeases = `WITH newest AS (
  SELECT DISTINCT ON (process) process, boot FROM key_process
  WHERE last_at >= $1::timestamptz ORDER BY process, last_at DESC),
held AS MATERIALIZED (
  SELECT k.* FROM key_process k JOIN newest USING (process, boot) WHERE last_at >= $1::timestamptz),
live AS (
  SELECT c.key, c.process, c.dek, max(c.lease_ends_at) AS ends
  FROM call c JOIN held h ON h.key = c.key AND h.process = c.process AND h.boot = c.boot
  WHERE c.at >= greatest($1::timestamptz, $2::timestamptz - (SELECT max(lease_ms) FROM held) * interval '1 ms')
    AND c.lease_ends_at > $2::timestamptz AND c.outcome = $4::int AND c.cause <> $3::int
    AND (h.dark_at IS NULL OR c.at > h.dark_at)
  GROUP BY 1, 2, 3)`;

/**
 * What each process holds at `now`, from its own calls: a DEK's lease is its newest call's, and a Decrypt denial ends
 * every lease of the key in that process. Only a process's newest boot counts.
 */
export async function readLeases(
  tx: Tx,
  { now, since }: { now: number; since: number },
): Promise<LeaseRow[]> {
  const words = await idsOf(tx, 'word', ['validate', 'ok', 'denied']);
  const rows = await tx.$queryRawUnsafe<LeaseIds[]>(
    `${liveLeases},
     leased AS (SELECT key, process, min(ends) AS first, max(ends) AS ends, count(*) AS n FROM live GROUP BY 1, 2),
     refused AS MATERIALIZED (SELECT * FROM held WHERE denied_at > ok_at OR (denied_at IS NOT NULL AND ok_at IS NULL)),
     denied AS (SELECT h.key, h.process, min(c.at) AS at
       FROM call c JOIN refused h ON h.key = c.key AND h.process = c.process AND h.boot = c.boot
       WHERE c.at >= $1::timestamptz AND (h.ok_at IS NULL OR c.at > h.ok_at) AND c.at <= h.denied_at
         AND c.outcome = $5::int AND c.cause <> $3::int
       GROUP BY 1, 2)
     SELECT h.key, h.process, h.boot, ${ms('l.first')} AS "firstLeaseEndsAt", ${ms('l.ends')} AS "lastLeaseEndsAt",
       coalesce(l.n, 0)::float8 AS "liveDeks", ${ms('f.at')} AS "deniedAt", ${ms('h.ok_at')} AS "lastSuccessAt", ${ms('h.last_at')} AS at
     FROM held h LEFT JOIN leased l ON l.key = h.key AND l.process = h.process
     LEFT JOIN denied f ON f.key = h.key AND f.process = h.process`,
    new Date(since).toISOString(),
    new Date(now).toISOString(),
    ...['validate', 'ok', 'denied'].map((word) => words.get(word) ?? -1),
  );
  return named(tx, rows, await lastWords(tx, now));
}

type LeaseIds = Omit<LeaseRow, 'key' | 'process' | 'boot' | 'lastWordAt'> & {
  key: number;
  process: number;
  boot: number;
  /** Its last call. */
  at: number;
};

async function named(
  tx: Tx,
  rows: readonly LeaseIds[],
  words: ReadonlyMap<string, number>,
): Promise<LeaseRow[]> {
  const all = await namedRows(tx, rows, { key: 'key', process: 'process', boot: 'boot' });
  const lastCalls = new Map<string, number>();
  for (const { process, at } of all)
    lastCalls.set(process, Math.max(at, lastCalls.get(process) ?? at));
  const found = all.map(({ at, ...row }) => ({
    ...row,
    lastWordAt: lastCalls.get(row.process) ?? at,
  }));
  const complete = await completeUntil(tx, found);
  return found
    .map((row) => {
      const { process, boot, lastWordAt } = row;
      const told = complete.get(tupleKey(process, boot)) ?? lastWordAt;
      return { ...row, lastWordAt: Math.max(lastWordAt, told, words.get(process) ?? lastWordAt) };
    })
    .sort((a, b) => byText(a.key, b.key) || byText(a.process, b.process));
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Up to when boots have told everything, as far as they say so. */
async function completeUntil(
  tx: Tx,
  boots: readonly Pick<LeaseRow, 'process' | 'boot'>[],
): Promise<Map<string, number>> {
  const rows = await tx.$queryRawUnsafe<{ process: string; boot: string; at: number }[]>(
    `SELECT process, boot, ${ms('complete_until')} AS at FROM process_boot
     WHERE process = ANY($1::text[]) AND complete_until IS NOT NULL`,
    boots.map(({ process }) => process),
  );
  return new Map(rows.map(({ process, boot, at }) => [tupleKey(process, boot), at]));
}

/** The newest minute of the hour until `now` that each process has told counts of. */
async function lastWords(tx: Tx, now: number): Promise<Map<string, number>> {
  const end = Math.floor(now / minuteMs) * minuteMs + minuteMs;
  const sums = await readTallies(tx, {
    cut: 'process',
    measures: ['messages', 'operations'],
    from: end - 61 * minuteMs,
    to: end,
    bucketMs: minuteMs,
  });
  const words = new Map<string, number>();
  for (const { who, at } of sums) words.set(who, Math.max(at, words.get(who) ?? at));
  return words;
}
