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

/** How many numbers of `rows` follow `after` of their boot without a gap. */
const following = (rows: string, after: string): string =>
  `(SELECT count(*) FROM (SELECT seq, row_number() OVER (ORDER BY seq) AS no FROM ${rows}
      WHERE process = b.process_id AND boot = b.boot_id) n WHERE seq = ${after} + no)`;

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
  await tx.$executeRawUnsafe(
    `WITH boots AS MATERIALIZED (SELECT p.*, r.process_id, r.boot_id,
         p.waited_for_since < now() - ${late} AND p.heard_at >= now() - ${late} AS overdue
       FROM process_boot p JOIN unnest($1::text[], $3::text[], $4::int[], $5::int[])
         AS r(process, boot, process_id, boot_id) USING (process, boot)),
     rollups AS MATERIALIZED (SELECT o.process, o.boot, o.seq, o.at, o.n, o.outcome FROM boots b CROSS JOIN LATERAL
       (SELECT * FROM lookup_count o WHERE o.process = b.process_id AND o.boot = b.boot_id AND o.path = $2::int
         AND o.seq > b.rollups_in ORDER BY o.process) o),
     calls AS MATERIALIZED (SELECT DISTINCT c.process, c.boot, c.seq FROM boots b CROSS JOIN LATERAL
       (SELECT * FROM call c WHERE c.process = b.process_id AND c.boot = b.boot_id AND c.seq > b.calls_in
         AND c.attempts <= (SELECT count(*) FROM attempt a WHERE a.key = c.key AND a.process = c.process AND a.boot = c.boot
           AND a.seq = c.seq) ORDER BY c.process) c),
     heard AS (SELECT b.*, b.rollups_in + ${following('rollups', 'b.rollups_in')} AS rollups,
         b.calls_in + ${following('calls', 'b.calls_in')} AS calls FROM boots b),
     told AS (SELECT h.process, h.boot, h.calls, o.*, CASE WHEN o.seq IS NOT NULL OR h.heard_at IS NULL
         OR h.rollups_in > 0 AND h.heard_at < now() - ${late} THEN now() ELSE h.waited_for_since END AS waited_for_since
       FROM heard h LEFT JOIN LATERAL (
       SELECT o.seq, o.at + interval '1 minute' AS until, o.n, d.name AS outcome FROM rollups o
         JOIN dimension d ON d.kind = ${dimensions.word} AND d.id = o.outcome
         WHERE o.process = h.process_id AND o.boot = h.boot_id AND (h.overdue OR seq <= h.rollups AND n <= h.calls)
       ORDER BY seq DESC LIMIT 1) o ON TRUE)
     UPDATE process_boot b SET heard_at = now(), calls_in = greatest(t.calls, t.n),
       rollups_in = coalesce(t.seq, b.rollups_in), closed = b.closed OR coalesce(t.outcome = 'last', FALSE),
       complete_until = greatest(b.complete_until, t.until),
       waited_for_since = t.waited_for_since
     FROM told t WHERE b.process = t.process AND b.boot = t.boot`,
    heard.map(({ process }) => process),
    ids('word', 'complete'),
    heard.map(({ boot }) => boot),
    heard.map(({ process }) => ids('process', process)),
    heard.map(({ boot }) => ids('boot', boot)),
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
