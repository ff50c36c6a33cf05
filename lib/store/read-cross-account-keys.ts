import type { Tx } from './transaction.ts';

/** Where such keys are kept whose events retention has dropped: a JSON array. */
export const crossAccountSetting = 'cross-account-keys';

/** Keys of attempts in the hours that touch `[from, to)` that callers of another account than the log's use. */
export async function readCrossAccountKeys(
  tx: Tx,
  window: { from: number; to: number },
): Promise<string[]> {
  const rows = await tx.$queryRawUnsafe<{ key: string }[]>(
    `SELECT r.key FROM (SELECT DISTINCT key FROM rollup_total
       WHERE hour > $1::timestamptz - interval '1 hour' AND hour < $2::timestamptz AND measure = 'attempts') r
     WHERE EXISTS (SELECT 1 FROM audit_event e WHERE e.key = r.key AND e.state = 'matched'
         AND e.account <> e.recipient_account)
       OR EXISTS (SELECT 1 FROM setting WHERE name = '${crossAccountSetting}' AND value @> to_jsonb(r.key))`,
    new Date(window.from).toISOString(),
    new Date(window.to).toISOString(),
  );
  return rows.map(({ key }) => key);
}
