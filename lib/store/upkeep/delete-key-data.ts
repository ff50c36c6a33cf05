import { idsOf } from '../connection/intern.ts';
import type { Tx } from '../connection/transaction.ts';
import { forgetEvents } from '../records/insert-audit-events.ts';
import { rebuildKeyless } from '../rollups/rebuild-tallies.ts';

const tables = [
  'call',
  'attempt',
  'lookup_count',
  'event',
  'event_id',
  'pair',
  'raw_block',
  'tally_open',
  'tally_day',
  'key_crossing',
  'key_dek',
  'key_process',
  'key_caller',
] as const;

/** Events that name no key and whose attempt used this one; their raw records go with the day that they lie in. */
async function forgetNamed(tx: Tx, key: number): Promise<void> {
  const gone = await tx.$queryRawUnsafe<{ id: string; at: number }[]>(
    `DELETE FROM event WHERE key = 0 AND other_keys = ARRAY[$1::int]
     RETURNING id, (extract(epoch FROM at AT TIME ZONE 'UTC') * 1000)::float8 AS at`,
    key,
  );
  await forgetEvents(tx, gone);
  await tx.$executeRawUnsafe('DELETE FROM pair WHERE key = 0 AND attempt_key = $1::int', key);
}

/** Deletes everything that was taken in about one key. */
export async function deleteKeyData(tx: Tx, key: string): Promise<void> {
  for (const table of ['detection_day', 'detected_spike', 'detected_series'])
    await tx.$executeRawUnsafe(`DELETE FROM ${table} WHERE key = $1`, key);
  const id = (await idsOf(tx, 'key', [key])).get(key);
  if (id === undefined) return;
  // Uses of DEKs are kept without their key: its calls name them.
  await tx.$executeRawUnsafe(
    'DELETE FROM dek_use WHERE dek IN (SELECT dek FROM call WHERE key = $1::int)',
    id,
  );
  await forgetNamed(tx, id);
  for (const table of tables)
    await tx.$executeRawUnsafe(`DELETE FROM ${table} WHERE key = $1::int`, id);
  await tx.$executeRawUnsafe('DELETE FROM key_alias WHERE key = $1::int OR alias = $1::int', id);
  await rebuildKeyless(tx);
}
