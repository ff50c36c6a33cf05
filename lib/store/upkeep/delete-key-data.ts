import { idsOf } from '../connection/intern.ts';
import type { Tx } from '../connection/transaction.ts';
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
  for (const table of tables)
    await tx.$executeRawUnsafe(`DELETE FROM ${table} WHERE key = $1::int`, id);
  await rebuildKeyless(tx);
}
