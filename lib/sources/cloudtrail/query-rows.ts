/** Rows of query results that come as lists of cells: of CloudTrail Lake, Logs Insights, Athena, Log Analytics. */
import { type Fields, field, list, object, text } from './fields.ts';

const cellsMax = 500;

/** A row given as a list of its cells: `[{column: value}, …]` or `[{field, value}, …]`; null where it is none. */
export function rowOf(cells: readonly unknown[]): Fields | null {
  if (cells.length < 2 || cells.length > cellsMax) return null;
  const members: [string, unknown][] = [];
  for (const one of cells) {
    const cell = object(one);
    if (cell === null) return null;
    const names = Object.keys(cell);
    const [only] = names;
    const named = text(cell, 'field');
    if (named !== null && names.length === 2) members.push([named, cell.value]);
    else if (only !== undefined && names.length === 1) members.push([only, cell[only]]);
    else return null;
  }
  return new Set(members.map(([name]) => name)).size === members.length
    ? Object.fromEntries(members)
    : null;
}

/** The rows of `athena get-query-results`, whose first one has the columns' names; null where it is none. */
export function resultSetRows(value: Fields): Fields[] | null {
  const set = object(field(value, 'ResultSet'));
  const rows = list(field(set, 'Rows'));
  if (rows === null) return null;
  const cells = rows.map((row) =>
    (list(field(object(row), 'Data')) ?? [])
      .slice(0, cellsMax)
      .map((cell) => text(object(cell), 'VarCharValue')),
  );
  const info = list(field(object(field(set, 'ResultSetMetadata')), 'ColumnInfo'));
  const told = info?.map((column) => text(object(column), 'Name') ?? '');
  const names = told ?? cells[0]?.map((name) => name ?? '') ?? [];
  // Only the first page begins with the names.
  const headed = cells[0]?.every((cell, index) => cell === names[index]) === true;
  return cells
    .slice(headed ? 1 : 0)
    .map((row) => Object.fromEntries(names.map((name, index) => [name, row[index] ?? undefined])));
}

/** The rows of a table of Log Analytics, as the API, its clients and `az` print them; null where it is none. */
export function tableRows(value: Fields): Fields[] | null {
  const columns = list(field(value, 'columns')) ?? list(field(value, 'columnDescriptors'));
  const rows = list(field(value, 'rows'));
  const names = columns?.map((column) => text(object(column), 'name')) ?? [];
  if (rows === null || names.length === 0 || names.includes(null)) return null;
  return rows.map((row) =>
    Object.fromEntries(names.map((name, index) => [name, list(row)?.[index] ?? undefined])),
  );
}
