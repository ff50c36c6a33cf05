import { describe, expect, test } from 'vitest';
import { scaledTo, spikeBreakdowns } from '../../lib/explain/spikes/spike-breakdown.ts';
import { type RootedCalls, spikeOrigin } from '../../lib/explain/spikes/spike-origin.ts';
import {
  echoesSaid,
  ordinal,
  spikeSentence,
  spikesSentence,
} from '../../lib/explain/words/spike-sentence.ts';
import { parseSpikeId, spikeHref, spikeId } from '../../lib/shared/spike-id.ts';

const minute = 60_000;
const noon = Date.UTC(2026, 10, 24, 12);

const rooted = (given: Partial<RootedCalls>): RootedCalls => ({
  rootCause: 'load.first.cold-start',
  rootAt: noon + minute,
  generation: 2,
  process: 'engine-1',
  n: 1,
  ...given,
});

/** The example of the design: the second echo of a deploy of six processes, and a rest. */
const echo = [
  ...Array.from({ length: 6 }, (_, at) =>
    rooted({
      process: `engine-${at + 1}`,
      rootAt: noon + minute * (1 + Math.floor(at / 2)),
      n: 273,
    }),
  ),
  rooted({ process: 'engine-1', n: 2 }),
  rooted({ rootCause: 'load.reopened', rootAt: noon - 300 * minute, generation: 5, n: 200 }),
  rooted({ rootCause: null, rootAt: null, generation: 0, n: 72 }),
];

const href = '/spikes/20261124T1403-20261124T1406?key=k';

const spike = {
  unit: 'calls' as const,
  from: noon + 123 * minute,
  calls: 1_912,
  expected: 118.6,
  causes: { 'load.expired': 1_840, 'load.first': 72 },
  mainCause: 'load.expired',
  mainShare: 1_840 / 1_912,
};

describe('the echo of a spike', () => {
  const step = (generation: number, hours: number) => {
    const from = noon + hours * 60 * minute;
    return { generation, from, to: from + 5 * minute, mid: from + 2 * minute, calls: 50 };
  };

  test('is named with how often it came back since and about how long apart', () => {
    const chain = [step(0, 0), step(1, 1), step(2, 2), step(4, 4)];
    expect(echoesSaid({ chain, to: noon + 5 * minute, href })).toEqual({
      text: 'It came back 3 times since, about every 1 h: an echo, in which the same data keys are asked for again as their TTL ends.',
      links: [{ at: 'It came back '.length, href }],
    });
    expect(echoesSaid({ chain, to: noon + 65 * minute, href })?.text).toMatch(
      /^It came back 2 times since/,
    );
  });

  test('is none where it did not come back at least twice', () => {
    for (const chain of [[], [step(0, 0)], [step(0, 0), step(1, 1)]])
      expect(echoesSaid({ chain, to: noon + 5 * minute, href })).toBeNull();
  });
});

describe('the origin of a spike', () => {
  test('is the load cohort that most calls go back to, with its rollout as one', () => {
    const { origin, rest } = spikeOrigin(echo, 1_912);
    expect(origin).toEqual({
      kind: 'deploy',
      fanOutOf: null,
      cause: 'load.first.cold-start',
      at: noon + minute,
      processes: 6,
      generation: 2,
      calls: 1_640,
      share: 1_640 / 1_912,
    });
    expect(rest.reduce((sum, { n }) => sum + n, 0)).toBe(272);
  });

  test('of a fan-out is what it followed, unless more fanned out than can have followed that', () => {
    const fanOut = Array.from({ length: 5 }, (_, at) =>
      rooted({ rootCause: 'load.first.fan-out', process: `engine-${at + 2}`, n: 10 }),
    );
    const begun = (rootCause: string, n: number) =>
      spikeOrigin([...fanOut, rooted({ rootCause, rootAt: noon, n })], 60).origin;
    expect(begun('load.first.historical', 10)).toMatchObject({
      kind: 'fan-out',
      fanOutOf: 'reopened',
    });
    expect(begun('dek.rotation', 10)).toMatchObject({ fanOutOf: 'rotation' });
    expect(begun('dek.rotation', 9)).toMatchObject({ kind: 'fan-out', fanOutOf: null });
    const long = rooted({ rootCause: 'dek.rotation', rootAt: noon - 5 * minute, n: 10 });
    expect(spikeOrigin([...fanOut, long], 60).origin).toMatchObject({ fanOutOf: null });
    expect(spikeSentence({ ...spike, echo: begun('dek.rotation', 10) })).toContain('“');
    const told = {
      ...spike,
      calls: 60,
      causes: { 'load.first.fan-out': 50 },
      mainCause: 'load.first.fan-out',
    };
    expect(spikeSentence({ ...told, echo: begun('load.first.historical', 10) })).toContain(
      'are the second echo of the 2026-11-24 12:01 UTC fan-out of reopened old data in 5 processes.',
    );
  });

  test('does not depend on the order of the rows', () => {
    expect(spikeOrigin([...echo].reverse(), 1_912).origin).toEqual(spikeOrigin(echo, 1_912).origin);
  });

  test('keeps roots apart that are further from each other than a rollout takes', () => {
    const rows = [rooted({ n: 5 }), rooted({ rootAt: noon + 20 * minute, n: 7 })];
    expect(spikeOrigin(rows, 12).origin).toMatchObject({ at: noon + 20 * minute, calls: 7 });
  });

  test('is not guessed where no root is known', () => {
    const rows = [rooted({ rootCause: null, rootAt: null })];
    expect(spikeOrigin(rows, 1)).toEqual({ origin: null, rest: rows });
    expect(spikeOrigin([], 0)).toEqual({ origin: null, rest: [] });
  });
});

