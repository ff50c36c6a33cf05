import type { Tx } from './transaction.ts';

/** Keys that were used, in matched events of `[from, to)`, by callers of another account than the log's. */
export async function readCrossAccountKeys(
  tx: Tx,
  window: { from: number; to: number },
): Promise<string[]> {
  const rows = await tx.$queryRawUnsafe<{ key: string }[]>(
    `SELECT DISTINCT r.key FROM (SELECT DISTINCT key FROM rollup_minute
       WHERE minute >= $1::timestamptz AND minute < $2::timestamptz AND measure = 'attempts') r
     WHERE EXISTS (SELECT 1 FROM audit_event e WHERE e.key = r.key AND e.state = 'matched'
       AND e.account <> e.recipient_account)`,
    new Date(window.from).toISOString(),
    new Date(window.to).toISOString(),
  );
  return rows.map(({ key }) => key);
}
