/**
 * When the log begins that has a key's uses. A cloud keeps one for each Region, project or vault, and files of several
 * begin apart: what a process held before its own log began is unknown, whatever the others show by then.
 */
import type { LogUse } from '../../domain/log-use.ts';

/** @param uses in order of time */
export function logBeginsOf(uses: readonly LogUse[]): (key: string | null) => number {
  const begins = new Map<string, number>();
  const seen = new Set<string | null>();
  for (const { key, at } of uses) {
    if (seen.has(key)) continue;
    seen.add(key);
    const log = logOf(key);
    begins.set(log, Math.min(begins.get(log) ?? at, at));
  }
  const first = uses[0]?.at ?? 0;
  return (key) => begins.get(logOf(key)) ?? first;
}

/** A log with less of the requests does not change what they cost in a year. */
const shareMin = 0.05;
const wholeMin = 0.5;

/**
 * Whether one of several logs spans much less than all together: a rate over the whole span is no rate then.
 *
 * @param uses in order of time
 */
export function logsEndApart(uses: readonly LogUse[]): boolean {
  const spans = new Map<string, { from: number; to: number; uses: number }>();
  for (const { key, at } of uses) {
    const log = logOf(key);
    const span = spans.get(log);
    if (span === undefined) spans.set(log, { from: at, to: at, uses: 1 });
    else {
      span.to = at;
      span.uses += 1;
    }
  }
  const allMs = (uses.at(-1)?.at ?? 0) - (uses[0]?.at ?? 0);
  return [...spans.values()].some(
    (span) => span.uses >= shareMin * uses.length && span.to - span.from < wholeMin * allMs,
  );
}

const places = [/^arn:[\w-]+:kms:[\w-]+/, /^gcp-kms:projects\/[^/]+/, /^azure-kv:https:\/\/[^/]+/];

/** A key that says no place may be of any log. */
function logOf(key: string | null): string {
  for (const place of places) {
    const [found] = key?.match(place) ?? [];
    if (found !== undefined) return found;
  }
  return '';
}
