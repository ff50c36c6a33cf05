import type { Tx } from '../../connection/transaction.ts';
import { readTallies } from '../read-tallies.ts';

const minuteMs = 60_000;

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

/**
 * The calls of each process's newest boot since $1 until $2 as `held`, the last Decrypt denial of each key there as
 * `denied`, and as `live` the newest lease of each DEK that holds at $2.
 */
export const liveLeases = `WITH recent AS (
  SELECT key, workspace, process, boot, dek, operation, outcome, at, lease_ends_at, root_cause, root_at, generation
  FROM kms_call WHERE at >= $1::timestamptz AND at <= $2::timestamptz AND cause <> 'validate'),
newest AS (
  SELECT DISTINCT ON (process) process, boot FROM recent ORDER BY process, at DESC),
held AS (SELECT recent.* FROM recent JOIN newest USING (process, boot)),
denied AS (
  SELECT key, process, max(at) AS at FROM held WHERE operation = 'Decrypt' AND outcome = 'denied' GROUP BY 1, 2),
live AS (
  SELECT DISTINCT ON (h.key, h.process, h.dek) h.key, h.process, h.dek, h.workspace, h.root_cause, h.root_at,
    h.generation, h.lease_ends_at AS ends
  FROM held h LEFT JOIN denied d ON d.key = h.key AND d.process = h.process
  WHERE h.outcome = 'ok' AND h.lease_ends_at > $2::timestamptz AND (d.at IS NULL OR h.at > d.at)
  ORDER BY h.key, h.process, h.dek, h.lease_ends_at DESC)`;

/**
 * What each process holds at `now`, from its own calls: a DEK's lease is its newest call's, and a Decrypt denial ends
 * every lease of the key in that process. Only a process's newest boot counts.
 */
export async function readLeases(
  tx: Tx,
  given: { now: number; since: number },
): Promise<LeaseRow[]> {
  const words = await lastWords(tx, given.now);
  return tx.$queryRawUnsafe<LeaseRow[]>(
    `${liveLeases},
     first_denied AS (
       SELECT h.key, h.process, min(h.at) AS at FROM held h WHERE h.outcome = 'denied'
         AND h.at > coalesce((SELECT max(o.at) FROM held o WHERE o.key = h.key AND o.process = h.process
           AND o.outcome = 'ok'), '-infinity') GROUP BY 1, 2),
     words AS (
       SELECT process, to_timestamp(at / 1000) AS minute FROM unnest($3::text[], $4::float8[]) AS w(process, at))
     SELECT h.key, h.process, min(h.boot) AS boot,
       (SELECT (extract(epoch FROM max(l.ends)) * 1000)::float8 FROM live l
         WHERE l.key = h.key AND l.process = h.process) AS "lastLeaseEndsAt",
       (SELECT count(*)::float8 FROM live l WHERE l.key = h.key AND l.process = h.process) AS "liveDeks",
       (SELECT (extract(epoch FROM f.at) * 1000)::float8 FROM first_denied f
         WHERE f.key = h.key AND f.process = h.process) AS "deniedAt",
       (extract(epoch FROM max(h.at) FILTER (WHERE h.outcome = 'ok')) * 1000)::float8 AS "lastSuccessAt",
       (extract(epoch FROM greatest((SELECT max(s.at) FROM held s WHERE s.process = h.process),
         (SELECT w.minute FROM words w WHERE w.process = h.process),
         (SELECT b.complete_until FROM process_boot b WHERE b.process = h.process AND b.boot = min(h.boot)))) * 1000)::float8
         AS "lastWordAt"
     FROM held h GROUP BY h.key, h.process ORDER BY h.key, h.process`,
    new Date(given.since).toISOString(),
    new Date(given.now).toISOString(),
    [...words.keys()],
    [...words.values()],
  );
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
