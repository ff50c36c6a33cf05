import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../lib/domain/seeded-random.ts';
import { findBursts } from '../../lib/explain/pattern/find-bursts.ts';
import { findPeriod } from '../../lib/explain/pattern/find-period.ts';
import { loadChains } from '../../lib/explain/pattern/load-chains.ts';
import { findPattern, type PatternFacts, repeats } from '../../lib/explain/pattern/pattern.ts';
import { logRayleighTail } from '../../lib/explain/pattern/rayleigh-tail.ts';
import type { SentenceLink } from '../../lib/shared/dto.ts';
import {
  countsOf,
  echoCalls,
  jobCalls,
  poissonCalls,
  type TracedCall,
  tracedOf,
} from '../support/echo-traces.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const from = Date.UTC(2026, 10, 23);
const to = from + 24 * hourMs;
const window = { from, to };

/** The pattern of a trace as the engine's telemetry tells it, or as the log alone does. */
function patternOf(calls: readonly TracedCall[], given: Partial<PatternFacts> = {}) {
  const series = countsOf(calls, window);
  const bursts = findBursts(series);
  const unit = given.unit ?? 'calls';
  return findPattern({
    window,
    unit,
    calls: calls.length,
    bursts,
    chains: loadChains(bursts, unit === 'calls' ? tracedOf(calls, bursts, series) : []),
    ttlMs: null,
    accessesPerHour: null,
    ...given,
  });
}

const background = (seed: number) =>
  poissonCalls({ random: seededRandom(seed), from, to, perMinute: 30 });

/** A deploy at 01:01 of two thousand DEKs, with what goes on beside it. */
const deploy = (given: { ttlMinutes?: number; usesPerHour: number; firstLease?: boolean }) => [
  ...echoCalls({
    random: seededRandom(7),
    ...window,
    rootAt: from + hourMs + minuteMs,
    deks: 2_000,
    ...given,
  }),
  ...background(8),
];

const everyHour = (minute: number, hours = 24) =>
  Array.from({ length: hours }, (_, hour) => from + hour * hourMs + minute * minuteMs);

describe('a deploy under a TTL', () => {
  test.each([
    { ttlMinutes: 60, usesPerHour: 25 },
    { ttlMinutes: 60, usesPerHour: 40 },
    { ttlMinutes: 60, usesPerHour: 100 },
    { ttlMinutes: 30, usesPerHour: 40 },
    { ttlMinutes: 90, usesPerHour: 20 },
  ])('of $ttlMinutes min, $usesPerHour uses an hour, repeats by T + 1/L within 2 %', (given) => {
    const theoryMs = given.ttlMinutes * minuteMs + hourMs / given.usesPerHour;
    for (const unit of ['calls', 'events'] as const) {
      const { period, lines } = patternOf(deploy(given), { unit });
      expect(repeats(period)).toBe(true);
      expect(Math.abs((period?.foundMs ?? 0) / theoryMs - 1)).toBeLessThan(0.02);
      expect(lines[0]?.kind).toBe('echo');
      expect(lines[0]?.points[0]?.at).toBeGreaterThan(from + hourMs);
    }
  });

  test('slants by 1/L an hour, and its sentence holds the period against the theory', () => {
    const { lines, sentences } = patternOf(deploy({ usesPerHour: 25 }), {
      ttlMs: hourMs,
      accessesPerHour: 25,
    });
    expect(lines).toHaveLength(1);
    expect(lines[0]?.driftMinutes).toBeCloseTo(2.4, 0);
    expect(lines[0]?.sentence).toMatch(
      /^The 2026-11-23 01:01 UTC deploy echoes: \d+ re-validations/,
    );
    expect(sentences[0]).toMatch(
      /^Loads repeat every 62\.\d min, not every 60: the TTL of 1 h and, on average, 2\.4 min until a DEK is used again \(T \+ 1\/L = 62\.4 min\)/,
    );
  });

  test('counts each cohort once, by lineage, at whole calls', () => {
    const { lines, period } = patternOf(deploy({ usesPerHour: 100 }));
    expect(period?.cohorts).toBe(lines[0]?.points.length);
    for (const { calls } of lines[0]?.points ?? []) {
      expect(calls).toBe(Math.round(calls));
      expect(Math.abs(calls / 2_000 - 1)).toBeLessThan(0.15);
    }
  });

  test('with a random first lease has no echo', () => {
    for (const unit of ['calls', 'events'] as const) {
      const found = patternOf(deploy({ usesPerHour: 30, firstLease: true }), { unit });
      expect(repeats(found.period)).toBe(false);
      expect(found.lines).toHaveLength(1);
      expect(found.lines[0]).toMatchObject({ kind: 'deploy', driftMinutes: null });
    }
  });

  test('with DEKs so busy that it hardly drifts is an echo all the same, by lineage', () => {
    const [line, ...others] = patternOf(deploy({ usesPerHour: 2_000 })).lines;
    expect(others).toEqual([]);
    expect(line).toMatchObject({ kind: 'echo' });
    expect(line?.points.length).toBeGreaterThan(20);
  });
});

