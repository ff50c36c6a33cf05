/**
 * What TTL caching predicts, beside what was counted: a DEK in one process with Poisson accesses of rate L and lease T
 * asks the KMS 1/(T + 1/L) times a unit of time. It explains; it is no replay: real accesses come in bursts.
 */
import type { ClosedForm } from '../shared/dto.ts';
import { countText, errorText, nounText, spanText } from '../shared/screen-text.ts';

/** How many (process, DEK) pairs were used so many times within one hour. */
export interface UseCount {
  uses: number;
  pairs: number;
}

export interface AccessFacts {
  ttlMs: number;
  processes: number;
  useCounts: readonly UseCount[];
  /** Calls that gave a lease, as counted over the same hours. */
  counted: number;
}

const hourMs = 3_600_000;

/** Null where no use of any DEK is known. */
export function closedFormOf({
  ttlMs,
  processes,
  useCounts,
  counted,
}: AccessFacts): ClosedForm | null {
  let uses = 0;
  let pairs = 0;
  let predicted = 0;
  for (const { uses: each, pairs: n } of useCounts) {
    if (each <= 0 || n <= 0) continue;
    uses += each * n;
    pairs += n;
    predicted += (n * hourMs) / (ttlMs + hourMs / each);
  }
  if (pairs === 0) return null;
  const accessesPerHour = uses / pairs;
  const error = counted === 0 ? null : (predicted - counted) / counted;
  const rounded = Math.round(predicted);
  const off =
    error === null
      ? 'none was counted'
      : `${countText(counted)} were counted, an error of ${errorText(error)}`;
  return {
    ttlMs,
    accessesPerHour,
    processes,
    predicted,
    counted,
    error,
    sentence:
      `With a TTL of ${spanText(ttlMs)} and a DEK used ${accessesPerHour.toFixed(1)} times an hour by each of ` +
      `${nounText(processes, 'process', 'processes')} that uses it, the closed form 1/(T + 1/L) expects ` +
      `${nounText(rounded, 'KMS call')}; ${off}.`,
  };
}
