import { describe, expect, test } from 'vitest';
import type { LogUse } from '../../lib/domain/log-use.ts';
import { type AdviceFacts, adviceOf } from '../../lib/explain/log-only/advice.ts';
import { helpsOf } from '../../lib/explain/log-only/helps.ts';
import { inferCauses } from '../../lib/explain/log-only/infer-causes.ts';
import { withDeploys } from '../../lib/explain/log-only/told-deploys.ts';
import type { ServiceFacts } from '../../lib/shared/service-facts.ts';
import { logUse } from '../support/records.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const from = Date.UTC(2026, 10, 24, 12);
const contextOf = (no: number): NonNullable<LogUse['context']> => [
  ['org', 'acme'],
  ['team', `t${no}`],
];

/** Keys that one session asks for again whenever an hour has passed. */
const hourly = (keys: number, given: Partial<LogUse> = {}): LogUse[] =>
  Array.from({ length: keys }, (_, no) =>
    Array.from({ length: 8 }, (_, turn) =>
      logUse(from + no * 2_000 + turn * (hourMs + 5_000), {
        eventId: `${given.session ?? ''}${no}-${turn}`,
        context: contextOf(no),
        ...given,
      }),
    ),
  ).flat();

const inOrder = (uses: LogUse[]) => uses.sort((a, b) => a.at - b.at);

function advice(uses: LogUse[], given: Partial<AdviceFacts> = {}) {
  const inferred = inferCauses(inOrder(uses));
  return adviceOf({
    window: { from, to: from + 9 * hourMs },
    ...inferred,
    of: uses.length,
    ttlMs: hourMs,
    echo: null,
    nameOf: (id) => id,
    price: { per10k: 0.03, currency: 'USD' },
    ...given,
  });
}

describe('what to change', () => {
  test('of data keys that one session asks for at once: one request a burst', () => {
    const uses = Array.from({ length: 200 }, (_, no) =>
      logUse(from + Math.floor(no / 50) * 10 * minuteMs, {
        eventId: `p${no}`,
        operation: 'GenerateDataKey',
        context: contextOf(0),
      }),
    );
    const [first] = advice(uses);
    expect(first).toMatchObject({ id: 'coalesce', requestsSaved: 196 });
    expect(first?.text).toContain('saved 196 of 200 requests (98.0 %)');
    expect(first?.links.map(({ at, href }) => [first.text.slice(at, at + 3), href])).toEqual([
      ['200', '/calls?show=events'],
      ['0.5', '/details'],
    ]);
    // Of a sample the whole is told.
    expect(advice(uses, { of: 400 })[0]?.requestsSaved).toBe(392);
  });

  test('of caches that each ask for themselves: what one cache would have asked', () => {
    const uses = ['a', 'b', 'c'].flatMap((session) => hourly(20, { session }));
    expect(advice(uses)).toMatchObject([{ id: 'share', requestsSaved: 20 * 8 * 2 }]);
    expect(advice(hourly(20))).toEqual([]);
  });

  test('of a check once a minute: a slower one, with what it costs', () => {
    const uses = Array.from({ length: 480 }, (_, no) =>
      logUse(from + (no * minuteMs) / 2, {
        eventId: `h${no}`,
        operation: no % 2 ? 'Decrypt' : 'Encrypt',
      }),
    );
    const [first] = advice(uses);
    expect(first).toMatchObject({ id: 'probe' });
    expect(first?.text).toMatch(/every 5 min instead of every .*USD a year/);
  });

  test('of objects in S3: bucket keys, where the context names objects and no bucket', () => {
    const objects = (suffix: string) =>
      Array.from({ length: 100 }, (_, no) =>
        logUse(from + no * 1_000, {
          eventId: `o${no}`,
          invokedBy: 's3.amazonaws.com',
          context: [['aws:s3:arn', `arn:aws:s3:::lake${suffix && `${suffix}${no}`}`]],
        }),
      );
    expect(advice(objects('/part-'))).toMatchObject([{ id: 'bucket-key', requestsSaved: 99 }]);
    expect(advice(objects(''))).toEqual([]);
  });

  test('of echoes: a spread, which lowers the peak and saves no request', () => {
    const [only] = advice(hourly(60), { echo: { periodMs: hourMs + 5_000, peak: 60 } });
    expect(only).toMatchObject({ id: 'spread', requestsSaved: 0 });
    expect(only?.text).toContain('the peak of 60 requests a minute falls to about 1');
  });
});

describe('what would tell more', () => {
  const untold: ServiceFacts = {
    principals: [],
    messagesPerHour: null,
    promise: null,
    deploys: [],
  };
  const fields = (uses: LogUse[], service: ServiceFacts, messagesKnown = false) =>
    helpsOf({ ...inferCauses(inOrder(uses)), service, messagesKnown }).map(({ field }) => field);

  test('is messages first, and nothing that is told already', () => {
    const uses = [...hourly(20), ...hourly(20, { principal: 'AIDAOTHER', session: 'x' })];
    expect(fields(uses, untold).slice(0, 2)).toEqual(['messagesPerHour', 'principals']);
    const told = { ...untold, principals: ['AIDAOTHER'], deploys: [from] };
    expect(fields(uses, told, true)).toEqual([]);
  });

  test('is nothing of messages or promises for a cloud service’s requests', () => {
    const uses = Array.from({ length: 50 }, (_, no) =>
      logUse(from + no * 7_919, { eventId: `o${no}`, invokedBy: 's3.amazonaws.com' }),
    );
    expect(fields(uses, untold)).toEqual([]);
  });
});

describe('a deploy that is told of', () => {
  const deploy = from + 4 * hourMs + 30 * minuteMs;
  const again = hourly(20).flatMap((use) =>
    use.at < deploy ? [use] : use.at < deploy + hourMs ? [{ ...use, at: deploy + 60_000 }] : [],
  );

  test('makes cold starts of what is asked for after it before its time', () => {
    const { uses } = inferCauses(inOrder(again));
    const told = withDeploys(uses, { deploys: [deploy], ttlMs: hourMs });
    const after = told.filter(({ at }) => at >= deploy);
    expect(after.length).toBeGreaterThan(0);
    for (const { cause } of after) expect(cause).toBe('load.first.cold-start');
    expect(told.filter(({ at }) => at < deploy)).toEqual(uses.filter(({ at }) => at < deploy));
  });

  test('changes nothing of what ended by its TTL, is claimed or comes long after', () => {
    const { uses } = inferCauses(inOrder(hourly(20)));
    expect(withDeploys(uses, { deploys: [from + hourMs - 5_000], ttlMs: hourMs })).toEqual(uses);
    const claimed = inferCauses(
      inOrder(again.map((use) => ({ ...use, claimCause: 'load.first' }))),
    );
    expect(withDeploys(claimed.uses, { deploys: [deploy], ttlMs: hourMs })).toEqual(claimed.uses);
    expect(withDeploys(uses, { deploys: [], ttlMs: hourMs })).toEqual(uses);
  });
});
