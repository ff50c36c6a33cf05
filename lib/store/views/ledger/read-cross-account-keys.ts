import { dimensions } from '../../connection/intern.ts';
import type { Tx } from '../../connection/transaction.ts';
import { readAliases } from '../key-names.ts';
import { readTallies } from '../read-tallies.ts';

const hourMs = 3_600_000;

/** Keys of attempts in the hours that touch `[from, to)` that callers of another account than the log's use. */
export async function readCrossAccountKeys(
  tx: Tx,
  { from, to }: { from: number; to: number },
): Promise<string[]> {
  const crossed = await tx.$queryRawUnsafe<{ name: string }[]>(
    `SELECT d.name FROM key_crossing c JOIN dimension d ON d.kind = ${dimensions.key} AND d.id = c.key WHERE c.n > 0`,
  );
  if (crossed.length === 0) return [];
  const names = new Set(crossed.map(({ name }) => name));
  for (const { key, alias } of await readAliases(tx)) if (names.has(key)) names.add(alias);
  const attempts = await readTallies(tx, {
    cut: 'all',
    measures: ['attempts'],
    from: Math.floor(from / hourMs) * hourMs,
    to: Math.ceil(to / hourMs) * hourMs,
    bucketMs: null,
  });
  const tried = new Set(attempts.map(({ key }) => key));
  return [...names].filter((name) => tried.has(name));
}
