/**
 * The directory of encryption DEKs in a table of PostgreSQL, for engines in any number of processes. It holds envelope
 * headers, never key material. No statement needs a transaction or session state, so any pool or proxy serves.
 */
import type { DekDirectory, PortOptions } from '../directory.ts';

/** The port to PostgreSQL: a `Pool` or `Client` of `pg`, or anything whose `query` resolves to rows in the same way. */
export interface PostgresPort {
  /** `values` are texts, bytes (`bytea`) or null; bytes in rows are a `Uint8Array`. */
  query(text: string, values: unknown[]): Promise<{ rows: readonly unknown[] }>;
}

/**
 * The SQL that makes the table. Workspace names are compared byte by byte, whatever the database's collation is; its
 * encoding must be UTF8. The engine's role needs SELECT, INSERT and UPDATE. The engine never reads `updated_at`: it
 * helps people to find rows of deleted workspaces, which may be deleted.
 */
export const postgresDirectoryTable = `CREATE TABLE IF NOT EXISTS dek_directory (
  workspace text COLLATE "C" PRIMARY KEY,
  header bytea NOT NULL,
  updated_at timestamptz NOT NULL
)`;

// The row's lock orders concurrent statements: each compares with the header that is there when its turn comes.
const replaceText =
  'INSERT INTO dek_directory (workspace, header, updated_at) VALUES ($1, $3::bytea, now()) ' +
  'ON CONFLICT (workspace) DO UPDATE SET header = excluded.header, updated_at = excluded.updated_at ' +
  'WHERE dek_directory.header = $2::bytea RETURNING header';
const currentText = 'SELECT header FROM dek_directory WHERE workspace = $1';

/** PostgreSQL's code for a statement that it refuses, instead of making it wait, if sessions are serializable. */
const serializationFailure = '40001';
const triesMax = 5;

/**
 * Rejects with the database's own error, which the engine turns into `directory-unavailable`. An aborted signal does
 * not stop a running statement, but no further statement is sent.
 * @throws {TypeError} if the port has no `query`.
 *
 * @example
 * const pool = new pg.Pool({ connectionString });
 * await pool.query(postgresDirectoryTable);
 * const directory = postgresDirectory(pool);
 */
export function postgresDirectory(port: PostgresPort): DekDirectory {
  if (typeof port?.query !== 'function')
    throw new TypeError('port must have query(text, values), as a Pool of pg has');
  const ask = async (text: string, values: unknown[], options: PortOptions) => {
    options.signal.throwIfAborted();
    const { rows } = await port.query(text, values);
    return headerOf(rows);
  };
  const current = (workspace: string, options: PortOptions) =>
    ask(currentText, [workspace], options);
  return {
    current,
    replace: async (
      workspace: string,
      previous: Uint8Array | undefined,
      next: Uint8Array,
      options: PortOptions,
    ) => {
      const values = [workspace, previous ? Buffer.from(previous) : null, Buffer.from(next)];
      for (let tries = 1; ; tries += 1) {
        try {
          const header = await ask(replaceText, values, options);
          if (header !== undefined) return header;
        } catch (error) {
          if (!isSerializationFailure(error) || tries === triesMax) throw error;
          continue;
        }
        const winner = await current(workspace, options);
        if (winner !== undefined) return winner;
        if (tries === triesMax)
          throw new Error('the workspace is deleted from dek_directory again and again');
      }
    },
  };
}

/** Checks a row before the engine parses it. */
function headerOf(rows: readonly unknown[]): Uint8Array | undefined {
  if (!Array.isArray(rows) || rows.length > 1)
    throw new Error('dek_directory: query must resolve to { rows }, one row a workspace');
  const [row] = rows;
  if (row === undefined) return undefined;
  const header: unknown =
    typeof row === 'object' && row !== null ? Reflect.get(row, 'header') : row;
  if (!(header instanceof Uint8Array))
    throw new Error('dek_directory: header must come as bytes; leave bytea to the driver');
  // Copied, because a driver may return a part of a large buffer, which would stay in memory as a whole.
  return new Uint8Array(header);
}

function isSerializationFailure(error: unknown): boolean {
  return error instanceof Error && Reflect.get(error, 'code') === serializationFailure;
}
