/** The log's uses in the shapes that calls have, where there is no telemetry: causes over time. */
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

/** The uses of the minute with most; 0 where there are none. */
export function peakMinute(uses: readonly InferredUse[]): number {
  const minutes = new Map<number, number>();
  let most = 0;
  for (const { at } of uses) {
    const minute = Math.floor(at / minuteMs);
    const n = (minutes.get(minute) ?? 0) + 1;
    minutes.set(minute, n);
    most = Math.max(most, n);
  }
  return most;
}
