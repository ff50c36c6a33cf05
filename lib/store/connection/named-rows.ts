import { type Dimension, namesOf } from './intern.ts';
import type { Tx } from './transaction.ts';

/** A row with names in place of ids; null stays null. */
export type NamedRow<Row, Ids> = {
  [Column in keyof Row]: Column extends keyof Ids ? NameOf<Row[Column]> : Row[Column];
};
type NameOf<Id> = Id extends readonly number[] ? string[] : Id extends number ? string : Id;

/** Rows with names in the columns that hold ids, or lists of ids, of these dimensions; order stays. */
export async function namedRows<
  Row extends object,
  Ids extends { readonly [Column in keyof Row]?: Dimension },
>(tx: Tx, rows: readonly Row[], ids: Ids): Promise<NamedRow<Row, Ids>[]> {
  // The keys of `ids` are columns, by its type.
  const columns = Object.entries(ids) as [keyof Row, Dimension][];
  const byDimension = Map.groupBy(columns, ([, dimension]) => dimension);
  const names = new Map<keyof Row, ReadonlyMap<number, string>>();
  for (const [dimension, own] of byDimension) {
    const all = rows.flatMap((row) => own.flatMap(([column]) => idsIn(row[column])));
    const known = await namesOf(tx, dimension, all);
    for (const [column] of own) names.set(column, known);
  }
  return rows.map((row) => {
    const told = [...names].map(([column, known]) => [column, nameOf(row[column], known)]);
    return { ...row, ...Object.fromEntries(told) };
  });
}

const isId = (value: unknown): value is number => typeof value === 'number';
const idsIn = (value: unknown): number[] => [value].flat().filter(isId);

function nameOf(value: unknown, names: ReadonlyMap<number, string>): unknown {
  if (Array.isArray(value)) return value.map((id) => names.get(id) ?? '');
  return isId(value) ? (names.get(value) ?? '') : value;
}
