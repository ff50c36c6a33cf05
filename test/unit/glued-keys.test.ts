/** Names that hold the separators of old: two tuples of names never become one. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { joinEvents } from '../../lib/correlate/join.ts';
import { refineCauses } from '../../lib/correlate/refine-causes.ts';
import type { LogUse } from '../../lib/domain/log-use.ts';
import { principalUses } from '../../lib/explain/ledger/principal-uses.ts';
import { inferCauses } from '../../lib/explain/log-only/infer-causes.ts';
import { requestSeries } from '../../lib/explain/spikes/request-series.ts';
import { parseMetrics } from '../../lib/ingest/parse-otlp.ts';
import { tupleKey } from '../../lib/shared/tuple-key.ts';

import { logUse } from '../support/records.ts';

const minuteMs = 60_000;
const at = Date.UTC(2026, 10, 24, 12);

test('tuples that differ have keys that differ, whatever their texts hold', () => {
  const texts = fc.array(
    fc.oneof(fc.string({ unit: fc.constantFrom(' ', '\n', '"', ',', '\\', 'a', '\ud800') })),
  );
  fc.assert(
    fc.property(texts, texts, (one, other) => {
      const same = one.length === other.length && one.every((text, no) => text === other[no]);
      expect(tupleKey(...one) === tupleKey(...other)).toBe(same);
    }),
  );
});

describe('names that hold spaces, line breaks or colons', () => {
  test('keep a principal and the keys it used apart from another principal and its keys', () => {
    const use = (principal: string, key: string) => ({
      ...{ principal, name: principal, key, state: 'unclaimed', operation: 'Decrypt' },
      ...{ events: 1, firstAt: at, lastAt: at, sourceIps: [], addresses: 0, services: [] },
    });
    const uses = principalUses([use('ops', 'team key'), use('ops team', 'key')], new Set());
    expect(uses.map(({ principal, key }) => ({ principal, key }))).toEqual([
      { principal: 'ops', key: 'team key' },
      { principal: 'ops team', key: 'key' },
    ]);
  });

  test('keep a session and its DEKs apart from another session and its DEKs', () => {
    const use = (minute: number, session: string, dek: string): LogUse => ({
      ...logUse(at + minute * minuteMs),
      session,
      dek,
    });
    const uses = Array.from({ length: 10 }, (_, no) => use(no * 60, 'one', 'two\nthree'));
    // The second session never held its DEK: it cannot be re-validating it.
    const told = inferCauses([...uses, use(600, 'one\ntwo', 'three')]).uses;
    expect(told.at(-2)?.cause).toBe('load.expired');
    expect(told.at(-1)?.cause).not.toBe('load.expired');
  });

  test('keep a process and its boots apart from another process and its boots', () => {
    const [one, two] = [
      { process: 'a', boot: 'b c' },
      { process: 'a b', boot: 'c' },
    ];
    const call = { ...one, seq: 1, at, dek: 'd', cause: 'load.first', dekAgeMs: 0 };
    const held = { ...call, ...two, at: at - minuteMs, leaseEndsAt: at + 60 * minuteMs };
    const boots = [{ ...one, startedAt: 0, ttlMs: null, dekRotationMs: null }];
    expect(refineCauses([held, { ...call, leaseEndsAt: null }], boots)[1]).toBe(
      'load.first.fan-out',
    );
    const attempt = { ...one, seq: 1, attempt: 1, at, requestId: null };
    const event = { eventId: 'e', at, action: 'decrypt', key: null } as const;
    const copy = { recipientAccount: null, sharedEventId: null };
    const claim = { ...two, seq: 1, attempt: 1 };
    const verdicts = joinEvents({
      attempts: [attempt],
      calls: [],
      events: [{ ...event, ...copy, requestId: null, claim, claimIn: 'user-agent' }],
    });
    expect(verdicts.map(({ state }) => state)).toEqual(['claim-new']);
  });

  test('keep causes apart in a series', () => {
    const hour = (label: string) => ({ hour: at, label, counts: [1] });
    const hours = [hour('calls:other:one'), hour('calls:other:two')];
    const { parts } = requestSeries(hours, {
      span: { from: at, to: at + 60 * minuteMs },
      ours: new Set(),
    });
    expect([...parts.keys()]).toEqual(['other:one', 'other:two']);
  });

  test('a scope of lookups is one of two words, so that what follows it in a label is the outcome', () => {
    const texts = (pairs: Record<string, string>) =>
      Object.entries(pairs).map(([key, stringValue]) => ({ key, value: { stringValue } }));
    const named = { 'keytide.workspace': 'w', 'keytide.key': 'k', 'keytide.path': 'decrypt' };
    const resource = {
      attributes: texts({ 'keytide.process': 'engine-1', 'keytide.boot': 'boot0001' }),
    };
    const request = (scope: string) => {
      const attributes = texts({ ...named, 'keytide.scope': scope, 'keytide.outcome': 'hit' });
      const seq = { key: 'keytide.rollup.seq', value: { intValue: '1' } };
      const point = {
        ...{ startTimeUnixNano: `${at}000000`, asInt: '1' },
        attributes: [...attributes, seq],
      };
      const sum = { aggregationTemporality: 1, dataPoints: [point] };
      const metrics = [{ name: 'keytide.operations', sum }];
      return { resourceMetrics: [{ resource, scopeMetrics: [{ metrics }] }] };
    };
    expect(parseMetrics(request('message')).operations).toHaveLength(1);
    expect(parseMetrics(request('message:hit')).operations).toMatchObject([{ scope: 'other' }]);
  });
});
