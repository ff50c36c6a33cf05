/**
 * Rows into a table as one array a column: a text that the server takes apart in one go, where JSON is parsed, searched
 * by name and converted value by value.
 */
import type { Tx } from '../connection/transaction.ts';

/** The column types that records have. */
export type ColumnType =
  | 'int'
  | 'smallint'
  | 'bigint'
  | 'boolean'
  | 'double precision'
  | 'text'
  | 'uuid'
  | 'bytea'
  | 'jsonb'
  /** Given as a text. */
  | 'int[]'
  /** Given as epoch ms. */
  | 'timestamptz(3)';

export type Value = string | number | boolean | null;

export interface Column<Row> {
  name: string;
  type: ColumnType;
  of(row: Row): Value;
}

/** Columns as parameters of `unnest` after `before` others. An array of arrays would be taken apart whole. */
export const unnested = (columns: readonly { type: ColumnType }[], before = 0): string => {
  const arrays = columns.map(
    ({ type }, no) => `$${before + no + 1}::${type === 'int[]' ? 'text' : type}[]`,
  );
  return `unnest(${arrays.join(', ')})`;
};

/** The values of those parameters. */
export const columnTexts = <Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[] =>
  columns.map((column) => columnText(column, rows));

export interface Table<Row> {
  name: string;
  /** The columns of its primary key come first. */
  columns: readonly Column<Row>[];
  keyColumns: number;
}

/** Inserts rows; what is there already stays as it is. Resolves to those that were new, each once, in their order. */
export async function insertNew<Row>(
  tx: Tx,
  { name, columns, keyColumns }: Table<Row>,
  rows: readonly Row[],
): Promise<Row[]> {
  if (rows.length === 0) return [];
  const names = columns.map((column) => column.name);
  const values = columns.map((column) =>
    column.type === 'int[]' ? `${column.name}::int[]` : column.name,
  );
  const key = names.slice(0, keyColumns).join(', ');
  const [found] = await tx.$queryRawUnsafe<{ nos: string }[]>(
    `WITH given AS MATERIALIZED (SELECT * FROM ${unnested(columns)} WITH ORDINALITY AS g(${names.join(', ')}, nth)),
       fresh AS (INSERT INTO ${name} (${names.join(', ')}) SELECT ${values.join(', ')} FROM given
         ON CONFLICT DO NOTHING RETURNING ${key}),
       numbers AS (SELECT min(nth) AS no FROM fresh JOIN given USING (${key}) GROUP BY ${key})
     SELECT coalesce(string_agg(no::text, ',' ORDER BY no), '') AS nos FROM numbers`,
    ...columnTexts(columns, rows),
  );
  const nos = found === undefined || found.nos === '' ? [] : found.nos.split(',');
  return nos.flatMap((no) => rows[Number(no) - 1] ?? []);
}

/** The same where nobody asks which were new. */
export async function insertAll<Row>(
  tx: Tx,
  { name, columns }: Pick<Table<Row>, 'name' | 'columns'>,
  rows: readonly Row[],
): Promise<void> {
  if (rows.length === 0) return;
  const names = columns.map((column) => column.name);
  const values = columns.map((column) =>
    column.type === 'int[]' ? `${column.name}::int[]` : column.name,
  );
  await tx.$executeRawUnsafe(
    `INSERT INTO ${name} (${names.join(', ')}) SELECT ${values.join(', ')}
     FROM ${unnested(columns)} AS g(${names.join(', ')}) ON CONFLICT DO NOTHING`,
    ...columnTexts(columns, rows),
  );
}

function columnText<Row>({ type, of }: Column<Row>, rows: readonly Row[]): string {
  const instant = type === 'timestamptz(3)';
  const parts = rows.map((row) => {
    const value = of(row);
    if (value === null) return 'NULL';
    if (typeof value === 'string') return quoted(value);
    return instant ? `"${new Date(Number(value)).toISOString()}"` : String(value);
  });
  return `{${parts.join(',')}}`;
}

/** An element of an array literal. */
const quoted = (text: string): string =>
  /["\\]/.test(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : `"${text}"`;
