import { idsOf } from '../../connection/intern.ts';
import type { Tx } from '../../connection/transaction.ts';
import { type EchoQuery, echoParameter, echoRecordset, keyIds } from './read-echoes.ts';

/** Leases of one generation of a load cohort that hold, and when the first and the last of them end, epoch ms. */
export interface LeaseWave {
  /** Which query's. */
  no: number;
  generation: number;
  from: number;
  to: number;
  leases: number;
}

/**
 * Of each cohort the leases that hold at `now`, by generation: where DEKs stay in use, they end in the next calls. A
 * DEK's lease is its newest call's, a Decrypt denial ends every lease of its key in that process, and only a process's
 * newest boot counts; all of them since `since` (epoch ms).
 */
export async function readLeaseWaves(
  tx: Tx,
  { queries, now, since }: { queries: readonly EchoQuery[]; now: number; since: number },
): Promise<LeaseWave[]> {
  const live: EchoQuery[] = [];
  for (const query of queries) if (await mayHold(tx, query, { now, since })) live.push(query);
  if (live.length === 0) return [];
  const words = await idsOf(tx, 'word', ['validate', 'Decrypt', 'denied', 'ok']);
  return tx.$queryRawUnsafe<LeaseWave[]>(
    `WITH cohort AS MATERIALIZED (
       SELECT q.no, c.* FROM ${echoRecordset('$3')}
       CROSS JOIN LATERAL (SELECT key, process, boot, seq, dek, at, generation, lease_ends_at AS ends FROM call c
         WHERE c.root_at >= q.root_from AND c.root_at < q.root_to AND c.at >= $1::timestamptz AND c.at <= $2::timestamptz
           AND c.cause <> $4::int AND c.outcome = $7::int AND c.lease_ends_at > $2::timestamptz
           AND c.root_cause = ANY(q.causes) AND c.key = ANY(q.keys)
           AND (q.workspace IS NULL OR c.workspace = q.workspace) AND (q.process IS NULL OR c.process = q.process)) c),
     boots AS MATERIALIZED (
       SELECT key, process, boot, max(at) AS at, max(at) FILTER (WHERE operation = $5::int AND outcome = $6::int) AS denied
       FROM call WHERE at >= $1::timestamptz AND at <= $2::timestamptz AND cause <> $4::int
         AND EXISTS (SELECT 1 FROM cohort) GROUP BY 1, 2, 3),
     newer AS MATERIALIZED (
       SELECT DISTINCT c.no, c.key, c.process, c.boot, c.seq, c.at FROM cohort c CROSS JOIN LATERAL (SELECT o.dek FROM call o
         WHERE o.dek = c.dek AND o.at >= $1::timestamptz AND o.at <= $2::timestamptz AND o.key = c.key
           AND o.process = c.process AND o.boot = c.boot AND o.cause <> $4::int AND o.outcome = $7::int
           AND (o.lease_ends_at, o.seq) > (c.ends, c.seq) ORDER BY o.dek) o),
     newest AS (SELECT DISTINCT ON (process) process, boot FROM boots ORDER BY process, at DESC)
     SELECT c.no, c.generation, (extract(epoch FROM min(c.ends)) * 1000)::float8 AS "from",
       (extract(epoch FROM max(c.ends)) * 1000)::float8 AS "to", count(*)::float8 AS leases
     FROM cohort c JOIN newest USING (process, boot) JOIN boots d USING (key, process, boot)
     WHERE (d.denied IS NULL OR c.at > d.denied) AND NOT EXISTS (SELECT 1 FROM newer n WHERE n.no = c.no
       AND n.key = c.key AND n.process = c.process AND n.boot = c.boot AND n.seq = c.seq AND n.at = c.at)
     GROUP BY 1, 2 ORDER BY 1, 2`,
    new Date(since).toISOString(),
    new Date(now).toISOString(),
    await echoParameter(tx, live),
    ...['validate', 'Decrypt', 'denied', 'ok'].map((word) => words.get(word) ?? -1),
  );
}

/** Most cohorts are over: their roots tell that sooner than all calls since `since`. */
async function mayHold(
  tx: Tx,
  { keys, rootFrom, rootTo }: EchoQuery,
  { now, since }: { now: number; since: number },
): Promise<boolean> {
  const [found] = await tx.$queryRawUnsafe<{ some: boolean }[]>(
    `SELECT EXISTS (SELECT 1 FROM call WHERE key = ANY($5::int[]) AND root_at >= $1::timestamptz AND root_at < $2::timestamptz
       AND at >= $3::timestamptz AND at <= $4::timestamptz AND lease_ends_at > $4::timestamptz LIMIT 1) AS some`,
    ...[rootFrom, rootTo, since, now].map((at) => new Date(at).toISOString()),
    await keyIds(tx, keys),
  );
  return found?.some ?? false;
}
