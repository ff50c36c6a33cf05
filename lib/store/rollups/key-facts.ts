/**
 * What the pages of one key show, kept as calls come in, so that no page reads all of them: its DEKs and the processes
 * that hold them; lib/store/rollups/key-callers.ts does the same with events. Each fact is a count of what is new, the
 * first, the last or the largest: the order in which rows come does not matter. Validations are no use of a DEK.
 */
import type { CallRecord } from '../../domain/telemetry-record.ts';
import { idsOf } from '../connection/intern.ts';
import type { Tx } from '../connection/transaction.ts';
import type { Column } from '../records/binary-values.ts';
import { columnArrays, unnested } from '../records/insert-rows.ts';
import { type NameIds, nameIds } from '../records/name-ids.ts';
import { rebuildCallers } from './key-callers.ts';

type Call = Pick<
  CallRecord,
  | 'key'
  | 'workspace'
  | 'dek'
  | 'process'
  | 'boot'
  | 'at'
  | 'dekAgeMs'
  | 'leaseEndsAt'
  | 'outcome'
  | 'operation'
  | 'cause'
>;

/** To be told of each call once. */
export async function addCallFacts(tx: Tx, calls: readonly Call[]): Promise<void> {
  const uses = calls.filter(({ cause }) => cause !== 'validate');
  if (uses.length === 0) return;
  const ids = await nameIds(tx, (add) => {
    for (const { key, workspace, process, boot } of uses) {
      add('key', key);
      add('workspace', workspace);
      add('process', process);
      add('boot', boot);
    }
  });
  const columns = callColumns(ids);
  const from = `${unnested(columns)} AS c(${columns.map(({ name }) => name).join(', ')})`;
  const values = columnArrays(columns, uses);
  await tx.$executeRawUnsafe(deksSql(from), ...values);
  await tx.$executeRawUnsafe(processesSql(from), ...values);
}

const callColumns = (ids: NameIds): Column<Call>[] => [
  { name: 'key', type: 'int', of: ({ key }) => ids('key', key) },
  { name: 'workspace', type: 'int', of: ({ workspace }) => ids('workspace', workspace) },
  { name: 'dek', type: 'text', of: ({ dek }) => dek },
  { name: 'process', type: 'int', of: ({ process }) => ids('process', process) },
  { name: 'boot', type: 'int', of: ({ boot }) => ids('boot', boot) },
  { name: 'at', type: 'timestamptz', of: ({ at }) => at },
  { name: 'made_at', type: 'timestamptz', of: ({ at, dekAgeMs }) => at - (dekAgeMs ?? 0) },
  { name: 'lease_ends_at', type: 'timestamptz', of: ({ leaseEndsAt }) => leaseEndsAt },
  { name: 'ok', type: 'boolean', of: ({ outcome }) => outcome === 'ok' },
  { name: 'denied', type: 'boolean', of: ({ outcome }) => outcome === 'denied' },
  { name: 'wrong', type: 'boolean', of: ({ outcome }) => outcome === 'wrong-key' },
  { name: 'decrypt', type: 'boolean', of: ({ operation }) => operation === 'Decrypt' },
];

/** The same columns of the calls that are stored, with the ids of some words as parameters. */
const storedCalls = `(SELECT key, workspace, dek, process, boot, at, at - coalesce(dek_age_ms, 0) * interval '1 ms' AS made_at,
    lease_ends_at, outcome = $1::int AS ok, outcome = $2::int AS denied, outcome = $3::int AS wrong,
    operation = $4::int AS decrypt
  FROM call WHERE cause <> $5::int) c`;
const storedWords = ['ok', 'denied', 'wrong-key', 'Decrypt', 'validate'];

const deksSql = (
  from: string,
) => `INSERT INTO key_dek AS k (key, workspace, dek, calls, made_at, last_at, ends_at, ok_at, refused_at)
  SELECT key, workspace, dek, count(*), min(made_at), max(at), max(lease_ends_at) FILTER (WHERE ok), max(at) FILTER (WHERE ok),
    max(at) FILTER (WHERE denied OR wrong)
  FROM ${from} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
  ON CONFLICT (key, workspace, dek) DO UPDATE SET ${latest('last_at', 'ends_at', 'ok_at', 'refused_at')},
    calls = k.calls + excluded.calls, made_at = least(k.made_at, excluded.made_at)`;

const processesSql = (
  from: string,
) => `INSERT INTO key_process AS k (key, process, boot, last_at, ok_at, denied_at, dark_at, lease_ms)
  SELECT key, process, boot, max(at), max(at) FILTER (WHERE ok), max(at) FILTER (WHERE denied),
    max(at) FILTER (WHERE denied AND decrypt),
    coalesce(max(extract(epoch FROM lease_ends_at - at) * 1000) FILTER (WHERE ok), 0)
  FROM ${from} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
  ON CONFLICT (key, process, boot) DO UPDATE SET ${latest('last_at', 'ok_at', 'denied_at', 'dark_at', 'lease_ms')}`;

/** What is null there gives way. */
const latest = (...columns: string[]): string =>
  columns.map((column) => `${column} = greatest(k.${column}, excluded.${column})`).join(', ');

/** Finds all of them anew in the stored rows. */
export async function rebuildKeyFacts(tx: Tx): Promise<void> {
  for (const table of ['key_dek', 'key_process'])
    await tx.$executeRawUnsafe(`DELETE FROM ${table}`);
  const ids = await idsOf(tx, 'word', storedWords);
  const words = storedWords.map((word) => ids.get(word) ?? -1);
  await tx.$executeRawUnsafe(deksSql(storedCalls), ...words);
  await tx.$executeRawUnsafe(processesSql(storedCalls), ...words);
  await rebuildCallers(tx);
}
