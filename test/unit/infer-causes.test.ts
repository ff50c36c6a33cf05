import { describe, expect, test } from 'vitest';
import type { LogUse } from '../../lib/domain/log-use.ts';
import {
  inferCauses,
  inferRotationMs,
  inferTtlMs,
  logCausesOf,
  logCausesSentence,
} from '../../lib/explain/infer-causes.ts';
import { logBuckets, logMinutes } from '../../lib/explain/log-traffic.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const start = Date.UTC(2026, 10, 24, 12);
const ttlMs = hourMs;

/** A DEK id whose making lies so long before the start. */
const dekMade = (beforeMs: number, no = 0): string =>
  (start - beforeMs).toString(16).padStart(12, '0').concat(String(no).padStart(20, '0'));

function use(at: number, given: Partial<LogUse> = {}): LogUse {
  return {
    eventId: `e${at}`,
    at: start + at,
    operation: 'Decrypt',
    principal: 'engine',
    session: 'engine-1',
    dek: dekMade(10 * minuteMs),
    workspace: 'legal',
    claimCause: null,
    ...given,
  };
}
/** Something that makes a session long known. */
const known = (session: string) => use(-20 * hourMs, { session, dek: dekMade(20 * hourMs) });
const lastOf = (...uses: LogUse[]) =>
  inferCauses([known('engine-1'), known('engine-2'), ...uses], { ttlMs }).at(-1);

describe('from the log alone', () => {
  test('a claim is taken as a claim, at full confidence', () => {
    expect(lastOf(use(0, { claimCause: 'load.evicted' }))).toMatchObject({
      cause: 'load.evicted',
      how: 'claimed',
      confidence: 1,
    });
  });

  test('a load a TTL after the last is a re-validation, one two TTLs after it a reopening', () => {
    expect(lastOf(use(0), use(ttlMs))?.cause).toBe('load.expired');
    expect(lastOf(use(0), use(2 * ttlMs))?.cause).toBe('load.reopened');
    expect(lastOf(use(0), use(ttlMs / 2))).toMatchObject({
      cause: 'load.evicted',
      how: 'inferred',
    });
  });

  test('a DEK that another session holds is a fan-out, an old one that nobody holds historical', () => {
    const young = dekMade(30 * minuteMs);
    expect(
      lastOf(use(0, { dek: young }), use(30 * minuteMs, { dek: young, session: 'engine-2' }))
        ?.cause,
    ).toBe('load.first.fan-out');
    expect(lastOf(use(0, { dek: dekMade(40 * hourMs) }))?.cause).toBe('load.first.historical');
  });

  test('the first loads of a session are a cold start', () => {
    expect(lastOf(use(0, { session: 'engine-9' }))?.cause).toBe('load.first.cold-start');
  });

  test('a session that loses all it holds has started anew; one that keeps some has not', () => {
    const deks = Array.from({ length: 8 }, (_, no) => dekMade(minuteMs, no));
    const loads = (at: number, which: readonly string[]) =>
      which.map((dek, no) => use(at + no * 1_000, { dek }));
    const half = 30 * minuteMs;
    const restarted = inferCauses([known('engine-1'), ...loads(0, deks), ...loads(half, deks)], {
      ttlMs,
    });
    expect(new Set(restarted.slice(-8).map(({ cause }) => cause))).toEqual(
      new Set(['load.first.cold-start']),
    );
    const some = deks.slice(0, 4);
    const evicted = inferCauses(
      [
        known('engine-1'),
        ...loads(0, deks),
        ...loads(half, some),
        ...loads(ttlMs + 5_000, deks.slice(4)),
      ],
      { ttlMs },
    );
    expect(evicted.filter(({ cause }) => cause === 'load.evicted')).toHaveLength(4);
  });

  test('who names no DEK where engines do is no engine', () => {
    expect(lastOf(use(0, { dek: null, principal: 'export' }))?.cause).toBe('stranger');
    expect(lastOf(use(0, { dek: null }))?.cause).toBe('suspect');
  });

  test('a workspace’s first Encrypt makes its first DEK, each further one rotates', () => {
    const made = { operation: 'Encrypt' };
    expect(lastOf(use(0, made))?.cause).toBe('dek.first');
    expect(lastOf(use(0, made), use(hourMs, { ...made, dek: dekMade(-hourMs) }))?.cause).toBe(
      'dek.rotation',
    );
  });

  test('nothing gives nothing, and says so', () => {
    expect(inferCauses([], { ttlMs: null })).toEqual([]);
    expect(logCausesSentence(logCausesOf([], 0))).toContain('no use of the key’s material');
  });

  test('the sentence tells claimed from inferred, and a sample from the whole', () => {
    const uses = inferCauses([use(0, { claimCause: 'load.first' }), use(ttlMs)], { ttlMs });
    expect(logCausesSentence(logCausesOf(uses, 10))).toMatch(
      /^From the audit log alone \(a sample of 10 events\): 1 event .*claim.*; the causes of 1 event are inferred/,
    );
  });
});

describe('the traffic that a log shows', () => {
  const uses = inferCauses(
    [
      use(0, { claimCause: 'load.first' }),
      use(minuteMs / 2, { claimCause: 'load.first', session: 'other' }),
      use(minuteMs, { claimCause: 'load.expired' }),
    ],
    { ttlMs },
  );
  const at = (index: number) => uses[index]?.at ?? 0;

  test('is its uses by cause, bucket by bucket', () => {
    expect(logBuckets(uses, minuteMs)).toEqual([
      { start: at(0), measure: 'calls', label: 'load.first', n: 2 },
      { start: at(2), measure: 'calls', label: 'load.expired', n: 1 },
    ]);
  });

  test('has its busiest minutes first, with the sessions of each cause', () => {
    expect(logMinutes(uses, 1)).toEqual([
      { minute: at(0), cause: 'load.first', calls: 2, processes: 2 },
    ]);
    expect(logMinutes([], 5)).toEqual([]);
  });
});

describe('the lease that a log shows', () => {
  const series = (gapMs: (no: number) => number, deks = 3) =>
    Array.from({ length: deks }, (_, dek) => {
      let at = dek * 7 * minuteMs;
      return Array.from({ length: 12 }, (_, no) => {
        at += gapMs(no);
        return use(at, { dek: dekMade(minuteMs, dek) });
      });
    })
      .flat()
      .sort((a, b) => a.at - b.at);

  test('is the distance at which loads of one DEK begin, whatever one scan adds', () => {
    const loads = series((no) => 20 * minuteMs + (no % 3) * minuteMs);
    expect(inferTtlMs(loads)).toBe(20 * minuteMs);
    const scan = Array.from({ length: 200 }, (_, no) => dekMade(minuteMs, 100 + no)).flatMap(
      (dek) => [use(0, { dek }), use(2 * minuteMs, { dek })],
    );
    expect(inferTtlMs([...scan, ...loads].sort((a, b) => a.at - b.at))).toBe(20 * minuteMs);
  });

  test('is unknown where too few loads repeat', () => {
    expect(inferTtlMs([])).toBeNull();
    expect(inferTtlMs([use(0), use(hourMs)])).toBeNull();
  });

  test('and the rotation age is the least time between a workspace’s DEKs', () => {
    const made = Array.from({ length: 20 }, (_, no) =>
      use(no * 25 * hourMs, { operation: 'Encrypt' }),
    );
    expect(inferRotationMs(made)).toBe(25 * hourMs);
    expect(inferRotationMs(made.slice(0, 5))).toBeNull();
  });
});
