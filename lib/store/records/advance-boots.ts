import { dimensions } from '../connection/intern.ts';
import { readOnce } from '../connection/read-once.ts';
import type { Tx } from '../connection/transaction.ts';
import { nameIds } from './name-ids.ts';

/** A boot from which something has come; its sender says with each roll-up how far it has told. */
export interface HeardBoot {
  process: string;
  boot: string;
}

/** What has not come for so long is lost, not late. It goes by the database's clock: the wire is what makes late. */
const late = "interval '2 minutes'";

/** The numbers of `rows` that follow `after` without a gap. */
const following = (rows: string, after: string): string =>
  `(SELECT count(*) FROM (SELECT seq, row_number() OVER (ORDER BY seq) AS no FROM (${rows} AND seq > ${after}) r) n
    WHERE seq = ${after} + no)`;

const ofBoot = 'process = b.process_id AND boot = b.boot_id';
/** Calls with all their attempts. */
const calls = `SELECT DISTINCT c.seq FROM call c WHERE ${ofBoot} AND c.attempts <= (SELECT count(*) FROM attempt a
  WHERE a.process = c.process AND a.boot = c.boot AND a.seq = c.seq)`;

/**
 * Moves boots on to the newest roll-up that is in with all roll-ups and calls before it. Where one has moved nowhere
 * for long though it was heard, what lacks is lost: then the newest of all stands. It reads only what is new.
 */
export async function advanceBoots(tx: Tx, heard: readonly HeardBoot[]): Promise<void> {
  if (heard.length === 0) return;
  const ids = await nameIds(tx, (add) => {
    for (const { process, boot } of heard) {
      add('process', process);
      add('boot', boot);
    }
    add('word', 'complete');
  });
  const rows = heard.map((of) => ({
    ...of,
    process_id: ids('process', of.process),
    boot_id: ids('boot', of.boot),
  }));
  const rollUps = `SELECT seq FROM lookup_count WHERE ${ofBoot} AND path = $2::int`;
  await tx.$executeRawUnsafe(
    `WITH heard AS (SELECT b.process, b.boot, b.process_id, b.boot_id, b.rollups_in, b.rollups_in + ${following(rollUps, 'b.rollups_in')} AS rollups,
         b.calls_in + ${following(calls, 'b.calls_in')} AS calls,
         b.waited_for_since < now() - ${late} AND b.heard_at >= now() - ${late} AS overdue
       FROM (SELECT p.*, r.process_id, r.boot_id FROM process_boot p JOIN jsonb_to_recordset($1::jsonb)
           AS r(process text, boot text, process_id int, boot_id int) USING (process, boot)) b),
     told AS (SELECT h.process, h.boot, h.calls, o.* FROM heard h LEFT JOIN LATERAL (
       SELECT o.seq, o.at, o.n, d.name AS outcome FROM lookup_count o
         JOIN dimension d ON d.kind = ${dimensions.word} AND d.id = o.outcome
         WHERE o.process = h.process_id AND o.boot = h.boot_id AND o.path = $2::int AND seq > h.rollups_in AND (h.overdue OR seq <= h.rollups AND n <= h.calls)
       ORDER BY seq DESC LIMIT 1) o ON TRUE)
     UPDATE process_boot b SET heard_at = now(), calls_in = greatest(t.calls, t.n),
       rollups_in = coalesce(t.seq, b.rollups_in), closed = b.closed OR coalesce(t.outcome = 'last', FALSE),
       complete_until = greatest(b.complete_until, t.at + interval '1 minute'),
       waited_for_since = CASE WHEN t.seq IS NOT NULL OR b.heard_at IS NULL
         OR b.rollups_in > 0 AND b.heard_at < now() - ${late} THEN now() ELSE b.waited_for_since END
     FROM told t WHERE b.process = t.process AND b.boot = t.boot`,
    JSON.stringify(rows),
    ids('word', 'complete'),
  );
}

/**
 * Before this instant (epoch ms, a whole minute) each process has told its calls and its counts; Infinity where none
 * is waited for: there all that is in is all there is, as in files.
 */
export async function readToldUntil(tx: Tx): Promise<number> {
  const [row] = await readOnce(tx, 'told until', () =>
    tx.$queryRawUnsafe<{ at: number | null }[]>(
      `SELECT (extract(epoch FROM date_trunc('minute', min(coalesce(complete_until, started_at)))) * 1000)::float8 AS at
       FROM process_boot WHERE NOT closed AND waited_for_since >= now() - ${late}`,
    ),
  );
  return row?.at ?? Number.POSITIVE_INFINITY;
}
