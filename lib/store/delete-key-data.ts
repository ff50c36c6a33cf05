import { idsOf } from './intern.ts';
import { rebuildKeyless } from './rollups/rebuild-tallies.ts';
import type { Tx } from './transaction.ts';

/** Deletes everything that was taken in about one key. */
export async function deleteKeyData(tx: Tx, key: string): Promise<void> {
  // Uses of DEKs are kept without their key: its calls name them.
  await tx.$executeRawUnsafe(
    'DELETE FROM dek_activity WHERE dek IN (SELECT dek FROM kms_call WHERE key = $1)',
    key,
  );
  for (const table of ['kms_call', 'kms_attempt', 'operation_count', 'audit_event'])
    await tx.$executeRawUnsafe(`DELETE FROM ${table} WHERE key = $1`, key);
  const id = (await idsOf(tx, 'key', [key])).get(key);
  for (const table of id === undefined ? [] : ['tally_open', 'tally_day', 'key_crossing'])
    await tx.$executeRawUnsafe(`DELETE FROM ${table} WHERE key = $1::int`, id);
  await rebuildKeyless(tx);
}
