import type { Tx } from '../../connection/transaction.ts';
import { filtered } from '../filtered.ts';
import { readTallies } from '../read-tallies.ts';
import type { ActivityQuery } from './read-busy-periods.ts';

/** An hour's uses of DEKs, and how many (process, DEK) pairs they are of. */
export interface HourUses {
  hour: number;
  uses: number;
  pairs: number;
}

/** The hours of `[from, to)` in which DEKs were used, newest first, and by how many processes in all. */
export async function readUseCounts(
  tx: Tx,
  { from, to, workspace, process }: ActivityQuery,
): Promise<{ hours: HourUses[]; processes: number }> {
  const ofWorkspace = workspace !== undefined;
  const place = ofWorkspace
    ? filtered({ workspace, ...(process !== undefined && { process }) })
    : { cut: 'process' as const, who: process };
  const sums = await readTallies(tx, {
    ...place,
    keys: [''],
    from,
    to,
    measures: ['uses', 'pairs'],
    bucketMs: 3_600_000,
  });
  const hours = new Map<number, HourUses>();
  const processes = new Set<string>();
  for (const { measure, who, by, at: hour, n } of sums) {
    processes.add(ofWorkspace ? by : who);
    const known = hours.get(hour) ?? { hour, uses: 0, pairs: 0 };
    hours.set(
      hour,
      measure === 'uses'
        ? { ...known, uses: known.uses + n }
        : { ...known, pairs: known.pairs + n },
    );
  }
  return { hours: [...hours.values()].sort((a, b) => b.hour - a.hour), processes: processes.size };
}