describe('a scheduled job', () => {
  test('at minute 17 is one vertical line', () => {
    const job = jobCalls({ random: seededRandom(3), instants: everyHour(17), n: 200 });
    for (const unit of ['calls', 'events'] as const) {
      const { lines, period } = patternOf([...job, ...background(4)], { unit });
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatchObject({ kind: 'schedule', driftMinutes: 0 });
      expect(lines[0]?.points).toHaveLength(24);
      expect(lines[0]?.sentence).toContain('The same minute of the hour 24 times');
      expect((period?.foundMs ?? 0) / hourMs).toBeCloseTo(1, 2);
    }
  });

  test('beside two echoes is told from both', () => {
    const random = seededRandom(5);
    const echo = (rootAt: number, deks: number) =>
      echoCalls({ random, ...window, rootAt, deks, usesPerHour: 30 });
    const calls = [
      ...jobCalls({ random, instants: everyHour(17), n: 200 }),
      ...echo(from + 1.5 * hourMs, 1_500),
      ...echo(from + 7.9 * hourMs, 1_500),
      ...background(6),
    ];
    const { lines, period } = patternOf(calls);
    const kinds = lines.filter(({ points }) => points.length > 2).map(({ kind }) => kind);
    expect(kinds.sort()).toEqual(['echo', 'echo', 'schedule']);
    expect(Math.abs((period?.foundMs ?? 0) / (62 * minuteMs) - 1)).toBeLessThan(0.02);
  });

  test('as regular as the TTL, so that it continues its own leases, is no echo', () => {
    const random = seededRandom(9);
    const calls = everyHour(17).flatMap((start, generation) =>
      jobCalls({ random, instants: [start], n: 200 }).map((call) => ({
        ...call,
        rootAt: from + 17 * minuteMs,
        generation,
      })),
    );
    const { lines } = patternOf([...calls, ...background(10)]);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ kind: 'schedule' });
  });

  test('every quarter of an hour is four vertical lines', () => {
    const random = seededRandom(11);
    const instants = [2, 17, 32, 47].flatMap((minute) => everyHour(minute));
    const { lines } = patternOf([...jobCalls({ random, instants, n: 200 }), ...background(12)]);
    expect(lines.map(({ kind }) => kind)).toEqual(Array(4).fill('schedule'));
  });
});

