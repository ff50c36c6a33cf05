/**
 * One text for several values, for a map's or a list's key: no two tuples share one, whatever their texts hold.
 *
 * @example
 * tupleKey('a b', 'c') !== tupleKey('a', 'b c');
 */
export const tupleKey = (...values: readonly (string | number | boolean | null)[]): string =>
  JSON.stringify(values);
