import { dimensions } from '../../connection/intern.ts';
import type { Tx } from '../../connection/transaction.ts';

/** What telemetry is asked of: keys under all their names, in `[from, to)` (epoch ms). */
export interface DrillWindow {
  keys: readonly string[];
  from: number;
  to: number;
}

const rowsMax = 300_000;
const ms = (column: string) => `(extract(epoch FROM ${column}) * 1000)::float8`;
const within = (column: string) =>
  `key = ANY($1::text[]) AND ${column} >= $2::timestamptz AND ${column} < $3::timestamptz`;
const values = ({ keys, from, to }: DrillWindow) => [
  [...keys],
  new Date(from).toISOString(),
  new Date(to).toISOString(),
];

/** An attempt that no event of the log is joined with. */
export interface LoneAttemptRow {
  at: number;
  process: string;
  operation: string;
  outcome: string;
  errorCode: string | null;
}

/** Answered attempts that the log does not have, in order of time. */
export async function readLoneAttempts(tx: Tx, window: DrillWindow): Promise<LoneAttemptRow[]> {
  const newest = await tx.$queryRawUnsafe<LoneAttemptRow[]>(
    `SELECT ${ms('sent_at')} AS at, process, operation, outcome, error_code AS "errorCode" FROM kms_attempt
     WHERE ${within('at')} AND outcome IN ('ok', 'denied', 'wrong-key') AND event_id IS NULL
     ORDER BY sent_at DESC LIMIT ${rowsMax}`,
    ...values(window),
  );
  return newest.reverse();
}

/** Until when the data keys of granted calls may be used. */
export function readDrillLeases(
  tx: Tx,
  window: DrillWindow,
): Promise<{ process: string; at: number; endsAt: number }[]> {
  return tx.$queryRawUnsafe(
    `SELECT process, ${ms('at')} AS at, ${ms('lease_ends_at')} AS "endsAt" FROM kms_call
     WHERE ${within('at')} AND outcome = 'ok' AND lease_ends_at IS NOT NULL ORDER BY at DESC LIMIT ${rowsMax}`,
    ...values(window),
  );
}

/** Minutes in which each process used data keys that it held. */
export function readHitMinutes(
  tx: Tx,
  window: DrillWindow,
): Promise<{ process: string; at: number }[]> {
  return tx.$queryRawUnsafe(
    `SELECT DISTINCT process, ${ms('at')} AS at FROM operation_count
     WHERE ${within('at')} AND outcome = 'hit' ORDER BY 2 DESC LIMIT ${rowsMax}`,
    ...values(window),
  );
}

export interface DrillBootRow {
  process: string;
  boot: string;
  startedAt: number;
  ttlMs: number | null;
  toldUntil: number | null;
  ended: boolean;
  gaps: { from: number; to: number }[] | null;
}

/** In `[from, to)`, epoch ms. */
export interface DrillSpan {
  from: number;
  to: number;
}

/** How long before a span ends a roll-up must be for all the calls that it counts to be within. */
const countedMs = 3_600_000;

/**
 * Starts of processes that used the keys, how far each has told, and where numbers of its roll-ups are missing; within
 * `spans`, which do not overlap, also those of its calls or of their attempts, of which there may be millions
 * elsewhere: a roll-up says up to which call all are told.
 */
export function readDrillBoots(
  tx: Tx,
  window: DrillWindow,
  spans: readonly DrillSpan[],
): Promise<DrillBootRow[]> {
  return tx.$queryRawUnsafe<DrillBootRow[]>(
    bootsSql,
    ...values(window),
    spans.map(({ from }) => new Date(from).toISOString()),
    spans.map(({ to }) => new Date(to).toISOString()),
  );
}

