import type { Tx } from './transaction.ts';

/** A boot that something has come of; `tells` where its sender says with each roll-up how far it is told. */
export interface HeardBoot {
  process: string;
  boot: string;
  tells: boolean;
}

/** What has not come for so long is lost, not late: by the database's clock, since lateness is the wire's. */
const late = "interval '2 minutes'";

/** The numbers of `rows` that follow `after` without a gap. */
const following = (rows: string, after: string): string =>
  `(SELECT count(*) FROM (SELECT seq, row_number() OVER (ORDER BY seq) AS no FROM (${rows} AND seq > ${after}) r) n
    WHERE seq = ${after} + no)`;

const ofBoot = 'process = b.process AND boot = b.boot';
/** Calls with all their attempts. */
const calls = `SELECT DISTINCT c.seq FROM kms_call c WHERE ${ofBoot} AND c.attempts <= (SELECT count(*) FROM kms_attempt a
  WHERE a.process = c.process AND a.boot = c.boot AND a.seq = c.seq)`;
const rollUps = `SELECT seq FROM operation_count WHERE ${ofBoot} AND path = 'complete'`;

/**
 * Moves boots on to the newest roll-up that is in with all roll-ups and calls before it. Where one has moved nowhere
 * for long though it was heard, what lacks is lost: then the newest of all stands. It reads only what is new.
 */
export async function advanceBoots(tx: Tx, heard: readonly HeardBoot[]): Promise<void> {
  await tx.$executeRawUnsafe(
    `WITH heard AS (SELECT b.process, b.boot, b.rollups_in, b.rollups_in + ${following(rollUps, 'b.rollups_in')} AS rollups,
         b.calls_in + ${following(calls, 'b.calls_in')} AS calls,
         b.waited_for_since < now() - ${late} AND b.heard_at >= now() - ${late} AS overdue
       FROM process_boot b JOIN (SELECT process, boot, bool_or(tells) AS tells
         FROM jsonb_to_recordset($1::jsonb) AS r(process text, boot text, tells boolean) GROUP BY 1, 2) r USING (process, boot)
       WHERE r.tells OR b.heard_at IS NOT NULL),
     told AS (SELECT h.process, h.boot, h.calls, o.* FROM heard h LEFT JOIN LATERAL (
       SELECT seq, at, n, outcome FROM operation_count WHERE process = h.process AND boot = h.boot AND path = 'complete'
         AND seq > h.rollups_in AND (h.overdue OR seq <= h.rollups AND n <= h.calls)
       ORDER BY seq DESC LIMIT 1) o ON TRUE)
     UPDATE process_boot b SET heard_at = now(), calls_in = greatest(t.calls, t.n),
       rollups_in = coalesce(t.seq, b.rollups_in), closed = b.closed OR coalesce(t.outcome = 'last', FALSE),
       complete_until = greatest(b.complete_until, t.at + interval '1 minute'),
       waited_for_since = CASE WHEN t.seq IS NOT NULL OR b.heard_at IS NULL
         OR b.rollups_in > 0 AND b.heard_at < now() - ${late} THEN now() ELSE b.waited_for_since END
     FROM told t WHERE b.process = t.process AND b.boot = t.boot`,
    JSON.stringify(heard),
  );
}

/**
 * Before this instant (epoch ms, a whole minute) each process has told its calls and its counts; Infinity where none
 * is waited for: there all that is in is all there is, as in files.
 */
export async function readToldUntil(tx: Tx): Promise<number> {
  const [row] = await tx.$queryRawUnsafe<{ at: number | null }[]>(
    `SELECT (extract(epoch FROM date_trunc('minute', min(coalesce(complete_until, started_at)))) * 1000)::float8 AS at
     FROM process_boot WHERE NOT closed AND waited_for_since >= now() - ${late}`,
  );
  return row?.at ?? Number.POSITIVE_INFINITY;
}
