import { attemptOf } from '../../../domain/sum-label.ts';
import { idsOf } from '../../connection/intern.ts';
import type { Tx } from '../../connection/transaction.ts';
import type { Measure } from '../../rollups/description.ts';
import { readTallies } from '../read-tallies.ts';

const hourMs = 3_600_000;
const measures: readonly Measure[] = ['refused', 'attempts'];

/**
 * From when on a key's answers tell whether it is refused: the hour in which it first was, as far as sums tell, or its
 * newest use where it never was. Null where it was never used. Epoch ms.
 */
export async function readDrillStart(tx: Tx, keys: readonly string[]): Promise<number | null> {
  const [row] = await tx.$queryRawUnsafe<{ last: number | null }[]>(
    `SELECT (extract(epoch FROM max(at)) * 1000)::float8 AS last FROM (SELECT last_at AS at FROM key_caller
       WHERE key = ANY($1::int[]) UNION ALL SELECT last_at FROM key_process WHERE key = ANY($1::int[])) used`,
    [...(await idsOf(tx, 'key', keys)).values()],
  );
  const last = row?.last ?? null;
  if (last === null) return null;
  const to = Math.floor(last / hourMs) * hourMs + hourMs;
  let first = last;
  for (const { measure, label, at } of await readTallies(tx, {
    ...{ cut: 'all', keys, measures, bucketMs: hourMs },
    ...{ from: 0, to },
  }))
    if (measure === 'refused' || refusals.has(attemptOf(label).how)) first = Math.min(first, at);
  return first;
}

/** How an attempt was answered that the log does not have. */
const refusals: ReadonlySet<string> = new Set(['denied', 'wrong-key']);
