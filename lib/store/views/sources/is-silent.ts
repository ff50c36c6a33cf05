import type { Tx } from '../../connection/transaction.ts';

/** Whether a source has never shown a use of a key, though our calls were made and no log at all shows any. */
export async function isSilent(tx: Tx, sourceId: string): Promise<boolean> {
  const [row] = await tx.$queryRawUnsafe<{ silent: boolean }[]>(
    `SELECT NOT EXISTS (SELECT 1 FROM audit_event WHERE source = $1 AND state <> 'other')
       AND EXISTS (SELECT 1 FROM kms_attempt WHERE sent)
       AND NOT EXISTS (SELECT 1 FROM kms_attempt WHERE event_id IS NOT NULL) AS silent`,
    sourceId,
  );
  return row?.silent === true;
}
