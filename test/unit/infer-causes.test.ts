import { describe, expect, test } from 'vitest';
import type { LogUse } from '../../lib/domain/log-use.ts';
import { findingSentences } from '../../lib/explain/log-only/finding-words.ts';
import { inferCauses } from '../../lib/explain/log-only/infer-causes.ts';
import { logCausesOf, logCausesSentence } from '../../lib/explain/log-only/log-causes.ts';
import { logBuckets, peakMinute } from '../../lib/explain/log-only/log-traffic.ts';
import { lowerEdge } from '../../lib/explain/log-only/lower-edge.ts';
import { logUse } from '../support/records.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const start = Date.UTC(2026, 10, 24, 12);
const ttlMs = 20 * minuteMs;

type Context = NonNullable<LogUse['context']>;
const contextOf = (no: number): Context => [
  ['org', 'acme'],
  ['team', `t${no}`],
];
const use = (at: number, given: Partial<LogUse> = {}) =>
  logUse(start + at, { context: contextOf(0), ...given });

/** One session's loads of many keys, each asked for again as soon as its TTL has ended. */
function steady(keys: number, hours: number, given: Partial<LogUse> = {}): LogUse[] {
  return Array.from({ length: keys }, (_, no) =>
    Array.from({ length: Math.floor((hours * hourMs) / (ttlMs + 5_000)) }, (_, turn) =>
      use(no * 37_000 + turn * (ttlMs + 5_000), {
        context: contextOf(no),
        eventId: `s${no}-${turn}`,
        ...given,
      }),
    ),
  ).flat();
}
const told = (uses: LogUse[]) => inferCauses(uses.sort((a, b) => a.at - b.at));
const causeOf = (uses: LogUse[], eventId: string) =>
  told(uses).uses.find((one) => one.eventId === eventId);