const bootsSql = `WITH users AS (SELECT DISTINCT process_id, boot_id, process, boot FROM kms_call WHERE ${within('at')}
         UNION SELECT DISTINCT process_id, boot_id, process, boot FROM operation_count WHERE ${within('at')}),
       told AS (SELECT u.process_id, u.boot_id, o.seq, o.at, max(o.n) AS n, bool_or(w.name = 'last') AS last FROM users u
         CROSS JOIN LATERAL (SELECT * FROM lookup_count o WHERE o.process = u.process_id AND o.boot = u.boot_id
           AND o.at >= $2::timestamptz AND o.at < $3::timestamptz
           AND o.path = (SELECT id FROM dimension WHERE kind = ${dimensions.word} AND name = 'complete') ORDER BY o.process) o
         JOIN dimension w ON w.kind = ${dimensions.word} AND w.id = o.outcome GROUP BY 1, 2, 3, 4),
       spans AS (SELECT * FROM unnest($4::timestamptz[], $5::timestamptz[]) WITH ORDINALITY AS s("from", "to", no)),
       made AS (SELECT a.key, a.process, a.boot, a.seq, count(*) AS n FROM spans s
         JOIN attempt a ON a.at >= s."from" AND a.at < s."to" GROUP BY 1, 2, 3, 4),
       calls AS (SELECT s.no, c.process AS process_id, c.boot AS boot_id, c.seq, min(c.at) AS at FROM spans s
         JOIN call c ON c.at >= s."from" AND c.at < s."to"
         JOIN users u ON u.process_id = c.process AND u.boot_id = c.boot
         LEFT JOIN made m ON m.key = c.key AND m.process = c.process AND m.boot = c.boot AND m.seq = c.seq
         WHERE c.attempts <= coalesce(m.n, 0) GROUP BY 1, 2, 3, 4),
       numbered AS (SELECT no, process_id, boot_id, seq, at, 'call' AS what FROM calls
         UNION ALL SELECT 0, process_id, boot_id, seq, at, 'roll-up' FROM told),
       steps AS (SELECT *, lag(seq) OVER w AS seq_before, lag(at) OVER w AS at_before FROM numbered
         WINDOW w AS (PARTITION BY no, process_id, boot_id, what ORDER BY seq, at)),
       counted AS (SELECT s.no, t.* FROM spans s JOIN told t ON t.at >= s."from" AND t.at < s."to" - interval '${countedMs} ms'),
       least AS (SELECT no, process_id, boot_id, min(n) AS n FROM counted GROUP BY 1, 2, 3),
       most AS (SELECT no, process_id, boot_id, max(seq) AS seq, max(at) AS at FROM calls GROUP BY 1, 2, 3),
       unseen AS (SELECT no, process_id, boot_id, min(t.at) AS at, max(m.at) AS seen FROM counted t
         LEFT JOIN most m USING (no, process_id, boot_id) JOIN least l USING (no, process_id, boot_id)
         WHERE t.n > coalesce(m.seq, 0) AND t.n > l.n GROUP BY 1, 2, 3),
       gaps AS (SELECT process_id, boot_id, least(at_before, at) AS "from", greatest(at_before, at) AS "to" FROM steps WHERE seq > seq_before + 1
         UNION ALL SELECT process_id, boot_id, coalesce(seen, at - interval '1 minute'), at + interval '1 minute' FROM unseen)
     SELECT u.process, u.boot, ${ms('b.started_at')} AS "startedAt", b.ttl_ms::float8 AS "ttlMs",
       (SELECT ${ms("max(t.at) + interval '1 minute'")} FROM told t WHERE t.process_id = u.process_id AND t.boot_id = u.boot_id) AS "toldUntil",
       (b.closed OR coalesce((SELECT bool_or(last) FROM told t WHERE t.process_id = u.process_id AND t.boot_id = u.boot_id), FALSE)) AS ended,
       (SELECT jsonb_agg(jsonb_build_object('from', ${ms('g."from"')}, 'to', ${ms('g."to"')})) FROM gaps g
         WHERE g.process_id = u.process_id AND g.boot_id = u.boot_id) AS gaps
     FROM users u JOIN process_boot b ON b.process = u.process AND b.boot = u.boot ORDER BY u.process, 3`;
