import type { LogGap } from '../shared/connection-view.ts';
import type { ReadSpan } from './log-reader.ts';

const dayMs = 86_400_000;

/** The gap before the time that a log keeps; none where its retention is not known. */
export function retentionGap(
  { fromMs, toMs }: ReadSpan,
  { days, fix }: { days: number | null; fix: string },
): LogGap[] {
  if (days === null || toMs - fromMs <= days * dayMs) return [];
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  const evidence = `It keeps ${days} days, and was read from ${day(fromMs)} on: what is before ${day(toMs - days * dayMs)} is gone from it.`;
  return [{ code: 'retention', evidence, fix }];
}
