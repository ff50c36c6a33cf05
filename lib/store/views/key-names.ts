/** Names of one key: the log has its own, telemetry perhaps an alias by which it is registered. */
import { idsOf, namesOf } from '../connection/intern.ts';
import { readOnce } from '../connection/read-once.ts';
import type { Tx } from '../connection/transaction.ts';
import { isEventLog } from '../event-log/event-log.ts';

/** Every alias with the key that it has stood for. */
export const readAliases = (tx: Tx): Promise<readonly { key: string; alias: string }[]> =>
  readOnce(tx, 'aliases of keys', async () => {
    if (isEventLog(tx)) return [];
    const rows = await tx.$queryRawUnsafe<{ key: number; alias: number }[]>(
      'SELECT key, alias FROM key_alias',
    );
    const names = await namesOf(
      tx,
      'key',
      rows.flatMap(({ key, alias }) => [key, alias]),
    );
    const name = (id: number) => names.get(id) ?? '';
    return rows.map(({ key, alias }) => ({ key: name(key), alias: name(alias) }));
  });

/** The aliases that have stood for a key. */
export async function aliasesOf(tx: Tx, key: string): Promise<string[]> {
  const known = await readAliases(tx);
  return known.flatMap((one) => (one.key === key ? [one.alias] : []));
}

/**
 * Every name of a key, the given one first: its aliases, and other keys that these have stood for, since a request by
 * an alias may be of either.
 */
export const keyNames = async (tx: Tx, key: string): Promise<string[]> =>
  (await allKeyNames(tx))(key);

/** The same of any key. */
export async function allKeyNames(tx: Tx): Promise<(key: string) => string[]> {
  const known = await readAliases(tx);
  return (key) => {
    const names = new Set([key]);
    for (const name of names)
      for (const one of known) {
        if (one.key === name) names.add(one.alias);
        if (one.alias === name) names.add(one.key);
      }
    return [...names];
  };
}

/** Ids of a key's names: null for any key, and what nothing has where none was ever seen. */
export async function keyIdsOrAny(
  tx: Tx,
  names: readonly string[] | undefined,
): Promise<number[] | null> {
  return names === undefined ? null : [...(await idsOf(tx, 'key', names)).values()];
}

/** A key by the name that the log has for it; an alias that has stood for several keys stands for itself. */
export async function logNames(tx: Tx): Promise<(name: string) => string> {
  const keys = Map.groupBy(await readAliases(tx), ({ alias }) => alias);
  return (name) => {
    const [one, ...more] = keys.get(name) ?? [];
    return one === undefined || more.length > 0 ? name : one.key;
  };
}
