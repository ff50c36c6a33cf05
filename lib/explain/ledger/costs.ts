import type { WindowSum } from '../../domain/window-facts.ts';
import type { Cost } from '../../shared/dto.ts';
import { type PriceTable, providerOfKey } from '../../shared/price-table.ts';
import { signalsOf } from './signals.ts';

const monthMs = 30 * 86_400_000;

/**
 * What the window's KMS requests cost at list price, and what they would without a cache: then every lookup that was
 * answered asks the KMS itself. Without traces the log's events are the requests, without metrics the lookups are not
 * known.
 * One entry a cloud; free requests are the month's, so only the month's sum takes them off.
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
  measure === 'attempts' && !label.startsWith('never-sent:');

const isUse = (measure: string, label: string) => measure === 'events' && label !== 'other';

const isCached = (label: string) => label.endsWith(':hit') || label.endsWith(':coalesced');

const sum = (sums: readonly WindowSum[], fits: (of: WindowSum) => boolean) =>
  sums.reduce((all, of) => (fits(of) ? all + of.n : all), 0);
