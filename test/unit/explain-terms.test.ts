import { describe, expect, test } from 'vitest';
import {
  comparableFrom,
  compareCounts,
  comparedWindows,
} from '../../lib/explain/ledger/comparison.ts';
import { costsOf } from '../../lib/explain/ledger/costs.ts';
import { buildLedger } from '../../lib/explain/ledger/ledger.ts';
import { countsOf } from '../../lib/explain/ledger/ledger-counts.ts';
import { perMessageOf } from '../../lib/explain/ledger/per-message.ts';
import { requestSeries, workspaceSeries } from '../../lib/explain/spikes/request-series.ts';
import { busiestHours } from '../../lib/explain/words/busiest.ts';
import { defaultPrices, providerOfKey } from '../../lib/shared/price-table.ts';
import { factsFrom, factsTo, sum, windowFacts } from '../support/facts.ts';
import { ourRole } from '../support/records.ts';

const hour = 3_600_000;
const day = 24 * hour;
const window = { from: factsFrom, to: factsTo };
const sums = [
  sum('messages', 'message', 1_000),
  sum('operations', 'message:hit', 1_950),
  sum('operations', 'message:coalesced', 10),
  sum('operations', 'outside:miss', 40),
  sum('calls', 'load.first', 40),
  sum('attempts', 'matched:request-id', 40),
  sum('attempts', 'never-sent:dns', 2),
  sum('events', 'matched', 40, ourRole),
];

describe('terms', () => {
  test('have a share of their line and name the roll-up behind them', () => {
    const [operations] = buildLedger(windowFacts(sums)).lines;
    expect(operations?.terms[0]).toMatchObject({ value: 1_950, evidence: 'operations:hit' });
    expect(operations?.terms.reduce((all, { share }) => all + (share ?? 0), 0)).toBeCloseTo(1);
  });

  test('of an empty window have no share', () => {
    for (const { terms } of buildLedger(windowFacts([])).lines)
      for (const { share } of terms) expect(share).toBeNull();
  });
});

describe('cost', () => {
  test('is what was sent, and without caching every lookup that was answered', () => {
    const [cost] = costsOf(sums, { window, table: defaultPrices });
    expect(cost).toMatchObject({
      provider: 'aws',
      requests: 40,
      requestsWithoutCache: 2_000,
      payer: 'the calling account',
    });
    expect(cost?.amount).toBeCloseTo(40 * 3e-6);
    // 40 an hour are 28,800 in thirty days, of which 20,000 are free.
    expect(cost?.amountPerMonth).toBeCloseTo(8_800 * 3e-6);
  });

  test('of no request is no entry', () => {
    expect(costsOf([], { window, table: defaultPrices })).toEqual([]);
  });

  test.each([
    ['arn:aws:kms:eu-central-1:200000000001:key/k', 'aws'],
    ['arn:aws-us-gov:kms:us-gov-west-1:200000000001:key/k', 'aws'],
    ['alias/messages', 'aws'],
    ['projects/p/locations/l/keyRings/r/cryptoKeys/k', 'gcp'],
    ['gcp-kms:projects/p/locations/l/keyRings/r/cryptoKeys/k', 'gcp'],
    ['https://v.vault.azure.net/keys/k/1', 'azure'],
    ['azure-kv:https://v.vault.azure.net/keys/k', 'azure'],
    ['local:k', null],
  ])('%s lies in %s', (key, provider) => {
    expect(providerOfKey(key)).toBe(provider);
  });
});

describe('comparison', () => {
  test('is with the period before and the same weekday', () => {
    expect(comparedWindows({ from: 10 * day, to: 11 * day })).toEqual([
      { kind: 'previous', window: { from: 9 * day, to: 10 * day } },
      { kind: 'same-weekday', window: { from: 3 * day, to: 4 * day } },
    ]);
  });

  test('of a week is one period, of thirty days reaches back whole weeks', () => {
    expect(comparedWindows({ from: 70 * day, to: 77 * day })).toEqual([
      { kind: 'same-weekday', window: { from: 63 * day, to: 70 * day } },
    ]);
    expect(comparedWindows({ from: 70 * day, to: 100 * day })[1]?.window.from).toBe(35 * day);
  });

  test('tells no data from none', () => {
    const now = countsOf(windowFacts(sums));
    const none = compareCounts(now, countsOf(windowFacts([])));
    expect(none.every(({ before }) => before === null)).toBe(true);
    const some = compareCounts(now, countsOf(windowFacts([sum('messages', 'message', 5)])));
    expect(some.find(({ id }) => id === 'requests')).toMatchObject({ now: 40, before: 0 });
    expect(compareCounts(now, null)).toEqual(none);
  });

  test('leaves out a period that data begin in the middle of', () => {
    const period = { from: 10 * day, to: 11 * day };
    expect(comparableFrom(period)).toBe(10 * day + day / 50);
  });
});

