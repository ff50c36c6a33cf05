import { idsOf, namesOf } from '../connection/intern.ts';
import type { Tx } from '../connection/transaction.ts';
import type { Column } from '../records/binary-values.ts';
import { columnArrays, unnested } from '../records/insert-rows.ts';
import { type NameIds, nameIds } from '../records/name-ids.ts';
import { type CallNumber, numberIds } from './read-candidates.ts';

export interface FirstLoadRow extends CallNumber {
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

const ms = (column: string) => `(extract(epoch FROM ${column}) * 1000)::float8`;

/** A lease lasts a day at most, and so does a TTL: what a call may change lies within two days of it. */
const reach = "interval '2 days'";
const reachMs = 172_800_000;

const firstColumns = `process, boot, seq::float8 AS seq, ${ms('at')} AS at, workspace, key, operation, attempts, tag, dek,
  refined_cause AS "refinedCause", dek_age_ms::float8 AS "dekAgeMs", ${ms('lease_ends_at')} AS "leaseEndsAt"`;

type FirstLoadIds = {
  [Column in keyof FirstLoadRow]: Column extends
    | 'process'
    | 'boot'
    | 'workspace'
    | 'key'
    | 'operation'
    | 'refinedCause'
    ? number
    : FirstLoadRow[Column];
};

/** What a first load is while no other process is known to have held its DEK: all that a further call may change. */
const unheld = ['load.first', 'load.first.historical'];

/**
 * First loads that calls of these DEKs in `[from, to]` (epoch ms) may change, which follow them, and those of the boots
 * of which something else is known now.
 */
export async function readFirstLoads(
  tx: Tx,
  by: {
    deks: readonly string[];
    from: number;
    to: number;
    boots: readonly { process: string; boot: string }[];
  },
): Promise<FirstLoadRow[]> {
  const words = await idsOf(tx, 'word', unheld);
  const cause = words.get('load.first');
  if (cause === undefined) return [];
  const boots = await numberIds(
    tx,
    by.boots.map(({ process, boot }) => ({ process, boot, seq: 0 })),
  );
  const ofDeks =
    by.deks.length === 0
      ? []
      : await tx.$queryRawUnsafe<FirstLoadIds[]>(
          `SELECT c.* FROM unnest($1::text[]) AS n(dek) CROSS JOIN LATERAL (SELECT ${firstColumns} FROM call
             WHERE call.dek = n.dek AND call.at > $4::timestamptz AND call.at <= $5::timestamptz + ${reach}
               AND call.cause = $2::int AND call.refined_cause = ANY($3::int[]) ORDER BY call.dek) c`,
          by.deks,
          cause,
          unheld.flatMap((word) => words.get(word) ?? []),
          new Date(by.from).toISOString(),
          new Date(by.to).toISOString(),
        );
  const ofBoots =
    boots.length === 0
      ? []
      : await tx.$queryRawUnsafe<FirstLoadIds[]>(
          `SELECT c.* FROM unnest($1::int[], $2::int[]) AS n(process, boot) CROSS JOIN LATERAL (SELECT ${firstColumns}
             FROM call WHERE call.process = n.process AND call.boot = n.boot AND call.cause = $3::int ORDER BY call.boot) c`,
          boots.map(({ process }) => process),
          boots.map(({ boot }) => boot),
          cause,
        );
  return firstLoads(tx, [...ofDeks, ...ofBoots]);
}

async function firstLoads(tx: Tx, rows: readonly FirstLoadIds[]): Promise<FirstLoadRow[]> {
  const of = async (
    dimension: Parameters<typeof namesOf>[1],
    ids: (row: FirstLoadIds) => number[],
  ) => {
    const names = await namesOf(tx, dimension, rows.flatMap(ids));
    return (id: number) => names.get(id) ?? '';
  };
  const process = await of('process', (row) => [row.process]);
  const boot = await of('boot', (row) => [row.boot]);
  const workspace = await of('workspace', (row) => [row.workspace]);
  const key = await of('key', (row) => [row.key]);
  const word = await of('word', (row) => [row.operation, row.refinedCause]);
  return rows.map((row) => ({
    ...row,
    process: process(row.process),
    boot: boot(row.boot),
    workspace: workspace(row.workspace),
    key: key(row.key),
    operation: word(row.operation),
    cause: 'load.first',
    refinedCause: word(row.refinedCause),
  }));
}

/** A first load beside the TTL of its process. */
export interface Held {
  dek: string;
  at: number;
  process: string;
  boot: string;
  ttlMs: number;
}

interface Sought extends Held {
  no: number;
  from: number;
  to: number;
}

/**
 * Where another's call may lie, the nearest first: one is enough, and of a busy DEK thousands lie within a TTL. Only
 * where none does, a lease may be one that began before.
 */
const nearnesses = [0, 1 / 256, 1 / 16, 1].map((share, index, shares) => ({ at, ttlMs }: Held) => {
  const next = shares[index + 1];
  return {
    from: at - (next === undefined ? reachMs : Math.floor(ttlMs * next)),
    to: at - Math.floor(ttlMs * share),
  };
});

/** Which of these loads (by their indexes) are of a DEK that another process held within the TTL before. */
export async function readHeld(tx: Tx, loads: readonly Held[]): Promise<Set<number>> {
  if (loads.length === 0) return new Set();
  const ids = await nameIds(tx, (add) => {
    for (const { process, boot } of loads) {
      add('process', process);
      add('boot', boot);
    }
  });
  const columns: Column<Sought>[] = [
    { name: 'no', type: 'int', of: ({ no }) => no },
    { name: 'dek', type: 'text', of: ({ dek }) => dek },
    { name: 'from_at', type: 'timestamptz', of: ({ from }) => from },
    { name: 'to_at', type: 'timestamptz', of: ({ to }) => to },
    { name: 'since', type: 'timestamptz', of: ({ at, ttlMs }) => at - ttlMs },
    { name: 'process', type: 'int', of: ({ process }) => ids('process', process) },
    { name: 'boot', type: 'int', of: ({ boot }) => ids('boot', boot) },
  ];
  const held = new Set<number>();
  for (const nearness of nearnesses) {
    const left = loads.flatMap((load, no): Sought[] =>
      held.has(no) ? [] : [{ ...load, no, ...nearness(load) }],
    );
    if (left.length === 0) break;
    const rows = await tx.$queryRawUnsafe<{ no: number }[]>(
      `SELECT DISTINCT n.no FROM ${unnested(columns)} AS n(no, dek, from_at, to_at, since, process, boot)
       CROSS JOIN LATERAL (SELECT c.dek FROM call c WHERE c.dek = n.dek AND c.at >= n.from_at AND c.at < n.to_at
         AND c.lease_ends_at > n.since AND (c.process <> n.process OR c.boot <> n.boot) ORDER BY c.dek) h`,
      ...columnArrays(columns, left),
    );
    for (const { no } of rows) held.add(no);
  }
  return held;
}

export interface CallRoot extends CallNumber {
  at: number;
  refinedCause: string;
}

/** Those of these calls that are stored. */
export async function readCallRoots(tx: Tx, calls: readonly CallNumber[]): Promise<CallRoot[]> {
  if (calls.length === 0) return [];
  const numbers = await numberIds(tx, calls);
  const rows = await tx.$queryRawUnsafe<
    { process: number; boot: number; seq: number; at: number; refinedCause: number }[]
  >(
    `SELECT c.process, c.boot, c.seq::float8 AS seq, ${ms('c.at')} AS at, c.refined_cause AS "refinedCause"
     FROM unnest($1::int[], $2::int[], $3::bigint[]) AS n(process, boot, seq) CROSS JOIN LATERAL (SELECT * FROM call
       WHERE call.process = n.process AND call.boot = n.boot AND call.seq = n.seq ORDER BY call.seq) c`,
    numbers.map(({ process }) => process),
    numbers.map(({ boot }) => boot),
    numbers.map(({ seq }) => seq),
  );
  const named = async (dimension: 'process' | 'boot' | 'word', of: (typeof rows)[number][]) => {
    const names = await namesOf(
      tx,
      dimension,
      of.map((row) => (dimension === 'word' ? row.refinedCause : row[dimension])),
    );
    return (id: number) => names.get(id) ?? '';
  };
  const process = await named('process', rows);
  const boot = await named('boot', rows);
  const word = await named('word', rows);
  return rows.map((row) => ({
    ...row,
    process: process(row.process),
    boot: boot(row.boot),
    refinedCause: word(row.refinedCause),
  }));
}

interface CallPlace extends CallNumber {
  key: string;
  at: number;
}
const placeColumns = (ids: NameIds): Column<CallPlace>[] => [
  { name: 'key', type: 'int', of: ({ key }) => ids('key', key) },
  { name: 'at', type: 'timestamptz', of: ({ at }) => at },
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
    ...columnArrays(columns, changes),
  );
}

