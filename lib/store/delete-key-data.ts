import type { Tx } from './transaction.ts';

/** Deletes everything that was taken in about one key. */
export async function deleteKeyData(tx: Tx, key: string): Promise<void> {
  for (const table of [
    'kms_call',
    'kms_attempt',
    'operation_count',
    'audit_event',
    'rollup_minute',
  ]) {
    await tx.$executeRawUnsafe(`DELETE FROM ${table} WHERE key = $1`, key);
  }
}
