/**
 * The part of the query language of Azure Monitor that a reader of audit logs needs: tables and their union, where,
 * extend, project, order, take, distinct, count and summarize.
 */

import { readAggregates, type Summary, summarize } from './aggregates.ts';
import { type KqlScope, readExpression } from './expression.ts';
import type { KqlColumn, KqlTable } from './table.ts';
import { TokenReader } from './tokens.ts';
import {
  type Expression,
  KqlFault,
  type KqlType,
  type KqlValue,
  order,
  type Row,
} from './values.ts';

export interface QueryAnswer {
  columns: readonly { name: string; type: KqlType }[];
  rows: readonly (readonly KqlValue[])[];
}

export interface KqlQueryOptions {
  tables: ReadonlyMap<string, KqlTable>;
  /** Epoch ms. */
  now: number;
  /** The request's time span: rows outside it are not read. */
  timespan: { from: bigint; to: bigint } | null;
}

/** Columns beginning with it are for functions, not shown. */
const hidden = (column: string) => column.startsWith('$');

/** @throws {KqlFault} */
export function runQuery(text: string, options: KqlQueryOptions): QueryAnswer {
  const reader = new TokenReader(text);
  const constants = new Map<string, Expression>();
  while (reader.take('let')) {
    const name = reader.name();
    reader.expect('=');
    const scope = { now: options.now, schema: new Map(), constants };
    constants.set(name, readExpression(reader, scope));
    reader.expect(';');
  }
  const around = { now: options.now, constants };
  const table = readPipe(reader, { options, around }, readSource(reader, { options, around }));
  reader.take(';');
  if (reader.peek.kind !== 'end') throw reader.unexpected();
  const columns = [...table.schema].filter(([name]) => !hidden(name));
  return {
    columns: columns.map(([name, type]) => ({ name, type })),
    rows: [...table.rows].map((row) => columns.map(([name]) => row(name))),
  };
}

interface Context {
  options: KqlQueryOptions;
  around: Omit<KqlScope, 'schema'>;
}

function readSource(reader: TokenReader, context: Context): KqlTable {
  if (!reader.take('union')) return readTable(reader, context);
  for (const option of ['isfuzzy', 'kind', 'withsource'])
    if (reader.take(option)) {
      reader.expect('=');
      reader.any();
    }
  const tables = [readBranch(reader, context)];
  while (reader.take(',')) tables.push(readBranch(reader, context));
  return unionOf(tables);
}

function readBranch(reader: TokenReader, context: Context): KqlTable {
  if (!reader.take('(')) return readTable(reader, context);
  const table = readPipe(reader, context, readTable(reader, context));
  reader.expect(')');
  return table;
}

function readTable(reader: TokenReader, { options }: Context): KqlTable {
  const name = reader.name();
  const table = options.tables.get(name);
  if (table === undefined)
    throw new KqlFault(`Semantic Error: Failed to resolve table or column named '${name}'.`);
  const { timespan } = options;
  if (timespan === null) return table;
  return filtered(table, (row) => {
    const at = row('TimeGenerated');
    return typeof at === 'bigint' && at >= timespan.from && at < timespan.to;
  });
}

/** The columns of all tables; where a table lacks one, its rows have null. */
function unionOf(tables: readonly KqlTable[]): KqlTable {
  const schema = new Map(tables.flatMap((table) => [...table.schema]));
  const rows = tables.flatMap((table) =>
    [...table.rows].map(
      (row): Row =>
        (column) =>
          hidden(column) || table.schema.has(column) ? row(column) : null,
    ),
  );
  return { schema, rows };
}

function filtered({ schema, rows }: KqlTable, keep: (row: Row) => boolean): KqlTable {
  return { schema, rows: [...rows].filter(keep) };
}

function readPipe(reader: TokenReader, context: Context, source: KqlTable): KqlTable {
  let table = source;
  while (reader.take('|')) table = readOperator(reader, context, table);
  return table;
}