describe('what does not repeat', () => {
  test('a lone deploy is one row without a successor', () => {
    const rootCause = 'load.first.cold-start';
    const instants = [from + 5 * hourMs];
    const calls = jobCalls({ random: seededRandom(13), instants, n: 500, rootCause });
    const { lines, period, sentences } = patternOf([...calls, ...background(14)]);
    expect(period).toBeNull();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ kind: 'deploy', driftMinutes: null });
    expect(lines[0]?.sentence).toMatch(
      /the 2026-11-23 05:00 UTC deploy; no burst of another hour lines up/,
    );
    expect(sentences[0]).toMatch(/^One burst shows no period/);
  });

  test('a deploy just before the end is not said to have no echo', () => {
    const instants = [to - 20 * minuteMs];
    const calls = jobCalls({ random: seededRandom(15), instants, n: 500 });
    const { lines, sentences } = patternOf([...calls, ...background(16)]);
    expect(lines[0]?.sentence).toContain('the window ends too soon to tell');
    expect(sentences).toContain(
      '1 burst comes too late in this window to tell whether anything follows.',
    );
  });

  test('random instants have a period at p < 0.001 in fewer than 1 of 100 seeds', () => {
    let found = 0;
    for (let seed = 0; seed < 200; seed += 1) {
      const random = seededRandom(seed);
      const cohorts = Array.from({ length: 5 + Math.floor(random() * 40) }, () => ({
        at: from + Math.floor(random() * 24 * hourMs),
        chain: null,
      }));
      if ((findPeriod(cohorts)?.pValue ?? 1) < 0.001) found += 1;
    }
    expect(found).toBeLessThanOrEqual(2);
  });

  test('Poisson counts have none either, and no line', () => {
    let found = 0;
    for (let seed = 0; seed < 200; seed += 1) {
      const calls = poissonCalls({ random: seededRandom(seed), from, to, perMinute: 5 });
      const { period, lines } = patternOf(calls, { unit: 'events' });
      if ((period?.pValue ?? 1) < 0.001 || lines.some(({ points }) => points.length > 1))
        found += 1;
    }
    expect(found).toBeLessThanOrEqual(2);
  });

  test.each([
    ['a step to another level', (minute: number) => (minute < 500 ? 20 : 200)],
    ['a gap in the data', (minute: number) => (minute > 500 && minute < 900 ? 0 : 150)],
    ['data that begin late', (minute: number) => (minute < 700 ? 0 : 40)],
    ['a slow swell', (minute: number) => Math.round(100 - 90 * Math.cos(minute / 230))],
  ])('%s is no burst', (_, count) => {
    const counts = Float64Array.from({ length: 1_440 }, (__, minute) => count(minute));
    expect(findBursts({ start: from, counts })).toEqual([]);
  });
});

describe('the period', () => {
  const cohorts = (periodMinutes: number, n: number, chain: string | null = null) =>
    Array.from({ length: n }, (_, k) => ({ at: from + k * periodMinutes * minuteMs, chain }));

  test.each([7, 20.2, 31.5, 60.6, 62.4, 130])(
    'of %d min is told, not a half or third',
    (minutes) => {
      const found = findPeriod(cohorts(minutes, 10));
      expect((found?.foundMs ?? 0) / minuteMs / minutes).toBeCloseTo(1, 2);
      expect(found?.confirmed).toBe(true);
    },
  );

  test('of chains that begin at any time is that of each, not of their mixture', () => {
    const later = cohorts(62.4, 6, 'b').map(({ at, chain }) => ({
      at: at + 31.2 * minuteMs,
      chain,
    }));
    const found = findPeriod([...cohorts(62.4, 6, 'a'), ...later]);
    expect((found?.foundMs ?? 0) / minuteMs).toBeCloseTo(62.4, 0);
  });

  test('needs four cohorts, three of them in a chain, and more than one instant', () => {
    expect(findPeriod(cohorts(60, 3))).toBeNull();
    expect(findPeriod([...cohorts(60, 2, 'a'), ...cohorts(60, 2, 'b')])).toBeNull();
    expect(findPeriod(cohorts(0, 30))).toBeNull();
    expect(findPeriod([])).toBeNull();
  });

  test('is not found in whole minutes as such', () => {
    const found = findPeriod(
      [0, 35, 185, 500].map((at) => ({ at: from + at * minuteMs, chain: null })),
    );
    expect(found?.pValue).toBeGreaterThan(0.01);
  });

  test('is weighed by a tail that is right for few cohorts and for many', () => {
    for (const n of [4, 8, 30]) {
      const random = seededRandom(n);
      const draws = 40_000;
      let below = 0;
      for (let draw = 0; draw < draws; draw += 1) {
        let [x, y] = [0, 0];
        for (let i = 0; i < n; i += 1) {
          const angle = 2 * Math.PI * random();
          x += Math.cos(angle);
          y += Math.sin(angle);
        }
        if (logRayleighTail(n, Math.hypot(x, y) / n) < Math.log(0.01)) below += 1;
      }
      expect(below / draws).toBeCloseTo(0.01, 2);
      expect(Math.abs(below / draws / 0.01 - 1)).toBeLessThan(0.2);
    }
  });
});

