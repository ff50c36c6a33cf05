import { idsOf } from '../connection/intern.ts';
import type { Tx } from '../connection/transaction.ts';
import { readExtent } from './read-extent.ts';

/** Whether the store holds something before `before` (epoch ms), and nothing about any key but these. */
export async function holdsOnly(
  tx: Tx,
  given: { keys: readonly string[]; before: number },
): Promise<boolean> {
  const extent = await readExtent(tx);
  if (extent === null || extent.from >= given.before) return false;
  const known = await idsOf(tx, 'key', given.keys);
  const ids = given.keys.flatMap((key) => known.get(key) ?? []);
  const rows = await tx.$queryRawUnsafe<{ found: boolean }[]>(
    `SELECT EXISTS (SELECT 1 FROM tally_open WHERE key <> ALL($1::int[]) AND n <> 0 LIMIT 1)
       OR EXISTS (SELECT 1 FROM tally_day WHERE key <> ALL($1::int[]) AND length(hours) > 0 LIMIT 1) AS found`,
    // What has no key is everyone's.
    [0, ...ids],
  );
  return rows[0]?.found === false;
}
