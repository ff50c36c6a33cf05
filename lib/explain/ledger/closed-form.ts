/**
 * What TTL caching predicts, beside what was counted. A DEK's uses in one process fall into busy periods, parted where
 * it rested for a TTL or longer: each begins with a sure call, and its lease is renewed within by the first use after
 * each T, a renewal process. Poisson use all day long is its special case. It explains; it is no replay.
 */
import type { ClosedForm } from '../../shared/dto.ts';
import { countText, errorText, nounText, spanText } from '../../shared/screen-text.ts';

/** Busy periods that look the same. */
export interface BusyPeriods {
  /** How many there are. */
  n: number;
  uses: number;
  /** From the first use to the last, ms; of one that was under way, from where the counting begins. */
  spanMs: number;
  /** Whether it was under way when the counting began. */
  underWay: boolean;
}

export interface AccessFacts {
  ttlMs: number;
  processes: number;
  periods: readonly BusyPeriods[];
  /** Uses of a DEK in a process an hour, on average over the hours in which there was any. */
  accessesPerHour: number;
  /** Calls that gave a lease, as counted over the same span. */
  counted: number;
  from: number;
  to: number;
}

/** KMS calls that one such period is expected to make under a TTL of `ttlMs`. */
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