/** The numbers of a sentence that lead somewhere, each with where. */
const ledTo = (text: string | undefined, links: readonly SentenceLink[] | undefined) =>
  links?.map(({ at, href }) => [/^[\d,]+/.exec(text?.slice(at) ?? '')?.[0], href]);

describe('the sentences', () => {
  test('lead from their counts to the calls of a burst and to the part of the heatmap a line runs through', () => {
    const at = from + 843 * minuteMs;
    const busy = patternOf(jobCalls({ random: seededRandom(1), instants: [at], n: 42 }));
    expect(ledTo(busy.sentences[0], busy.sentenceLinks[0])).toEqual([['42', '/calls']]);
    // What is above the usual is no list: the line leads to its burst, or to its part of the heatmap, beside its words.
    const [lone] = busy.lines;
    expect(ledTo(lone?.sentence, lone?.links)).toEqual([]);
    expect(lone?.href).toBe('/calls?from=2026-11-23T14:03Z&to=2026-11-23T14:04Z');
    const random = seededRandom(3);
    const job = jobCalls({ random, instants: everyHour(17), n: 200 });
    const [line] = patternOf([...job, ...background(4)], { unit: 'events' }).lines;
    expect(ledTo(line?.sentence, line?.links)).toEqual([]);
    expect(line?.href).toBe('/pattern?brush=2026-11-23T00:00Z%2F2026-11-24T00:00Z%2F17-17');
  });

  test('of an empty window, one event and one busy minute say so', () => {
    expect(patternOf([]).sentences).toEqual([
      'No KMS calls in this window, so there is no pattern to see.',
    ]);
    const at = from + 843 * minuteMs;
    const one = patternOf(jobCalls({ random: seededRandom(1), instants: [at], n: 1 }));
    expect(one.sentences).toEqual([
      'No pattern shows: 1 KMS call, and no burst of them stands out in any minute.',
    ]);
    const busy = patternOf(jobCalls({ random: seededRandom(1), instants: [at], n: 42 }));
    expect(busy.sentences[0]).toBe(
      'One burst shows no period: all 42 KMS calls came together at 2026-11-23 14:03 UTC.',
    );
    expect(busy.lines).toHaveLength(1);
  });

  test('say that a schedule repeats where that is no TTL', () => {
    const job = jobCalls({ random: seededRandom(3), instants: everyHour(17), n: 200 });
    const theory = { ttlMs: hourMs, accessesPerHour: 20 };
    expect(patternOf([...job, ...background(4)], theory).sentences[0]).toBe(
      'Loads repeat every 60 min, in 24 groups of loads. An echo of the TTL of 1 h would come every 63 min (T + 1/L = 63 min): it is a schedule that repeats.',
    );
  });

  test('tell by lineage what the times of a few cohorts cannot', () => {
    const theory = { ttlMs: hourMs, accessesPerHour: 10 };
    expect(patternOf(deploy({ usesPerHour: 10 }), theory).sentences[0]).toMatch(
      /too few .* What one burst loaded is asked for again every 6\d(\.\d)? min, by lineage; T \+ 1\/L = 66 min\.$/,
    );
  });
});
