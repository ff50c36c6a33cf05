/** `summarize`: values over groups of rows. */
import { tupleKey } from '../../../shared/tuple-key.ts';
import { type KqlScope, readArguments } from './expression.ts';
import type { KqlColumn, KqlTable } from './table.ts';
import type { TokenReader } from './tokens.ts';
import {
  type Expression,
  KqlFault,
  type KqlType,
  type KqlValue,
  order,
  type Row,
} from './values.ts';

export interface Summary {
  by: readonly KqlColumn[];
  aggregates: readonly Aggregate[];
}

export interface Aggregate {
  name: string;
  type: KqlType;
  of(rows: readonly Row[]): KqlValue;
}

/** Reads `[Name =] count()` and the like; `name` is the default name. @throws {KqlFault} */
export function readAggregates(reader: TokenReader, scope: KqlScope, name?: string): Aggregate[] {
  if (name !== undefined) return [{ name, type: 'long', of: (rows) => rows.length }];
  const aggregates: Aggregate[] = [];
  do {
    const given = reader.assigned();
    const call = reader.name();
    const [argument] = readArguments(reader, scope);
    aggregates.push({ name: given ?? `${call}_`, ...aggregateOf(call, argument) });
  } while (reader.take(','));
  return aggregates;
}

function aggregateOf(call: string, value: Expression | undefined): Omit<Aggregate, 'name'> {
  if (call === 'count') return { type: 'long', of: (rows) => rows.length };
  if (value === undefined) throw new KqlFault(`Semantic Error: ${call}() takes an argument.`);
  const values = (rows: readonly Row[]) =>
    rows.map((row) => value.of(row)).filter((one) => one !== null);
  const extreme = (sign: 1 | -1) => (rows: readonly Row[]) =>
    values(rows).reduce<KqlValue>(
      (best, one) => (best === null || sign * order(one, best) > 0 ? one : best),
      null,
    );
  switch (call) {
    case 'countif':
      return { type: 'long', of: (rows) => values(rows).filter((one) => one === true).length };
    case 'dcount':
      return { type: 'long', of: (rows) => new Set(values(rows)).size };
    case 'max':
      return { type: value.type, of: extreme(1) };
    case 'min':
      return { type: value.type, of: extreme(-1) };
    default:
      throw new KqlFault(`Semantic Error: Unknown function: '${call}'.`);
  }
}

export function summarize(rows: Iterable<Row>, { by, aggregates }: Summary): KqlTable {
  const groups = new Map<string, { keys: readonly KqlValue[]; rows: Row[] }>();
  // Without `by` there is one row even of nothing.
  if (by.length === 0) groups.set(tupleKey(), { keys: [], rows: [] });
  for (const row of rows) {
    const keys = by.map(({ value }) => value.of(row));
    const id = tupleKey(...keys.map(keyPart));
    const group = groups.get(id);
    if (group === undefined) groups.set(id, { keys, rows: [row] });
    else group.rows.push(row);
  }
  const names = [...by.map(({ name }) => name), ...aggregates.map(({ name }) => name)];
  const types = [...by.map(({ value }) => value.type), ...aggregates.map(({ type }) => type)];
  return {
    schema: new Map(names.map((name, index) => [name, types[index] ?? 'dynamic'])),
    rows: [...groups.values()].map((group): Row => {
      const values = [...group.keys, ...aggregates.map((one) => one.of(group.rows))];
      return (column) => values[names.indexOf(column)] ?? null;
    }),
  };
}

const keyPart = (value: KqlValue) =>
  typeof value === 'bigint'
    ? String(value)
    : typeof value === 'object'
      ? JSON.stringify(value)
      : value;
