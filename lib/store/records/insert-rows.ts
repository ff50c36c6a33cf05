/**
 * Rows into a table as one array a column, which the server takes apart in one go, where JSON is parsed, searched by
 * name and converted value by value.
 */
import type { Tx } from '../connection/transaction.ts';
import { arrayBytes, type ColumnType, type Value } from './array-bytes.ts';

export interface Column<Row> {
  name: string;
  type: ColumnType;
  of(row: Row): Value;
}

/** Columns as parameters of `unnest` after `before` others. */
export const unnested = (columns: readonly { type: ColumnType }[], before = 0): string => {
  const arrays = columns.map(
    ({ type }, no) => `$${before + no + 1}::${type === 'int[]' ? 'text' : type}[]`,
  );
  return `unnest(${arrays.join(', ')})`;
};

/** The values of those parameters. */
export const columnArrays = <Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): Buffer[] => columns.map(({ type, of }) => arrayBytes(type, rows, of));

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
  // Mostly all are new, and which they are need not be looked up.
  const [found] = await tx.$queryRawUnsafe<{ nos: string | null }[]>(
    `WITH given AS MATERIALIZED (SELECT * FROM ${unnested(columns)} WITH ORDINALITY AS g(${names.join(', ')}, nth)),
       fresh AS (INSERT INTO ${name} (${names.join(', ')}) SELECT ${values.join(', ')} FROM given
         ON CONFLICT DO NOTHING RETURNING ${key})
     SELECT CASE WHEN (SELECT count(*) FROM fresh) < ${rows.length} THEN
       (SELECT coalesce(string_agg(no::text, ',' ORDER BY no), '')
        FROM (SELECT min(nth) AS no FROM fresh JOIN given USING (${key}) GROUP BY ${key}) numbers) END AS nos`,
    ...columnArrays(columns, rows),
  );
  if (found === undefined || found.nos === '') return [];
  if (found.nos === null) return [...rows];
  return found.nos.split(',').flatMap((no) => rows[Number(no) - 1] ?? []);
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
    ...columnArrays(columns, rows),
  );
}
