import { idsOf } from './intern.ts';
import { readExtent } from './read-extent.ts';
import type { Tx } from './transaction.ts';

/** Whether the store holds something before `before` (epoch ms), and nothing about any key but `key`. */
export async function holdsOnly(tx: Tx, given: { key: string; before: number }): Promise<boolean> {
  const extent = await readExtent(tx);
  if (extent === null || extent.from >= given.before) return false;
  const id = (await idsOf(tx, 'key', [given.key])).get(given.key) ?? 0;
  const rows = await tx.$queryRawUnsafe<{ found: boolean }[]>(
    `SELECT EXISTS (SELECT FROM tally_open WHERE key NOT IN (0, $1::int) AND n <> 0)
       OR EXISTS (SELECT FROM tally_day WHERE key NOT IN (0, $1::int) AND length(hours) > 0) AS found`,
    id,
  );
  return rows[0]?.found === false;
}
