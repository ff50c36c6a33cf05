import type { MinutePart } from '../../../domain/window-facts.ts';
import type { ExplainFilter } from '../../../shared/dto.ts';
import type { Tx } from '../../connection/transaction.ts';
import { filtered } from '../filtered.ts';
import { readTallies, visitTallies } from '../read-tallies.ts';

const minuteMs = 60_000;

interface BusiestQuery {
  from: number;
  to: number;
  minutesMax: number;
  filter: ExplainFilter;
}

/**
 * The minutes of `[from, to)` with most KMS calls, busiest first, each by cause; by how many processes only the busiest
 * one's. Calls are no principal's.
 */
export async function readBusiestMinutes(tx: Tx, query: BusiestQuery): Promise<MinutePart[]> {
  const { from, to, filter, minutesMax } = query;
  if (filter.principal !== undefined) return [];
  const totals = new Float64Array(Math.max(0, (to - from) / minuteMs));
  const causes = new Map<number, Map<string, number>>();
  const place = { ...filtered(filter), measures: ['calls'] as const, bucketMs: minuteMs };
  const first = from / minuteMs;
  const parts: { index: number; cause: string; n: number }[] = [];
  await visitTallies(tx, { ...place, from, to }, ({ at, n }, { label }) => {
    const index = at - first;
    totals[index] = (totals[index] ?? 0) + n;
    parts.push({ index, cause: label, n });
  });
  const busiest = mostOf(totals, minutesMax);
  for (const index of busiest) causes.set(index, new Map());
  for (const { index, cause, n } of parts) {
    const own = causes.get(index);
    own?.set(cause, (own.get(cause) ?? 0) + n);
  }
  const [top] = busiest;
  const processes =
    top === undefined ? new Map() : await processesIn(tx, from + top * minuteMs, filter);
  return busiest.flatMap((index) =>
    [...(causes.get(index) ?? [])]
      .filter(([, calls]) => calls > 0)
      .sort(([, a], [, b]) => b - a)
      .map(([cause, calls]) => ({
        minute: from + index * minuteMs,
        cause,
        calls,
        processes: index === top ? (processes.get(cause)?.size ?? 0) : null,
      })),
  );
}

/** Places of the largest counts, largest first, of equal ones the first. */
function mostOf(counts: Float64Array, max: number): number[] {
  const most: number[] = [];
  for (const [index, n] of counts.entries()) {
    const last = most[max - 1];
    if (n <= 0 || (last !== undefined && n <= (counts[last] ?? 0))) continue;
    const at = most.findIndex((other) => (counts[other] ?? 0) < n);
    most.splice(at < 0 ? most.length : at, 0, index);
    if (most.length > max) most.pop();
  }
  return most;
}

/** The processes that made a minute's calls of each cause. */
async function processesIn(
  tx: Tx,
  minute: number,
  filter: ExplainFilter,
): Promise<Map<string, Set<string>>> {
  const { key, workspace } = filter;
  const place =
    workspace === undefined
      ? { cut: 'process' as const, key, who: filter.process }
      : filtered(filter);
  const sums = await readTallies(tx, {
    ...place,
    from: minute,
    to: minute + minuteMs,
    measures: ['calls'],
    bucketMs: minuteMs,
  });
  const processes = new Map<string, Set<string>>();
  for (const { label, who, by } of sums) {
    const of = processes.get(label) ?? new Set<string>();
    processes.set(label, of.add(workspace === undefined ? who : by));
  }
  return processes;
}