describe('the sentence of a spike', () => {
  test('names the echo, its root and how much it explains', () => {
    const { origin } = spikeOrigin(echo, 1_912);
    expect(spikeSentence({ ...spike, echo: origin })).toBe(
      '2026-11-24 14:03 UTC: 1,912 requests where about 119 are usual; 1,640 (85.8 %) are the second echo of the 2026-11-24 12:01 UTC deploy of 6 processes.',
    );
  });

  test('falls back to the cause where lineage explains too little', () => {
    expect(spikeSentence({ ...spike, echo: null })).toContain(
      '1,840 (96.2 %) are of cause “Re-validation”.',
    );
    const { origin } = spikeOrigin([rooted({ n: 12 })], 1_912);
    expect(spikeSentence({ ...spike, echo: origin })).toContain('“Re-validation”');
  });

  test('says whenever a root was', () => {
    const { origin } = spikeOrigin([rooted({ rootAt: noon - 1440 * minute, n: 1_912 })], 1_912);
    expect(spikeSentence({ ...spike, echo: origin })).toContain(
      'all are the second echo of the 2026-11-23 12:00 UTC deploy',
    );
  });

  test('of none says that there is none, and of more counts all', () => {
    const told = {
      ...{ more: 0, unseenDrops: 0, unit: 'calls' as const, searched: null },
      counted: 1_912,
    };
    expect(spikesSentence([], { ...told, counted: 0 }).text).toMatch(/^Nothing was counted/);
    expect(spikesSentence([], told).text).toMatch(/^No spikes/);
    const direction = 'spike' as const;
    const place = { to: spike.from + 3 * minute, key: 'k', workspace: null, href };
    const sentence = spikeSentence({ ...spike, echo: null });
    const listed = [{ ...spike, ...place, direction, sentence, echo: null }];
    const all = spikesSentence(listed, { ...told, more: 4 });
    expect(all.text).toMatch(
      /^5 spikes of KMS requests. The largest, 2026-11-24 14:03 UTC: 1,912 requests/,
    );
    expect(all.links.map(({ at, href }) => [all.text.slice(at, at + 5), href])).toEqual([
      ['1,912', '/calls?key=k&from=2026-11-24T14:03Z&to=2026-11-24T14:06Z'],
      ['119 a', href],
      ['1,840', '/calls?cause=load.expired&key=k&from=2026-11-24T14:03Z&to=2026-11-24T14:06Z'],
      ['96.2 ', '/calls?cause=load.expired&key=k&from=2026-11-24T14:03Z&to=2026-11-24T14:06Z'],
    ]);
    expect(spikesSentence([], { ...told, searched: 200 }).text).toContain('the 200 busiest keys');
    expect(spikesSentence([], { ...told, unseenDrops: 1_200 }).text).toContain(
      '1,200 smaller drops were not looked into.',
    );
  });

  test.each([
    [1, 'first'],
    [10, 'tenth'],
    [11, '11th'],
    [12, '12th'],
    [21, '21st'],
    [22, '22nd'],
    [103, '103rd'],
    [112, '112th'],
  ])('counts echo %i as the %s', (n, word) => {
    expect(ordinal(n)).toBe(word);
  });
});

describe('a breakdown', () => {
  const row = (process: string, n: number) => ({
    cause: 'load.expired',
    root: '',
    workspace: 'legal',
    process,
    dek: '',
    tag: process === 'engine-1' ? 'c7' : '',
    principal: '',
    n,
  });

  test('sums to the spike in every dimension, whatever is beyond the list or has no value', () => {
    const rows = Array.from({ length: 30 }, (_, at) => row(`engine-${at}`, at + 1));
    const breakdowns = spikeBreakdowns(rows, 465);
    expect(breakdowns.map(({ dimension }) => dimension)).toEqual([
      'cause',
      'workspace',
      'process',
      'tag',
    ]);
    for (const { parts } of breakdowns)
      expect(parts.reduce((sum, { calls }) => sum + calls, 0)).toBe(465);
    const [, , process] = breakdowns;
    expect(process?.parts[0]).toMatchObject({
      value: 'engine-29',
      calls: 30,
      href: '/calls?process=engine-29',
    });
    expect(process?.parts.at(-1)).toMatchObject({ label: 'All others', value: '' });
  });

  test('of a sample is scaled to the whole', () => {
    const [, , process] = spikeBreakdowns([row('engine-1', 2), row('engine-2', 1)], 1_000);
    expect(process?.parts.map(({ calls }) => calls)).toEqual([667, 333]);
  });

  test('scales whole numbers exactly, and nothing to nothing', () => {
    expect(scaledTo([1, 1, 1], 10)).toEqual([4, 3, 3]);
    expect(scaledTo([0, 0], 10)).toEqual([0, 0]);
  });
});

describe('a spike’s id', () => {
  test('names its interval, and back', () => {
    const interval = { from: noon + 123 * minute, to: noon + 126 * minute };
    expect(spikeId(interval)).toBe('20261124T1403-20261124T1406');
    expect(parseSpikeId(spikeId(interval))).toEqual(interval);
  });

  test.each([
    '',
    'x',
    '20261124T1403',
    '20261124T1406-20261124T1403',
    '20269924T1403-20269924T1406',
  ])('is none in “%s”', (id) => {
    expect(parseSpikeId(id)).toBeNull();
  });

  test('carries key and workspace in its page’s address', () => {
    expect(spikeHref({ id: 'a', key: 'arn:k', workspace: 'legal' })).toBe(
      '/spikes/a?key=arn%3Ak&workspace=legal',
    );
  });
});