describe('from the log alone', () => {
  test('a claim is taken as a claim, at full confidence', () => {
    expect(told([use(0, { claimCause: 'load.evicted' })]).uses).toMatchObject([
      { cause: 'load.evicted', how: 'claimed', confidence: 1 },
    ]);
  });

  test('the TTL is found whatever the names, and what is asked again after it is a re-validation', () => {
    const uses = [...steady(5, 8), use(12 * hourMs, { eventId: 'late' })];
    const { findings } = told(uses);
    expect(findings).toMatchObject([{ identity: 'key', contexts: 5, ttl: { ms: ttlMs } }]);
    expect(causeOf(uses, 's3-4')).toMatchObject({ cause: 'load.expired', how: 'inferred' });
    expect(causeOf(uses, 'late')).toMatchObject({ cause: 'load.reopened' });
  });

  test('what a process held before the log begins is a guess at most', () => {
    expect(causeOf(steady(5, 8), 's3-0')).toMatchObject({
      cause: 'load.expired',
      rule: 'first seen within a TTL of the log’s beginning',
    });
    expect(causeOf(steady(5, 8), 's3-0')?.confidence).toBeLessThan(0.5);
  });

  test('a process that is seen first later starts with an empty cache', () => {
    const uses = [...steady(5, 8), use(5 * hourMs, { session: 'engine-9', eventId: 'new' })];
    expect(causeOf(uses, 'new')?.cause).toBe('load.first.cold-start');
  });

  test('a log of another Region that begins later tells no start of a process', () => {
    const abroad = (use(0).key ?? '').replace('eu-central-1', 'us-east-1');
    const later = steady(5, 8, { key: abroad, session: 'engine-9' }).map((one) => ({
      ...one,
      at: one.at + 5 * hourMs,
      eventId: `later-${one.eventId}`,
    }));
    expect(causeOf([...steady(5, 12), ...later], 'later-s3-0')).toMatchObject({
      cause: 'load.expired',
      rule: 'first seen within a TTL of the log’s beginning',
    });
  });

  test('a process that loses all it held has started anew; without that evidence nothing is said', () => {
    const at = 4 * hourMs + 7 * minuteMs;
    const lost = (keys: number) =>
      steady(20, 8)
        .filter((one) => one.at < start + at)
        .concat(
          Array.from({ length: keys }, (_, no) =>
            use(at + no * 1_000, { context: contextOf(no), eventId: `l${no}` }),
          ),
        );
    expect(causeOf(lost(20), 'l5')?.cause).toBe('load.first.cold-start');
    expect(causeOf(lost(2), 'l1')?.cause).toBe('unknown');
  });

  test('keys under a time’s name are keys of one owner: each new one is a rotation', () => {
    const hourly = Array.from({ length: 24 }, (_, hour) =>
      ['C1', 'C2'].map((channel) =>
        use(hour * hourMs + (channel === 'C1' ? 0 : 90_000), {
          operation: 'GenerateDataKey',
          eventId: `${channel}-${hour}`,
          context: [
            ['channel', channel],
            ['hour', `2026-11-24T${hour}`],
          ],
        }),
      ),
    ).flat();
    const later = hourly.concat(
      use(5.5 * hourMs, {
        operation: 'GenerateDataKey',
        eventId: 'C3-5',
        context: [
          ['channel', 'C3'],
          ['hour', '2026-11-24T5'],
        ],
      }),
    );
    expect(causeOf(later, 'C2-9')?.cause).toBe('dek.rotation');
    expect(causeOf(later, 'C3-5')?.cause).toBe('dek.first');
    // Whether it is the first or one before the log was, nothing tells.
    expect(causeOf(later, 'C1-0')?.cause).toBe('dek.made');
  });

  test('an Encrypt that no Decrypt bears out is no making of a key', () => {
    const uses = Array.from({ length: 30 }, (_, no) =>
      use(no * 7 * minuteMs * (1 + (no % 3)), { operation: 'Encrypt', eventId: `x${no}` }),
    );
    expect(new Set(told(uses).uses.map(({ cause }) => cause))).toEqual(new Set(['unknown']));
  });

  test('a constant context that is asked for as it happens tells neither key nor TTL', () => {
    const uses = Array.from({ length: 300 }, (_, no) =>
      use(no * 30_000 + ((no * 7_919) % 25_000), { eventId: `c${no}` }),
    );
    expect(told(uses).findings).toMatchObject([{ ttl: null }]);
    expect(told(uses).uses.filter(({ cause }) => cause.startsWith('load.')).length).toBeLessThan(5);
  });

  test('what is asked for again across a silence of the whole log is old data by a guess alone', () => {
    const isLate = ({ at }: LogUse) => at >= start + 6 * hourMs;
    const reopened = (uses: LogUse[]) =>
      told(uses).uses.filter(({ cause }) => cause === 'load.reopened');
    const silent = steady(20, 12).map((one) =>
      isLate(one) ? { ...one, at: one.at + 4 * hourMs } : one,
    );
    expect(reopened(silent)).toHaveLength(20);
    for (const { confidence } of reopened(silent)) expect(confidence).toBeLessThan(0.5);
    // The others went on: the one that was not asked for for so long is old.
    const others = steady(20, 12).filter((one) => !one.eventId.startsWith('s3-') || isLate(one));
    const [one] = reopened([use(0, { context: contextOf(3), eventId: 'first' }), ...others]);
    expect(one?.confidence).toBeGreaterThan(0.9);
  });

  test('who carries no context where others do is no stranger: it is not told', () => {
    const uses = [
      ...steady(5, 8),
      use(hourMs, { context: null, principal: 'export', eventId: 'p' }),
    ];
    expect(causeOf(uses, 'p')?.cause).toBe('unknown');
  });

  test('nothing gives nothing, and says so', () => {
    expect(inferCauses([])).toEqual({ uses: [], findings: [] });
    expect(logCausesSentence(logCausesOf([], 0))).toContain('no use of the key’s material');
  });

  test('the sentence tells claimed from inferred from untold, and a sample from the whole', () => {
    const uses = told([
      use(0, { claimCause: 'load.first' }),
      ...steady(5, 8, { session: 'b' }),
      use(hourMs, { context: null, principal: 'export', eventId: 'p' }),
    ]).uses;
    expect(logCausesSentence(logCausesOf(uses, 1_000))).toMatch(
      /^From the audit log alone \(a sample of [\d,]+ of 1,000 events\): 1 event .*claim.*; the causes of \d+ events are inferred .*; of 1 event the log can’t tell the cause\.$/,
    );
  });
});

test('a steady probe is one though the log’s clock is set back by an hour for a while', () => {
  const turn = 30_000;
  const uses = Array.from({ length: 720 }, (_, no) => no * turn).flatMap((at) => {
    const logged = at >= 2 * hourMs && at < 3 * hourMs ? at - hourMs : at;
    return ['Encrypt', 'Decrypt'].map((operation) =>
      use(logged, { operation, context: [['check', 'health']] }),
    );
  });
  expect(new Set(told(uses).uses.map(({ cause }) => cause))).toEqual(new Set(['probe']));
});

