import type { Tx } from '../connection/transaction.ts';

/**
 * Takes or keeps the lead for `leaseMs` by the database's clock, unless another holder has it. A row, since sessions of
 * the embedded database share their locks. Resolves to whether `holder` has it now.
 */
export async function takeLead(
  tx: Tx,
  { holder, leaseMs }: { holder: string; leaseMs: number },
): Promise<boolean> {
  const rows = await tx.$queryRawUnsafe<unknown[]>(
    `INSERT INTO leader (name, holder, until) VALUES ('work', $1, clock_timestamp() + $2::int * interval '1 millisecond')
     ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
       WHERE leader.holder = excluded.holder OR leader.until < clock_timestamp()
     RETURNING holder`,
    holder,
    leaseMs,
  );
  return rows.length > 0;
}

/** Gives it up, so that another one may have it at once. */
export async function leaveLead(tx: Tx, holder: string): Promise<void> {
  await tx.$executeRawUnsafe('DELETE FROM leader WHERE holder = $1', holder);
}
