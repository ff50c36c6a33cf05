import { describe, expect, test } from 'vitest';
import { causePaint, paintedCauses } from '../../components/charts/cause-style.ts';
import { spectrumSummary, spectrumTicks } from '../../components/charts/model/spectrum.ts';
import {
  fewerRows,
  incompleteStretches,
  spikeAt,
  spikeRows,
  spikeSummary,
} from '../../components/charts/model/spike-series.ts';
import { parseDraft, placePriceFault, priceDraftOf } from '../../components/explain/price-draft.ts';
import { keyLabel } from '../../components/hooks/key-label.ts';
import { partHref } from '../../components/spikes/part-href.ts';
import { spikeBreakdowns } from '../../lib/explain/spikes/spike-breakdown.ts';
import { causeHref, spikeCallsHref, spikeCountHref } from '../../lib/shared/calls-href.ts';
import { causeOrder } from '../../lib/shared/causes.ts';
import { defaultPrices } from '../../lib/shared/price-table.ts';

const minuteMs = 60_000;
const start = Date.UTC(2026, 10, 24, 14);
const rows = spikeRows({
  bucketMs: 2 * minuteMs,
  buckets: [0, 1, 2, 3, 4].map((index) => ({
    start: start + index * 2 * minuteMs,
    calls: index === 1 ? 1912 : 10,
    expected: 9.6,
    incomplete: index === 0 || index > 2,
  })),
});
const spike = (from: number, to: number, excess: number) => ({
  from: start + from * minuteMs,
  to: start + to * minuteMs,
  excess,
});

describe('the spikes chart', () => {
  test('hatches neighbouring incomplete steps as one stretch', () => {
    expect(incompleteStretches(rows)).toEqual([
      { from: start, to: start + 2 * minuteMs },
      { from: start + 6 * minuteMs, to: start + 10 * minuteMs },
    ]);
  });

  test('finds the spike of a step by overlap, the larger of two, and none beside it', () => {
    const [small, large] = [spike(3, 4, 5), spike(3, 5, 50)];
    const [, second, third, fourth] = rows;
    if (!second || !third || !fourth) throw new Error('rows are missing');
    expect(spikeAt([small, large], second)).toBe(large);
    expect(spikeAt([small], second)).toBe(small);
    expect(spikeAt([small], third)).toBeNull();
    expect(spikeAt([small, large], fourth)).toBeNull();
  });

  test('says how much, when most, and what was usual', () => {
    const words = { spikes: 1, noun: 'KMS requests', atText: () => '14:02' };
    expect(spikeSummary(rows, words)).toBe(
      '1,952 KMS requests; the peak is 1,912 at 14:02 where about 10 are usual; 1 spike marked.',
    );
    expect(spikeSummary([], words)).toBe('No KMS requests in this window.');
  });
});

describe('a part of a spike', () => {
  const of = { from: start, to: start + minuteMs, key: 'k', workspace: 'legal', causes: {} };
  const place = 'key=k&workspace=legal&from=2026-11-24T14:00Z&to=2026-11-24T14:01Z';

  test('leads where it says, within the spike, of its key and workspace', () => {
    const links = ['process=engine-1', 'show=strangers&principal=nightly'];
    for (const query of links) {
      const part = { value: 'x', href: `/calls?${query}` };
      expect(partHref(part, 'process', { ...of, unit: 'calls' })).toBe(`/calls?${query}&${place}`);
    }
    const workspace = { value: 'sales', href: '/calls?workspace=sales' };
    expect(partHref(workspace, 'workspace', { ...of, unit: 'calls' })).toContain(
      'workspace=sales&',
    );
  });

  test('leads to the events where no call of ours is behind it', () => {
    expect(causeHref('stranger')).toBe('/calls?show=strangers');
    expect(causeHref('suspect')).toBe('/calls?show=suspects');
    expect(causeHref('telemetry-lost')).toBe('/calls?show=lost');
    expect(causeHref('load.expired')).toBe('/calls?cause=load.expired');
    const whole = { ...of, unit: 'calls' } as const;
    expect(spikeCallsHref({ ...whole, unit: 'events' })).toBe(`/calls?show=events&${place}`);
    expect(spikeCallsHref({ ...whole, causes: { suspect: 6 } })).toContain('show=suspects');
    expect(spikeCallsHref({ ...whole, causes: { suspect: 6, validate: 1 } })).toBe(
      `/calls?${place}`,
    );
  });

  test('of strangers is looked for among the events, not among our calls', () => {
    const row = {
      cause: 'stranger',
      root: '',
      workspace: '',
      process: '',
      dek: '',
      tag: '',
      principal: 'nightly',
      n: 12,
    };
    const ours = { ...row, cause: 'validate', principal: 'engine', n: 1 };
    const [causes, principals] = spikeBreakdowns([row, ours], 13);
    expect(causes?.parts.map(({ href }) => href)).toEqual([
      '/calls?show=strangers',
      '/calls?cause=validate',
    ]);
    expect(principals?.parts.map(({ href }) => href)).toEqual([
      '/calls?show=strangers&principal=nightly',
      '/calls?principal=engine',
    ]);
  });

  test('is no link where the calls page cannot show the same', () => {
    expect(
      partHref({ value: 'engine-1', href: '/calls' }, 'process', { ...of, unit: 'events' }),
    ).toBeUndefined();
    expect(
      spikeCountHref({ ...of, unit: 'calls', causes: { suspect: 6, validate: 1 } }),
    ).toBeUndefined();
    expect(partHref({ value: '' }, 'dek', { ...of, unit: 'calls' })).toBeUndefined();
    expect(
      partHref({ value: '', href: '/calls' }, 'dek', { ...of, unit: 'calls' }),
    ).toBeUndefined();
  });
});

