import { foreignStates } from '../../../domain/fates.ts';
import type { Tx } from '../../connection/transaction.ts';
import { readTallies } from '../read-tallies.ts';

/** One minute's calls of one cause, or its events of one state and principal. */
export interface RequestPart {
  minute: number;
  measure: 'calls' | 'events';
  label: string;
  /** The process of calls, the principal of events. */
  by: string;
  n: number;
}

/** What a workspace's requests in `[from, to)` (epoch ms) are made of. */
export async function readRequestParts(
  tx: Tx,
  { workspace, ...query }: { from: number; to: number; keys: readonly string[]; workspace: string },
): Promise<RequestPart[]> {
  const sums = await readTallies(tx, {
    ...query,
    cut: 'workspace',
    who: workspace,
    measures: ['calls', 'events'],
    bucketMs: 60_000,
  });
  return sums.flatMap(({ at: minute, measure, label, by, n }): RequestPart[] => {
    if (measure === 'calls') return [{ minute, measure, label, by, n }];
    return foreignStates.has(label) ? [{ minute, measure: 'events', label, by, n }] : [];
  });
}
