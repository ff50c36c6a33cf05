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
  lastLeaseEndsAt: number | null;
  liveDeks: number;
  deniedAt: number | null;
  lastSuccessAt: number | null;
  /** The newest instant that any telemetry of the process tells of. */
  lastWordAt: number;
}

/** Calls since $1 until $2 by id: of each process's newest boot, with the leases that hold at $2 as `live`. */
const liveLeases = `WITH recent AS MATERIALIZED (
  SELECT key, process, boot, dek, operation, outcome, at, lease_ends_at
  FROM call WHERE at >= $1::timestamptz AND at <= $2::timestamptz AND cause <> $3::int),
newest AS (
  SELECT DISTINCT ON (process) process, boot FROM recent ORDER BY process, at DESC),
held AS (SELECT recent.* FROM recent JOIN newest USING (process, boot)),
denied AS (
  SELECT key, process, max(at) AS at FROM held WHERE operation = $4::int AND outcome = $5::int GROUP BY 1, 2),
live AS (
  SELECT DISTINCT ON (h.key, h.process, h.dek) h.key, h.process, h.dek, h.lease_ends_at AS ends
  FROM held h LEFT JOIN denied d ON d.key = h.key AND d.process = h.process
  WHERE h.outcome = $6::int AND h.lease_ends_at > $2::timestamptz AND (d.at IS NULL OR h.at > d.at)
  ORDER BY h.key, h.process, h.dek, h.lease_ends_at DESC)`;

/**
 * What each process holds at `now`, from its own calls: a DEK's lease is its newest call's, and a Decrypt denial ends
 * every lease of the key in that process. Only a process's newest boot counts.
 */
export async function readLeases(
  tx: Tx,
  { now, since }: { now: number; since: number },
): Promise<LeaseRow[]> {
  const words = await idsOf(tx, 'word', ['validate', 'Decrypt', 'denied', 'ok']);
  const rows = await tx.$queryRawUnsafe<LeaseIds[]>(
    `${liveLeases},
     answered AS (SELECT key, process, max(at) AS at FROM held WHERE outcome = $6::int GROUP BY 1, 2),
     first_denied AS (
       SELECT h.key, h.process, min(h.at) AS at FROM held h LEFT JOIN answered o ON o.key = h.key AND o.process = h.process
       WHERE h.outcome = $5::int AND (o.at IS NULL OR h.at > o.at) GROUP BY 1, 2),
     leased AS (SELECT key, process, max(ends) AS ends, count(*) AS n FROM live GROUP BY 1, 2)
     SELECT h.key, h.process, h.boot, ${ms('l.ends')} AS "lastLeaseEndsAt", coalesce(l.n, 0)::float8 AS "liveDeks",
       ${ms('f.at')} AS "deniedAt", ${ms('o.at')} AS "lastSuccessAt", ${ms('h.at')} AS at
     FROM (SELECT key, process, min(boot) AS boot, max(at) AS at FROM held GROUP BY 1, 2) h
     LEFT JOIN leased l ON l.key = h.key AND l.process = h.process
     LEFT JOIN first_denied f ON f.key = h.key AND f.process = h.process
     LEFT JOIN answered o ON o.key = h.key AND o.process = h.process`,
    new Date(since).toISOString(),
    new Date(now).toISOString(),
    ...['validate', 'Decrypt', 'denied', 'ok'].map((word) => words.get(word) ?? -1),
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
