type Settled<T> = { -readonly [K in keyof T]: Awaited<T[K]> };

/**
 * Waits for all named parts at once, as `Promise.all` does for a list.
 * @example const { facts, prices } = await allOf({ facts: readFacts(), prices: readPrices() });
 */
export async function allOf<T extends object>(parts: T): Promise<Settled<T>> {
  const settled = Object.entries(parts).map(async ([name, part]) => [name, await part] as const);
  // The same names as in `parts`, each with what its promise resolved to.
  return Object.fromEntries(await Promise.all(settled)) as Settled<T>;
}
