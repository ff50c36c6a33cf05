/**
 * Rows into a table as one array a column: a text that the server takes apart in one go, where JSON is parsed, searched
 * by name and converted value by value.
 */
import type { Tx } from '../transaction.ts';

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

/** Columns as parameters of `unnest`, the first of them `$1`. An array of arrays would be taken apart whole. */
export const unnested = (columns: readonly { type: ColumnType }[]): string => {
  const arrays = columns.map(
    ({ type }, no) => `$${no + 1}::text::${type === 'int[]' ? 'text' : type}[]`,
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

/** Inserts rows; what is there already stays as it is. Resolves to those that were new, each once. */
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
  const found = await tx.$queryRawUnsafe<{ no: number }[]>(
    `WITH given AS MATERIALIZED (SELECT * FROM ${unnested(columns)} WITH ORDINALITY AS g(${names.join(', ')}, nth)),
       fresh AS (INSERT INTO ${name} (${names.join(', ')}) SELECT ${values.join(', ')} FROM given
         ON CONFLICT DO NOTHING RETURNING ${key})
     SELECT min(nth)::int AS no FROM fresh JOIN given USING (${key}) GROUP BY ${key}`,
    ...columnTexts(columns, rows),
  );
  return found.flatMap(({ no }) => rows[no - 1] ?? []);
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