function readOperator(reader: TokenReader, { around }: Context, table: KqlTable): KqlTable {
  const { schema, rows } = table;
  const scope = { ...around, schema };
  const operator = reader.name();
  switch (operator) {
    case 'where':
    case 'filter': {
      const test = readExpression(reader, scope);
      return filtered(table, (row) => test.of(row) === true);
    }
    case 'take':
    case 'limit':
      return { schema, rows: [...rows].slice(0, Number(reader.any().text)) };
    case 'extend':
      return withColumns(table, readColumns(reader, scope));
    case 'project':
      return projected(rows, readColumns(reader, scope));
    case 'distinct': {
      const columns = readColumns(reader, scope);
      return summarize(rows, { by: columns, aggregates: [] });
    }
    case 'count':
      return summarize(rows, { by: [], aggregates: readAggregates(reader, scope, 'Count') });
    case 'summarize':
      return summarize(rows, readSummary(reader, scope));
    case 'order':
    case 'sort':
      reader.expect('by');
      return { schema, rows: sorted(rows, readOrder(reader, scope)) };
    case 'top': {
      const count = Number(reader.any().text);
      reader.expect('by');
      return { schema, rows: sorted(rows, readOrder(reader, scope)).slice(0, count) };
    }
    default:
      throw new KqlFault(`Syntax Error: the operator '${operator}' is not known here.`);
  }
}

/** `Name = expression`, or an expression, which is named by the column that it begins with. */
function readColumns(reader: TokenReader, scope: KqlScope): KqlColumn[] {
  const columns: KqlColumn[] = [];
  do {
    const given = reader.assigned();
    const { kind, text } = reader.peek;
    const column = kind === 'name' && scope.schema.has(text) ? text : `Column${columns.length + 1}`;
    columns.push({ name: given ?? column, value: readExpression(reader, scope) });
  } while (reader.take(','));
  return columns;
}

function withColumns({ schema, rows }: KqlTable, columns: readonly KqlColumn[]): KqlTable {
  const added = new Map(columns.map(({ name, value }) => [name, value]));
  return {
    schema: new Map([...schema, ...columns.map(({ name, value }) => [name, value.type] as const)]),
    rows: [...rows].map((row): Row => {
      return (column) => {
        const value = added.get(column);
        return value === undefined ? row(column) : value.of(row);
      };
    }),
  };
}

function projected(rows: Iterable<Row>, columns: readonly KqlColumn[]): KqlTable {
  const values = new Map(columns.map(({ name, value }) => [name, value]));
  return {
    schema: new Map(columns.map(({ name, value }) => [name, value.type])),
    rows: [...rows].map(
      (row): Row =>
        (column) =>
          values.get(column)?.of(row) ?? null,
    ),
  };
}

interface By {
  value: Expression;
  descending: boolean;
}

function readOrder(reader: TokenReader, scope: KqlScope): By[] {
  const by: By[] = [];
  do {
    const value = readExpression(reader, scope);
    const ascending = reader.take('asc');
    if (!ascending) reader.take('desc');
    by.push({ value, descending: !ascending });
  } while (reader.take(','));
  return by;
}

function sorted(rows: Iterable<Row>, by: readonly By[]): Row[] {
  const keyed = [...rows].map((row) => ({ row, keys: by.map(({ value }) => value.of(row)) }));
  keyed.sort((a, b) => {
    for (const [index, { descending }] of by.entries()) {
      const difference = order(a.keys[index] ?? null, b.keys[index] ?? null) || 0;
      if (difference !== 0) return descending ? -difference : difference;
    }
    return 0;
  });
  return keyed.map(({ row }) => row);
}

function readSummary(reader: TokenReader, scope: KqlScope): Summary {
  const aggregates = reader.peek.text === 'by' ? [] : readAggregates(reader, scope);
  return { aggregates, by: reader.take('by') ? readColumns(reader, scope) : [] };
}
