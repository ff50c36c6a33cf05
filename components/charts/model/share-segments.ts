/** Counts by cause as the segments of one bar. Invariant: the segments cover [0, 1] exactly. */

import { causeOrder } from '../../../lib/shared/causes.ts';
import type { Counts } from '../../../lib/shared/counts.ts';

export interface ShareSegment {
  cause: string;
  count: number;
  from: number;
  to: number;
}

export const sumOf = (counts: Counts): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

/** Largest first; equal ones in the causes' own order. None where there is nothing to share. */
export function shareSegments(counts: Counts): ShareSegment[] {
  const total = sumOf(counts);
  if (total <= 0) return [];
  const rank = (cause: string): number => (causeOrder.indexOf(cause) + 100) % 100;
  let done = 0;
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .sort(([a, x], [b, y]) => y - x || rank(a) - rank(b))
    .map(([cause, count]) => {
      const from = done / total;
      done += count;
      return { cause, count, from, to: done / total };
    });
}
