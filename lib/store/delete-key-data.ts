import type { Tx } from './transaction.ts';

/** Deletes everything that was taken in about one key. */
export async function deleteKeyData(tx: Tx, key: string): Promise<void> {
  // Uses of DEKs are kept without their key: its calls name them.
  for (const table of ['dek_activity', 'dek_hour'])
    await tx.$executeRawUnsafe(
      `DELETE FROM ${table} WHERE dek IN (SELECT dek FROM kms_call WHERE key = $1)`,
      key,
    );
  for (const table of [
    'kms_call',
    'kms_attempt',
    'operation_count',
    'audit_event',
    'rollup_minute',
    'rollup_hour',
    'rollup_day',
    'rollup_total',
    'minute_series',
  ]) {
    await tx.$executeRawUnsafe(`DELETE FROM ${table} WHERE key = $1`, key);
  }
}
