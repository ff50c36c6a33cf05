import { attemptOf, lookupOf } from '../../domain/sum-label.ts';
import type { WindowSum } from '../../domain/window-facts.ts';
import type { Cost } from '../../shared/dto.ts';
import { type PriceTable, providerOfKey } from '../../shared/price-table.ts';
import { signalsOf } from './signals.ts';

const monthMs = 30 * 86_400_000;

/**
 * What the window's KMS requests cost at list price, and what they would cost if every lookup asked the KMS. Without
 * traces the log's events are the requests; without metrics the lookups are not known. One entry a cloud: the free
 * requests are a month's, so they are taken off the month's sum only.
 */
export function costsOf(
  sums: readonly WindowSum[],
  { window, table }: { window: { from: number; to: number }; table: PriceTable },
): Cost[] {
  const telemetry = sums.some(({ measure }) => measure === 'attempts' || measure === 'operations');
  const signals = signalsOf({ sums, coveredUntil: null });
  const told = telemetry && signals.traces;
  const cacheTold = told && signals.metrics;
  return table.prices.flatMap(({ provider, per10k, freePerMonth, payer }) => {
    const own = sums.filter(({ key }) => providerOfKey(key) === provider);
    const requests = sum(own, ({ measure, label }) =>
      told ? isAttempt(measure, label) : isUse(measure, label),
    );
    const cached = sum(own, ({ measure, label }) => measure === 'operations' && isCached(label));
    if (requests + (told ? cached : 0) === 0) return [];
    const amount = (of: number) => (of * per10k) / 10_000;
    const perMonth = (requests * monthMs) / (window.to - window.from);
    return [
      {
        provider,
        currency: table.currency,
        per10k,
        requests,
        amount: amount(requests),
        requestsWithoutCache: cacheTold ? requests + cached : null,
        amountWithoutCache: cacheTold ? amount(requests + cached) : null,
        payer,
        amountPerMonth: amount(Math.max(0, perMonth - freePerMonth)),
      },
    ];
  });
}

const isAttempt = (measure: string, label: string) =>
  measure === 'attempts' && attemptOf(label).fate !== 'never-sent';

const isUse = (measure: string, label: string) => measure === 'events' && label !== 'other';

const isCached = (label: string) => ['hit', 'coalesced'].includes(lookupOf(label).outcome);

const sum = (sums: readonly WindowSum[], fits: (of: WindowSum) => boolean) =>
  sums.reduce((all, of) => (fits(of) ? all + of.n : all), 0);
