/**
 * Rows into a table as one array a column, which the server takes apart in one go, where JSON is parsed, searched by
 * name and converted value by value.
 */
import type { Tx, WriteTx } from '../connection/transaction.ts';
import { arrayBytes, type Column, type ColumnType, copyBytes } from './binary-values.ts';

/** Columns as parameters of `unnest` after `before` others. */
export const unnested = (columns: readonly Pick<Column<never>, 'type'>[], before = 0): string =>
  `unnest(${columns.map(({ type }, no) => `$${before + no + 1}::${type}[]`).join(', ')})`;

/** The values of those parameters. */
export const columnArrays = <Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): Buffer[] => columns.map((column) => arrayBytes(column, rows));

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
  const all = names.join(', ');
  const key = names.slice(0, keyColumns).join(', ');
  // Mostly all are new, and which they are need not be looked up.
  const [found] = await tx.$queryRawUnsafe<{ nos: string | null }[]>(
    `WITH given AS MATERIALIZED (SELECT * FROM ${unnested(columns)} WITH ORDINALITY AS g(${all}, nth)),
       fresh AS (INSERT INTO ${name} (${all}) SELECT ${all} FROM given
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
  const all = columns.map((column) => column.name).join(', ');
  await tx.$executeRawUnsafe(
    `INSERT INTO ${name} (${all}) SELECT ${all} FROM ${unnested(columns)} AS g(${all}) ON CONFLICT DO NOTHING`,
    ...columnArrays(columns, rows),
  );
}

/** Rows of which none is there: so they cost the server half. */
export async function copyAll<Row>(
  tx: WriteTx,
  { name, columns }: { name: string; columns: readonly Column<Row, ColumnType>[] },
  rows: readonly Row[],
): Promise<void> {
  if (rows.length === 0) return;
  const all = columns.map((column) => column.name).join(', ');
  await tx.copyIn(`COPY ${name} (${all}) FROM STDIN (FORMAT binary)`, copyBytes(columns, rows));
}
