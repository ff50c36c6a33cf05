import { dimensions } from '../intern.ts';
import { type CallNumber, numberIds } from '../join/read-candidates.ts';
import type { Tx } from '../transaction.ts';
import { type Column, columnTexts, unnested } from './insert-rows.ts';
import { type NameIds, nameIds } from './name-ids.ts';

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
export async function readFleetCalls(
  tx: Tx,
  by: {
    deks: readonly string[];
    from: number;
    to: number;
    boots: readonly { process: string; boot: string }[];
  },
): Promise<FleetCallRow[]> {
  const boots = await numberIds(
    tx,
    by.boots.map(({ process, boot }) => ({ process, boot, seq: 0 })),
  );
  return tx.$queryRawUnsafe<FleetCallRow[]>(
    `SELECT process, boot, seq::float8 AS seq, ${ms('at')} AS at, workspace, key, operation, attempts, tag, dek, cause, refined_cause AS "refinedCause",
       dek_age_ms::float8 AS "dekAgeMs", ${ms('lease_ends_at')} AS "leaseEndsAt"
     FROM kms_call WHERE dek = ANY(ARRAY(SELECT unnest($3::text[]) UNION SELECT c.dek
         FROM unnest($1::int[], $2::int[]) AS n(process, boot) CROSS JOIN LATERAL (SELECT * FROM call
           WHERE call.process = n.process AND call.boot = n.boot OFFSET 0) c
         JOIN dimension d ON d.kind = ${dimensions.word} AND d.id = c.cause WHERE d.name = 'load.first'))
       AND at >= $4::timestamptz - ${reach} AND at <= $5::timestamptz + ${reach}`,
    boots.map(({ process }) => process),
    boots.map(({ boot }) => boot),
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

interface CallPlace extends CallNumber {
  key: string;
  at: number;
}

const placeColumns = (ids: NameIds): Column<CallPlace>[] => [
  { name: 'key', type: 'int', of: ({ key }) => ids('key', key) },
  { name: 'at', type: 'timestamptz(3)', of: ({ at }) => at },
  { name: 'process', type: 'int', of: ({ process }) => ids('process', process) },
  { name: 'boot', type: 'int', of: ({ boot }) => ids('boot', boot) },
  { name: 'seq', type: 'bigint', of: ({ seq }) => seq },
];
const isPlace =
  'c.key = n.key AND c.at = n.at AND c.process = n.process AND c.boot = n.boot AND c.seq = n.seq';

const placeIds = (
  tx: Tx,
  places: readonly CallPlace[],
  label?: (index: number) => string | null,
): Promise<NameIds> =>
  nameIds(tx, (add) => {
    for (const [index, { key, process, boot }] of places.entries()) {
      add('key', key);
      add('process', process);
      add('boot', boot);
      add('word', label?.(index) ?? null);
    }
  });

export async function writeRefinedCauses(
  tx: Tx,
  changes: readonly (CallPlace & { refinedCause: string })[],
): Promise<void> {
  if (changes.length === 0) return;
  const ids = await placeIds(tx, changes, (index) => changes[index]?.refinedCause ?? null);
  const columns: Column<(typeof changes)[number]>[] = [
    ...placeColumns(ids),
    { name: 'refined_cause', type: 'int', of: (row) => ids('word', row.refinedCause) },
  ];
  await tx.$executeRawUnsafe(
    `UPDATE call c SET refined_cause = n.refined_cause
     FROM ${unnested(columns)} AS n(key, at, process, boot, seq, refined_cause) WHERE ${isPlace}`,
    ...columnTexts(columns, changes),
  );
}

/** Tells these calls, and those that descend from them, when and why their root was. */
export async function writeRoots(tx: Tx, calls: readonly CallPlace[]): Promise<void> {
  if (calls.length === 0) return;
  const ids = await placeIds(tx, calls);
  const columns = placeColumns(ids);
  for (const found of ['c.seq = n.seq AND c.at = n.at', 'c.root_seq = n.seq'])
    await tx.$executeRawUnsafe(
      `UPDATE call c SET root_at = f.root_at, root_cause = f.root_cause
       FROM (SELECT c.key, c.at, c.process, c.boot, c.seq, r.at AS root_at, r.refined_cause AS root_cause
         FROM ${unnested(columns)} AS n(key, at, process, boot, seq)
         CROSS JOIN LATERAL (SELECT * FROM call c
           WHERE c.process = n.process AND c.boot = n.boot AND ${found} OFFSET 0) c
         CROSS JOIN LATERAL (SELECT k.at, k.refined_cause FROM call k WHERE k.process = c.process
           AND k.boot = c.boot AND k.seq = coalesce(c.root_seq, c.seq) OFFSET 0) r
         WHERE c.root_at IS DISTINCT FROM r.at OR c.root_cause IS DISTINCT FROM r.refined_cause) f
       WHERE c.key = f.key AND c.at = f.at AND c.process = f.process AND c.boot = f.boot AND c.seq = f.seq`,
      ...columnTexts(columns, calls),
    );
}
