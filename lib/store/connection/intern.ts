/**
 * Names as small integers, so that rows that mention them are narrow. An id is never used for another name; 0 stands
 * for none, the empty name.
 */

import { readOnce } from './read-once.ts';

/** As a transaction has it. */
interface Tx {
  $queryRawUnsafe<T>(query: string, ...values: unknown[]): Promise<T>;
  $executeRawUnsafe(query: string, ...values: unknown[]): Promise<number>;
}

/** What is named; the codes are stored. */
export const dimensions = {
  key: 1,
  workspace: 2,
  process: 3,
  principal: 4,
  source: 5,
  label: 6,
  tag: 7,
  /** What to show for a principal. */
  caller: 8,
  boot: 9,
  /** Operations, causes, outcomes: what records hold of closed and half-closed lists. */
  word: 10,
} as const;
export type Dimension = keyof typeof dimensions;

/** Ids that every transaction sees, both ways. */
interface Known {
  ids: Map<string, number>;
  names: Map<number, string>;
}

/** Names that are remembered of one dimension; beyond that it begins anew. */
const knownMax = 100_000;

type Cache = Map<Dimension, Known>;
const caches = new WeakMap<object, Cache>();

/** Transactions under way: whose cache is theirs, and which names are theirs alone until they are committed. */
interface UnderWay {
  db: object;
  made: Map<Dimension, Map<string, number>>;
}
const underWay = new WeakMap<object, UnderWay>();

export interface Named {
  id: number;
  name: string;
}

/** Runs `work`, and lets what it interned be remembered only once `committed` has resolved. */
export async function rememberingNames<T>(
  db: object,
  committed: (begin: (tx: Tx) => void) => Promise<T>,
): Promise<T> {
  const made = new Map<Dimension, Map<string, number>>();
  const result = await committed((tx) => underWay.set(tx, { db, made }));
  for (const [dimension, names] of made)
    for (const [name, id] of names) remember(db, dimension, name, id);
  return result;
}

/** The ids of these names, made where there are none. */
export async function intern(
  tx: Tx,
  dimension: Dimension,
  names: Iterable<string>,
): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  const unknown: string[] = [];
  const made = underWay.get(tx)?.made.get(dimension);
  for (const name of new Set(names)) {
    const id = name === '' ? 0 : (knownOf(tx, dimension).ids.get(name) ?? made?.get(name));
    if (id === undefined) unknown.push(name);
    else found.set(name, id);
  }
  if (unknown.length > 0) await make(tx, dimension, unknown, found);
  return found;
}

/** The same, but names that have none are left out and none is made. */
export async function idsOf(
  tx: Tx,
  dimension: Dimension,
  names: Iterable<string>,
): Promise<ReadonlyMap<string, number>> {
  const { ids } = knownOf(tx, dimension);
  const all = [...new Set(names)];
  const unknown = all.filter((name) => name !== '' && !ids.has(name));
  const read = new Map(await readIds(tx, dimension, unknown));
  return new Map(
    all.flatMap((name) => {
      const id = name === '' ? 0 : (ids.get(name) ?? read.get(name));
      return id === undefined ? [] : [[name, id]];
    }),
  );
}

/** The id of one name that a query is about: null for any, -1, which nothing has, for one that was never seen. */
export async function idOrAny(
  tx: Tx,
  dimension: Dimension,
  name: string | null | undefined,
): Promise<number | null> {
  if (name == null) return null;
  return (await idsOf(tx, dimension, [name])).get(name) ?? -1;
}

/** The names of these ids. */
export async function namesOf(
  tx: Tx,
  dimension: Dimension,
  ids: Iterable<number>,
): Promise<ReadonlyMap<number, string>> {
  const { names } = knownOf(tx, dimension);
  const found = new Map<number, string>();
  const unknown: number[] = [];
  for (const id of new Set(ids)) {
    const name = id === 0 ? '' : names.get(id);
    if (name === undefined) unknown.push(id);
    else found.set(id, name);
  }
  if (unknown.length === 0) return found;
  const made = underWay.get(tx)?.made.get(dimension);
  const rows = await tx.$queryRawUnsafe<Named[]>(
    'SELECT id, name FROM dimension WHERE kind = $1::smallint AND id = ANY($2::int[])',
    dimensions[dimension],
    unknown,
  );
  for (const { id, name } of rows) {
    found.set(id, name);
    if (!made?.has(name)) remember(ownerOf(tx), dimension, name, id);
  }
  return found;
}

/** Every name of a dimension. */
export const allNames = (tx: Tx, dimension: Dimension): Promise<readonly Named[]> =>
  readOnce(tx, `names of ${dimension}`, () =>
    tx.$queryRawUnsafe<Named[]>(
      'SELECT id, name FROM dimension WHERE kind = $1::smallint',
      dimensions[dimension],
    ),
  );

async function make(
  tx: Tx,
  dimension: Dimension,
  names: readonly string[],
  found: Map<string, number>,
): Promise<void> {
  const there = await readIds(tx, dimension, names);
  for (const [name, id] of there) {
    found.set(name, id);
    remember(ownerOf(tx), dimension, name, id);
  }
  // In one order, so that two writers wait for one another and never both.
  const rest = names.filter((name) => !found.has(name)).sort();
  if (rest.length === 0) return;
  await tx.$executeRawUnsafe(
    `INSERT INTO dimension (kind, name) SELECT $1::smallint, name FROM unnest($2::text[]) AS name
     ON CONFLICT DO NOTHING`,
    dimensions[dimension],
    rest,
  );
  const own = underWay.get(tx);
  const read = await readIds(tx, dimension, rest);
  if (dimension === 'key')
    await tx.$executeRawUnsafe(
      'INSERT INTO known_key (key) SELECT id FROM unnest($1::int[]) AS id ON CONFLICT DO NOTHING',
      read.map(([, id]) => id),
    );
  for (const [name, id] of read) {
    found.set(name, id);
    if (own === undefined) remember(tx, dimension, name, id);
    else own.made.set(dimension, (own.made.get(dimension) ?? new Map()).set(name, id));
  }
}

async function readIds(
  tx: Tx,
  dimension: Dimension,
  names: readonly string[],
): Promise<[name: string, id: number][]> {
  if (names.length === 0) return [];
  const rows = await tx.$queryRawUnsafe<Named[]>(
    'SELECT id, name FROM dimension WHERE kind = $1::smallint AND name = ANY($2::text[])',
    dimensions[dimension],
    names,
  );
  return rows.map(({ id, name }) => [name, id]);
}

const ownerOf = (tx: Tx): object => underWay.get(tx)?.db ?? tx;

function knownOf(tx: Tx, dimension: Dimension): Known {
  return cacheOf(ownerOf(tx)).get(dimension) ?? { ids: new Map(), names: new Map() };
}

function cacheOf(owner: object): Cache {
  const cache = caches.get(owner) ?? new Map();
  caches.set(owner, cache);
  return cache;
}

function remember(owner: object, dimension: Dimension, name: string, id: number): void {
  const cache = cacheOf(owner);
  let known = cache.get(dimension);
  if (known === undefined || known.ids.size >= knownMax) {
    known = { ids: new Map(), names: new Map() };
    cache.set(dimension, known);
  }
  known.ids.set(name, id);
  known.names.set(id, name);
}
