import type { ExplainView } from '../../../lib/shared/dto.ts';

const quietMsMin = 3 * 3_600_000;

/** Since when (epoch ms) nothing is recorded in a window that ends now; null where that is no long time. */
export function quietSince({
  buckets,
  bucketMs,
  filter,
  window,
  now,
}: Pick<ExplainView, 'buckets' | 'bucketMs' | 'filter' | 'window' | 'now'>): number | null {
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  if (isFiltered || now - window.to > bucketMs) return null;
  const last = buckets.findLast(
    ({ messages, causes }) => messages > 0 || Object.values(causes).some((count) => count > 0),
  );
  if (last === undefined) return null;
  const since = last.start + bucketMs;
  return now - since < quietMsMin ? null : since;
}
