/**
 * The directory of encryption DEKs in a table of PostgreSQL, for the engines of any number of processes. It holds
 * envelope headers, never key material. Each statement stands alone, without transaction or session state, so that any
 * pool or proxy will do.
 */
import type { DekDirectory, PortOptions } from '../directory.ts';

/** What asks PostgreSQL: a `Pool` or `Client` of `pg` as it is, or anything that answers rows in the same shape. */
export interface PostgresPort {
  /** `values` are texts, bytes (`bytea`) or null; bytes in rows are a `Uint8Array`. */
  query(text: string, values: unknown[]): Promise<{ rows: readonly unknown[] }>;
}

/**
 * The table, made once by who may. Names of workspaces are told apart byte by byte, whatever the database's collation;
 * the database's encoding must be UTF8. A role for engines needs SELECT, INSERT and UPDATE on it. `updated_at` is for
 * those who look: rows of workspaces that are gone may be deleted.
 */
export const postgresDirectoryTable = `CREATE TABLE IF NOT EXISTS dek_directory (
  workspace text COLLATE "C" PRIMARY KEY,
  header bytea NOT NULL,
  updated_at timestamptz NOT NULL
)`;

// The row's own lock orders those who come at once: each compares with what is there when its turn comes.
const replaceText =
  'INSERT INTO dek_directory (workspace, header, updated_at) VALUES ($1, $3::bytea, now()) ' +
  'ON CONFLICT (workspace) DO UPDATE SET header = excluded.header, updated_at = excluded.updated_at ' +
  'WHERE dek_directory.header = $2::bytea RETURNING header';
const currentText = 'SELECT header FROM dek_directory WHERE workspace = $1';

/** Where sessions are serializable by default, who comes second is refused instead of made to wait. */
const serializationFailure = '40001';
const triesMax = 5;

/**
 * A failure of the database passes through; the engine makes it `directory-unavailable`. PostgreSQL cannot give a
 * running statement up: after the signal nothing more is asked.
 * @throws {TypeError} where the port has no `query`.
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
          throw new Error('the workspace is taken out of dek_directory again and again');
      }
    },
  };
}

/** A row is the database's word: checked before the engine parses it. */
function headerOf(rows: readonly unknown[]): Uint8Array | undefined {
  if (!Array.isArray(rows) || rows.length > 1)
    throw new Error('dek_directory: query must resolve to { rows }, one row a workspace');
  const [row] = rows;
  if (row === undefined) return undefined;
  const header: unknown =
    typeof row === 'object' && row !== null ? Reflect.get(row, 'header') : row;
  if (!(header instanceof Uint8Array))
    throw new Error('dek_directory: header must come as bytes; leave bytea to the driver');
  // A driver may give a part of what came over the wire, which would be kept as a whole.
  return new Uint8Array(header);
}

function isSerializationFailure(error: unknown): boolean {
  return error instanceof Error && Reflect.get(error, 'code') === serializationFailure;
}