test('what is asked for beside a steady probe, as a restart does, is not part of it', () => {
  const every = 10 * minuteMs;
  const probe = (operation: string) =>
    Array.from({ length: 100 }, (_, no) =>
      logUse(start + no * every + 132_000, { operation, eventId: `${operation}${no}` }),
    );
  const restart = logUse(start + 40 * every + 120_000, { eventId: 'restart' });
  const uses = [...probe('Encrypt'), ...probe('Decrypt'), restart];
  expect(causeOf(uses, 'Decrypt39')).toMatchObject({ cause: 'probe' });
  expect(causeOf(uses, 'Decrypt40')).toMatchObject({ cause: 'probe' });
  expect(causeOf(uses, 'restart')).toMatchObject({ cause: 'unknown' });
});

test('how long a data key lives is not told of what a cloud service makes for its objects', () => {
  const objects = Array.from({ length: 40 }, (_, no) =>
    use(no * 5 * minuteMs, { operation: 'GenerateDataKey', invokedBy: 's3.amazonaws.com' }),
  );
  expect(told(objects).findings).toMatchObject([{ lifetimeMs: null }]);
});

test('callers that only their addresses tell apart are as many addresses, not processes', () => {
  const uses = Array.from({ length: 60 }, (_, no) =>
    use(no * minuteMs, { session: null, context: null, sourceIp: `10.0.0.${no % 30}` }),
  );
  const named = uses.map((one) => ({ ...one, session: one.sourceIp }));
  for (const each of [uses, named])
    expect(told(each).findings).toMatchObject([{ processes: 30, processBy: 'address', ttl: null }]);
});

test('what a sample shows is told as about so much, and its values as those of a sample', () => {
  const sentenceOf = (uses: LogUse[]) => {
    const facts = { nameOf: (id: string) => id, price: null, spanMs: hourMs, isSample: true };
    return findingSentences(told(uses).findings, facts)[0]?.text;
  };
  const service = [0, 1, 2].map((no) => use(no, { invokedBy: 's3.amazonaws.com' }));
  expect(sentenceOf(service)).toContain('asked about 3 times');
  expect(sentenceOf(steady(5, 8))).toContain('Each of the 5 sampled values');
});

describe('the lower edge of waits', () => {
  const spread = (n: number, from: number, to: number) =>
    Array.from({ length: n }, (_, no) => from + (to - from) * ((no * 0.618) % 1));

  test('is where they begin, rounded as people set it, though a few lie below', () => {
    const waits = [
      ...spread(60, 20.02 * minuteMs, 23 * minuteMs),
      ...spread(40, 23 * minuteMs, hourMs),
    ];
    expect(lowerEdge(waits)?.ms).toBe(20 * minuteMs);
    expect(lowerEdge([...waits, ...spread(8, minuteMs, 19 * minuteMs)])?.ms).toBe(20 * minuteMs);
  });

  test('is found of a TTL that nobody would round, and of three re-asks of one that is', () => {
    expect(lowerEdge(spread(80, 37.4 * minuteMs, 41 * minuteMs))?.ms).toBeCloseTo(
      37.4 * minuteMs,
      -4,
    );
    expect(lowerEdge([60.1, 60.5, 61].map((minutes) => minutes * minuteMs))?.ms).toBe(hourMs);
  });

  test('is unknown where there is none, or too little to see one', () => {
    expect(lowerEdge([])).toBeNull();
    expect(lowerEdge([hourMs, hourMs])).toBeNull();
    const exponential = Array.from(
      { length: 500 },
      (_, no) => -Math.log(1 - (no + 0.5) / 500) * 6 * minuteMs,
    );
    expect(lowerEdge(exponential)).toBeNull();
  });
});

describe('the traffic that a log shows', () => {
  const { uses } = inferCauses([
    use(0, { claimCause: 'load.first' }),
    use(minuteMs / 2, { claimCause: 'load.first', session: 'other' }),
    use(minuteMs, { claimCause: 'load.expired' }),
  ]);
  const at = (index: number) => uses[index]?.at ?? 0;

  test('is its uses by cause, bucket by bucket', () => {
    expect(logBuckets(uses, minuteMs)).toEqual([
      { start: at(0), measure: 'calls', label: 'load.first', n: 2 },
      { start: at(2), measure: 'calls', label: 'load.expired', n: 1 },
    ]);
  });

  test('has a minute with most of them', () => {
    expect(peakMinute(uses)).toBe(2);
    expect(peakMinute([])).toBe(0);
  });
});
