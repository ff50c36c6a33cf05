import type { DekActivityRecord } from '../../domain/telemetry-record.ts';
import { intern } from '../connection/intern.ts';
import type { Tx } from '../connection/transaction.ts';
import { type Count, useCounts } from './description.ts';

const hourMs = 3_600_000;

type Uses = Pick<DekActivityRecord, 'at' | 'workspace' | 'process' | 'dek' | 'uses'>;

/**
 * Makes the pairs of hours that were dropped anew, from the rows themselves. To be called before rows of these instants
 * (epoch ms) are inserted: an hour has all its pairs here or none.
 */
export async function recallPairs(tx: Tx, instants: Iterable<number>): Promise<void> {
  const hours = [...new Set([...instants].map((at) => Math.floor(at / hourMs)))];
  if (hours.length === 0) return;
  const dropped = await tx.$queryRawUnsafe<{ h: number }[]>(
    'SELECT h FROM unnest($1::int[]) AS h WHERE NOT EXISTS (SELECT FROM dek_pair p WHERE p.hour = h)',
    hours,
  );
  if (dropped.length === 0) return;
  const rows = await tx.$queryRawUnsafe<Uses[]>(
    `SELECT DISTINCT (h * ${hourMs}.0)::float8 AS at, a.workspace, a.process, a.dek, 0::float8 AS uses
     FROM unnest($1::int[]) AS h CROSS JOIN LATERAL (SELECT * FROM dek_activity
       WHERE at >= to_timestamp(h * 3600.0) AND at < to_timestamp((h + 1) * 3600.0) ORDER BY at) a`,
    dropped.map(({ h }) => h),
  );
  await insertPairs(tx, rows);
}

/** What rows just inserted count: their uses, and the (process, DEK) pairs that are new in their hour. */
export async function dekCounts(tx: Tx, rows: readonly Uses[]): Promise<Count[]> {
  if (rows.length === 0) return [];
  const uses = rows.flatMap((row) => useCounts(row, { measure: 'uses', n: row.uses }));
  const pairs = await insertPairs(tx, rows);
  return [...uses, ...pairs.flatMap((row) => useCounts(row, { measure: 'pairs', n: 1 }))];
}

/** Drops the pairs of the hours before `before` (epoch ms). */
export async function dropPairs(tx: Tx, before: number): Promise<void> {
  await tx.$executeRawUnsafe(
    'DELETE FROM dek_pair WHERE hour < $1::int',
    Math.floor(before / hourMs),
  );
}

type Pair = Pick<Uses, 'at' | 'workspace' | 'process'>;

/** Resolves to those that were not there. */
async function insertPairs(tx: Tx, rows: readonly Uses[]): Promise<Pair[]> {
  if (rows.length === 0) return [];
  const workspaces = await intern(
    tx,
    'workspace',
    rows.map(({ workspace }) => workspace),
  );
  const processes = await intern(
    tx,
    'process',
    rows.map(({ process }) => process),
  );
  const made = await tx.$queryRawUnsafe<{ hour: number; workspace: number; process: number }[]>(
    `INSERT INTO dek_pair (hour, workspace, process, dek)
     SELECT * FROM unnest($1::int[], $2::int[], $3::int[], $4::text[]) AS r(hour, workspace, process, dek) ORDER BY 1, 2, 3, 4
     ON CONFLICT DO NOTHING RETURNING hour, workspace, process`,
    rows.map(({ at }) => Math.floor(at / hourMs)),
    rows.map(({ workspace }) => workspaces.get(workspace) ?? 0),
    rows.map(({ process }) => processes.get(process) ?? 0),
    rows.map(({ dek }) => dek),
  );
  const workspaceOf = new Map([...workspaces].map(([name, id]) => [id, name]));
  const processOf = new Map([...processes].map(([name, id]) => [id, name]));
  return made.map(({ hour, workspace, process }) => ({
    at: hour * hourMs,
    workspace: workspaceOf.get(workspace) ?? '',
    process: processOf.get(process) ?? '',
  }));
}