describe('a key in a list', () => {
  test('shows a key by the part that tells it from others, and other keys whole', () => {
    expect(keyLabel('arn:aws:kms:eu-central-1:2000:key/42-de')).toBe('42-de (2000, eu-central-1)');
    expect(keyLabel('projects/p/locations/l')).toBe('projects/p/locations/l');
  });
});

describe('the price table', () => {
  test('is the same after it was written out and read', () => {
    expect(parseDraft(priceDraftOf(defaultPrices), defaultPrices).table).toEqual(defaultPrices);
  });

  test('takes grouped numbers and names the field that holds none', () => {
    const draft = { ...priceDraftOf(defaultPrices), 'prices.0.freePerMonth': '20,000' };
    expect(parseDraft(draft, defaultPrices).table).toEqual(defaultPrices);
    for (const text of ['', 'free', '1e9', 'NaN', 'Infinity']) {
      expect(parseDraft({ ...draft, 'prices.1.per10k': text }, defaultPrices).fault).toEqual({
        field: 'prices.1.per10k',
        text: 'Give a number.',
      });
    }
  });

  test('says a refusal at its field, and any other below', () => {
    const draft = priceDraftOf(defaultPrices);
    expect(placePriceFault('prices.2.per10k: Too small.', draft)).toEqual({
      field: 'prices.2.per10k',
      text: 'Too small.',
    });
    expect(placePriceFault('The server did not answer.', draft).field).toBe('');
    expect(placePriceFault('toString: what', draft).field).toBe('');
  });
});

describe('the spectrum', () => {
  const spectrum = [30, 45, 63, 90, 120].map((minutes) => ({
    periodMs: minutes * minuteMs,
    z: minutes === 63 ? 22.3 : 1,
  }));

  test('has round ticks within it, few enough to be read', () => {
    const ticks = spectrumTicks(spectrum).map((tick) => tick / minuteMs);
    expect(ticks).toEqual([30, 45, 60, 75, 90, 105, 120]);
    expect(spectrumTicks([])).toEqual([]);
    expect(spectrumTicks(spectrum.slice(1, 2))).toEqual([45 * minuteMs]);
  });

  test('says its peak', () => {
    expect(spectrumSummary(spectrum)).toBe('strongest at 1 h 3 min, z 22.3.');
    expect(spectrumSummary([])).toBe('no period was tried.');
  });
});

test('every cause and every part of a spike has a paint of its own, of a name CSS can hold', () => {
  const paints = paintedCauses.map((cause) => causePaint(cause));
  expect(paintedCauses).toEqual(expect.arrayContaining([...causeOrder]));
  expect(new Set(paints.map(({ id }) => id)).size).toBe(paints.length);
  for (const { id } of paints) expect(id).toMatch(/^cause-[a-z-]+$/);
  expect(causePaint('zz.new').id).toBe('cause-other');
});

test('fewer rows hold the same counts over the same time', () => {
  const fewer = fewerRows(rows, 2);
  const totals = (of: typeof rows) => [
    of[0]?.start,
    of.at(-1)?.end,
    Math.round(of.reduce((sum, { calls, expected }) => sum + calls + expected, 0)),
    of.some(({ incomplete }) => incomplete),
  ];
  expect(rows.length).toBeGreaterThan(2);
  expect(fewer.length).toBeLessThanOrEqual(2);
  expect(totals(fewer)).toEqual(totals(rows));
  expect(fewerRows([], 2)).toEqual([]);
  expect(fewerRows(rows, 1_000)).toEqual(rows);
});
