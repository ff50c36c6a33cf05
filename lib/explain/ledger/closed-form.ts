/**
 * What the theory of TTL caches predicts, beside what was counted. A DEK's uses in one process form busy periods,
 * separated by rests of a TTL or longer. Each busy period begins with one call; within it, the first use after each TTL
 * renews the lease. Steady Poisson use is the special case. This explains the count; it replays nothing.
 */
import type { ClosedForm } from '../../shared/dto.ts';
import { countText, errorText, nounText, spanText } from '../../shared/screen-text.ts';

/** Busy periods that look the same. */
export interface BusyPeriods {
  /** How many busy periods look like this. */
  n: number;
  uses: number;
  /** From the first use to the last, ms; for a period already under way, from where the counting begins. */
  spanMs: number;
  /** Whether it was under way when the counting began. */
  underWay: boolean;
}

export interface AccessFacts {
  ttlMs: number;
  processes: number;
  periods: readonly BusyPeriods[];
  /** Uses of one DEK in one process an hour, averaged over the hours in which it was used. */
  accessesPerHour: number;
  /** Calls that gave a lease, counted over the same span. */
  counted: number;
  from: number;
  to: number;
}

/** How many KMS calls one such busy period is expected to make when the TTL is `ttlMs`. */
export function callsOfPeriod(
  { uses, spanMs, underWay }: Omit<BusyPeriods, 'n'>,
  ttlMs: number,
): number {
  const gaps = underWay ? uses : uses - 1;
  if (gaps <= 0 || (spanMs < ttlMs && !underWay)) return 1;
  const wait = spanMs / gaps;
  const mean = ttlMs + wait;
  if (underWay) return spanMs / mean;
  return Math.max(1, spanMs / mean + (1 + (wait / mean) ** 2) / 2);
}

/** Null where no use of any DEK is known. */
export function closedFormOf({ periods, ...facts }: AccessFacts): ClosedForm | null {
  let starts = 0;
  let predicted = 0;
  for (const { n, ...period } of periods) {
    predicted += n * callsOfPeriod(period, facts.ttlMs);
    if (!period.underWay) starts += n;
  }
  if (periods.length === 0) return null;
  const { ttlMs, accessesPerHour, processes, counted, from, to } = facts;
  const revalidations = predicted - starts;
  const error = counted === 0 ? null : (predicted - counted) / counted;
  const form = { ttlMs, accessesPerHour, processes, busyPeriods: starts, revalidations };
  return {
    ...form,
    predicted,
    counted,
    error,
    from,
    to,
    sentence: sentenceOf({ ...form, predicted, counted, error, spanMs: to - from }),
  };
}

function sentenceOf(
  form: Omit<ClosedForm, 'sentence' | 'from' | 'to'> & { spanMs: number },
): string {
  const { ttlMs, busyPeriods, revalidations, predicted, counted, error, processes, spanMs } = form;
  const off =
    error === null
      ? 'none was counted'
      : `${countText(counted)} were counted, an error of ${errorText(error)}`;
  return (
    `In ${spanText(spanMs)} the DEKs of ${nounText(processes, 'process', 'processes')} had ` +
    `${nounText(busyPeriods, 'busy period')}, parted where a DEK rested for the TTL of ${spanText(ttlMs)}. ` +
    `Each begins with one call, and ${nounText(Math.round(revalidations), 're-validation')} lie within them: ` +
    `${nounText(Math.round(predicted), 'KMS call')} expected; ${off}.`
  );
}
