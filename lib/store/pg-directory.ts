import type { DekDirectory } from '@keytide/crypto-core';
import type { Tx } from './transaction.ts';

interface Row {
  header: Uint8Array;
}

// The row's own lock orders those who come at once: each compares with what is there when its turn comes.
const replaceSql =
  'INSERT INTO dek_directory (workspace, header, updated_at) VALUES ($1, $3::bytea, now()) ' +
  'ON CONFLICT (workspace) DO UPDATE SET header = excluded.header, updated_at = excluded.updated_at ' +
  'WHERE dek_directory.header = $2::bytea RETURNING header';
const currentSql = 'SELECT header FROM dek_directory WHERE workspace = $1';

/**
 * Each workspace's current encryption DEK in the store, for engines of any number of processes. It holds envelope
 * headers, never key material. The database's failures pass through; the engine makes them retryable.
 */
export function pgDirectory(db: Pick<Tx, '$queryRawUnsafe'>): DekDirectory {
  const current = async (workspace: string) => {
    const rows = await db.$queryRawUnsafe<Row[]>(currentSql, workspace);
    return rows[0]?.header;
  };
  return {
    current,
    replace: async (workspace, previous, next) => {
      const args = [workspace, previous ?? null, next] as const;
      const [won] = await db.$queryRawUnsafe<Row[]>(replaceSql, ...args);
      const header = won?.header ?? (await current(workspace));
      if (header === undefined) throw new Error('the workspace was taken out of the DEK directory');
      return header;
    },
  };
}
