import type { CallNumber } from './read-join-candidates.ts';
import { recordset, type Tx } from './transaction.ts';

export interface FleetCallRow extends CallNumber {
  at: number;
  workspace: string;
  key: string;
  operation: string;
  attempts: number;
  tag: string | null;
  dek: string;
  cause: string;
  refinedCause: string;
  dekAgeMs: number | null;
  leaseEndsAt: number | null;
}

export interface FleetBootRow {
  process: string;
  boot: string;
  startedAt: number;
  ttlMs: number | null;
  dekRotationMs: number | null;
}

const ms = (column: string) => `(extract(epoch FROM ${column}) * 1000)::float8`;

/** A lease lasts a day at most, and so does a TTL: what a call may change lies within two days of it. */
const reach = "interval '2 days'";

/**
 * Calls of these DEKs about `[from, to]` (epoch ms), and of the DEKs that these boots loaded first. Calls are few: a
 * DEK is loaded once a lease by each process.
 */
export function readFleetCalls(
  tx: Tx,
  by: {
    deks: readonly string[];
    from: number;
    to: number;
    boots: readonly { process: string; boot: string }[];
  },
): Promise<FleetCallRow[]> {
  return tx.$queryRawUnsafe<FleetCallRow[]>(
    `SELECT process, boot, seq::float8 AS seq, ${ms('at')} AS at, workspace, key, operation,
       attempts, tag, dek, cause, refined_cause AS "refinedCause",
       dek_age_ms::float8 AS "dekAgeMs", ${ms('lease_ends_at')} AS "leaseEndsAt"
     FROM kms_call WHERE dek = ANY(ARRAY(SELECT unnest($2::text[]) UNION SELECT c.dek FROM kms_call c JOIN
         jsonb_to_recordset($1::jsonb) AS n(process text, boot text) ON c.process = n.process AND c.boot = n.boot
         WHERE c.cause = 'load.first'))
       AND at >= $3::timestamptz - ${reach} AND at <= $4::timestamptz + ${reach}`,
    JSON.stringify(by.boots),
    by.deks,
    new Date(by.from).toISOString(),
    new Date(by.to).toISOString(),
  );
}

export function readFleetBoots(tx: Tx, processes: readonly string[]): Promise<FleetBootRow[]> {
  return tx.$queryRawUnsafe<FleetBootRow[]>(
    `SELECT process, boot, ${ms('started_at')} AS "startedAt", ttl_ms::float8 AS "ttlMs",
       dek_rotation_ms::float8 AS "dekRotationMs" FROM process_boot WHERE process = ANY($1::text[])`,
    processes,
  );
}

export async function writeRefinedCauses(
  tx: Tx,
  changes: readonly (CallNumber & { at: number; refinedCause: string })[],
): Promise<void> {
  if (changes.length === 0) return;
  await tx.$executeRawUnsafe(
    `UPDATE kms_call c SET refined_cause = n."refinedCause"
     FROM jsonb_to_recordset($1::jsonb) AS n(process text, boot text, seq bigint, at timestamptz(3), "refinedCause" text)
     WHERE c.process = n.process AND c.boot = n.boot AND c.seq = n.seq AND c.at = n.at`,
    recordset(
      changes.map(({ process, boot, seq, at, refinedCause }) => ({
        process,
        boot,
        seq,
        at,
        refinedCause,
      })),
      ['at'],
    ),
  );
}

interface RootOfCall extends CallNumber {
  at: number;
  rootAt: number;
  rootCause: string;
}

/** Tells these calls, and those that descend from them, when and why their root was. */
export async function writeRoots(
  tx: Tx,
  calls: readonly (CallNumber & { at: number })[],
): Promise<void> {
  if (calls.length === 0) return;
  const mine = await readRootsOf(tx, calls, 'k.seq = n.seq AND k.at = n.at');
  const descended = await readRootsOf(tx, calls, 'k.root_seq = n.seq');
  const changes = [...mine, ...descended];
  if (changes.length === 0) return;
  await tx.$executeRawUnsafe(
    `UPDATE kms_call c SET root_at = n."rootAt", root_cause = n."rootCause"
     FROM jsonb_to_recordset($1::jsonb) AS n(process text, boot text, seq bigint, at timestamptz(3),
       "rootAt" timestamptz(3), "rootCause" text)
     WHERE c.process = n.process AND c.boot = n.boot AND c.seq = n.seq AND c.at = n.at`,
    recordset(changes, ['at', 'rootAt']),
  );
}

/**
 * Calls found by number whose root is known and not told yet. Each is looked up by index: OFFSET 0 keeps a planner
 * without statistics from joining whole tables.
 */
function readRootsOf(
  tx: Tx,
  calls: readonly (CallNumber & { at: number })[],
  found: string,
): Promise<RootOfCall[]> {
  return tx.$queryRawUnsafe<RootOfCall[]>(
    `SELECT c.process, c.boot, c.seq::float8 AS seq, ${ms('c.at')} AS at, ${ms('r.at')} AS "rootAt",
       r.refined_cause AS "rootCause"
     FROM jsonb_to_recordset($1::jsonb) AS n(process text, boot text, seq bigint, at timestamptz(3))
     CROSS JOIN LATERAL (SELECT k.* FROM kms_call k WHERE k.process = n.process AND k.boot = n.boot AND ${found} OFFSET 0) c
     CROSS JOIN LATERAL (SELECT k.at, k.refined_cause FROM kms_call k WHERE k.process = c.process AND k.boot = c.boot
       AND k.seq = coalesce(c.root_seq, c.seq) OFFSET 0) r
     WHERE c.root_at IS DISTINCT FROM r.at OR c.root_cause IS DISTINCT FROM r.refined_cause`,
    recordset(
      calls.map(({ process, boot, seq, at }) => ({ process, boot, seq, at })),
      ['at'],
    ),
  );
}
