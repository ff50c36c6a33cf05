import type { Tx } from '../connection/transaction.ts';

/** Two snapshots of the same name show the same data: it changes with each transaction that writes. */
export async function readVersion(tx: Tx): Promise<string> {
  const [row] = await tx.$queryRawUnsafe<{ version: string }[]>(
    'SELECT pg_current_snapshot()::text AS version',
  );
  return row?.version ?? '';
}