/** Writes when and why their root was, to these calls and to those that descend from them. */
export async function writeRoots(tx: Tx, calls: readonly CallPlace[]): Promise<void> {
  if (calls.length === 0) return;
  const ids = await placeIds(tx, calls);
  const columns = placeColumns(ids);
  for (const found of ['c.seq = n.seq AND c.at = n.at', 'c.root_seq = n.seq'])
    await tx.$executeRawUnsafe(
      `WITH named AS MATERIALIZED (SELECT c.*
         FROM ${unnested(columns)} AS n(key, at, process, boot, seq)
         CROSS JOIN LATERAL (SELECT * FROM call c
           WHERE c.process = n.process AND c.boot = n.boot AND ${found} ORDER BY c.process) c),
       found AS MATERIALIZED (SELECT c.key, c.at, c.process, c.boot, c.seq, r.at AS root_at, r.refined_cause AS root_cause
         FROM named c CROSS JOIN LATERAL (SELECT k.at, k.refined_cause FROM call k WHERE k.process = c.process
           AND k.boot = c.boot AND k.seq = coalesce(c.root_seq, c.seq) ORDER BY k.process) r
         WHERE c.root_at IS DISTINCT FROM r.at OR c.root_cause IS DISTINCT FROM r.refined_cause)
       UPDATE call c SET root_at = f.root_at, root_cause = f.root_cause FROM found f
       WHERE c.key = f.key AND c.at = f.at AND c.process = f.process AND c.boot = f.boot AND c.seq = f.seq`,
      ...columnArrays(columns, calls),
    );
}