describe('lookups a message', () => {
  test('are told by kind, and those outside of any message apart', () => {
    const given = [
      { ...sum('operations', 'message:hit', 300), operation: 'decrypt' },
      { ...sum('operations', 'message:miss', 100), operation: 'encrypt' },
      { ...sum('operations', 'outside:hit', 50), operation: 'decrypt' },
    ];
    const found = perMessageOf(given, { messages: 100, reopened: [{ tag: 'c 7', calls: 3 }] });
    expect(found.operations).toEqual([
      { scope: 'message', path: 'decrypt', n: 300, perMessage: 3 },
      { scope: 'message', path: 'encrypt', n: 100, perMessage: 1 },
      { scope: 'outside', path: 'decrypt', n: 50, perMessage: null },
    ]);
    expect(found.deksPerMessage).toBe(3);
    expect(found.reopened[0]?.href).toBe('/calls?tag=c%207');
  });

  test('without messages have no ratio', () => {
    expect(perMessageOf([], { messages: 0, reopened: [] })).toMatchObject({ deksPerMessage: null });
  });
});

describe('the busiest hours', () => {
  test('come with most calls first, each with its main cause', () => {
    const part = (start: number, label: string, n: number) => ({
      start,
      measure: 'calls',
      label,
      n,
    });
    const hours = busiestHours(
      [part(0, 'load.first', 3), part(0, 'load.expired', 1), part(hour, 'load.expired', 9)],
      5,
    );
    expect(hours).toEqual([
      { hour, calls: 9, mainCause: 'load.expired', mainShare: 1 },
      { hour: 0, calls: 4, mainCause: 'load.first', mainShare: 0.75 },
    ]);
  });
});

describe('a series of requests', () => {
  const counts = (at: number, n: number) =>
    Array.from({ length: 60 }, (_, m) => (m === at ? n : 0));
  const span = { from: hour / 2, to: 2 * hour };
  const ours = new Set(['our:role']);

  test('counts calls, and events that none of them explains, once each', () => {
    const series = requestSeries(
      [
        { hour: 0, label: 'calls:load.first', counts: counts(5, 4) },
        { hour, label: 'calls:load.first', counts: counts(0, 2) },
        { hour, label: 'events:matched:our:role', counts: counts(0, 2) },
        { hour, label: 'events:unclaimed:their:role', counts: counts(1, 7) },
        { hour, label: 'events:claim-new:our:role', counts: counts(2, 1) },
        { hour, label: 'events:claim-used:our:role', counts: counts(3, 3) },
      ],
      { span, ours },
    );
    expect(series).toMatchObject({ start: 0, unit: 'calls' });
    expect(series.counts.length).toBe(120);
    expect([5, 60, 61, 62, 63].map((at) => series.counts[at])).toEqual([4, 2, 7, 1, 3]);
    expect([...series.parts.keys()]).toEqual([
      'load.first',
      'stranger',
      'telemetry-lost',
      'suspect',
    ]);
  });

  test('is of the events themselves where there is no telemetry', () => {
    const hours = [{ hour: 0, label: 'events:claim-new:our:role', counts: counts(5, 4) }];
    const series = requestSeries(hours, { span, ours: new Set() });
    expect(series.unit).toBe('events');
    expect(series.counts[5]).toBe(4);
  });

  test('of a workspace is what its unit says', () => {
    const hours = [
      { hour: 0, label: 'requests', counts: counts(1, 2) },
      { hour: 0, label: 'events', counts: counts(1, 3) },
    ];
    expect(workspaceSeries(hours, { span, unit: 'calls' }).counts[1]).toBe(2);
    expect(workspaceSeries(hours, { span, unit: 'events' }).counts[1]).toBe(3);
  });

  test('of nothing is zeros', () => {
    expect(requestSeries([], { span, ours }).counts.every((n) => n === 0)).toBe(true);
  });
});
