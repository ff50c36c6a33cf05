/** The log's uses in the shapes that calls have, where there is no telemetry: causes over time. */
import type { MinutePart } from '../../domain/window-facts.ts';
import { tupleKey } from '../../shared/tuple-key.ts';
import type { InferredUse } from './infer-causes.ts';

const minuteMs = 60_000;

/** Uses by cause, in buckets of `bucketMs`. */
export function logBuckets(
  uses: readonly InferredUse[],
  bucketMs: number,
): { start: number; measure: 'calls'; label: string; n: number }[] {
  const counts = new Map<string, { start: number; measure: 'calls'; label: string; n: number }>();
  for (const { at, cause } of uses) {
    const start = Math.floor(at / bucketMs) * bucketMs;
    const id = tupleKey(start, cause);
    const bucket = counts.get(id) ?? { start, measure: 'calls', label: cause, n: 0 };
    bucket.n += 1;
    counts.set(id, bucket);
  }
  return [...counts.values()];
}

/** The busiest minutes, each by cause; sessions stand for processes. */
export function logMinutes(uses: readonly InferredUse[], minutesMax: number): MinutePart[] {
  const minutes = Map.groupBy(uses, ({ at }) => Math.floor(at / minuteMs) * minuteMs);
  return [...minutes]
    .sort(([a, ofA], [b, ofB]) => ofB.length - ofA.length || a - b)
    .slice(0, minutesMax)
    .flatMap(([minute, of]) =>
      [...Map.groupBy(of, ({ cause }) => cause)].map(([cause, own]) => ({
        minute,
        cause,
        calls: own.length,
        processes: new Set(own.map(({ session, principal }) => session ?? principal)).size,
      })),
    );
}
