import { describe, expect, test } from 'vitest';
import { type Policy, parsePolicy, presets } from '../src/index.ts';
import { rotationDue } from '../src/policy.ts';
import { hourMs, startAt } from './support.ts';

const dayMs = 24 * hourMs;

describe('a policy', () => {
  test('is daily unless it is said otherwise: a DEK a day, re-validated hourly', () => {
    expect(parsePolicy()).toEqual(presets.daily);
    expect(parsePolicy('daily')).toMatchObject({ ttlMs: hourMs, dekRotationMs: dayMs });
    expect(parsePolicy('hourly')).toEqual({ ...presets.daily, dekRotationMs: hourMs });
    expect(parsePolicy({ ttlMs: 5_000 })).toEqual({ ...presets.daily, ttlMs: 5_000 });
  });

  test('cannot be changed afterwards, and is not the preset itself', () => {
    expect(Object.isFrozen(parsePolicy('hourly'))).toBe(true);
    expect(Object.isFrozen(parsePolicy({}))).toBe(true);
    expect(parsePolicy()).not.toBe(presets.daily);
  });

  test.each([
    ['ttlMs', 1_000, dayMs],
    ['dekRotationMs', 1_000, 365 * dayMs],
    ['dekMessagesMax', 1, 2 ** 32],
    ['denialMemoryMs', 0, 60_000],
    ['outageMemoryMs', 0, 60_000],
    ['attemptsMax', 1, 10],
    ['backoffMs', 1, 60_000],
    ['retryBudgetMs', 1, 600_000],
    ['heldMemoryMax', 0, 2 ** 24],
    ['dekBytesMax', 1, Number.MAX_SAFE_INTEGER],
    ['capacity', 1, 2 ** 24],
    ['kmsConcurrencyMax', 1, 10_000],
    ['waitersMax', 1, 2 ** 20],
    ['refreshAheadMs', 0, hourMs - 1],
  ] as const)('holds %s from %i to %i and nothing else', (name, min, max) => {
    for (const value of [min, max]) expect(parsePolicy({ [name]: value })[name]).toBe(value);
    for (const value of [min - 1, max + 1, min + 0.5, Number.NaN, Number.POSITIVE_INFINITY, '5']) {
      expect(() => parsePolicy({ [name]: value })).toThrow(RangeError);
      expect(() => parsePolicy({ [name]: value })).toThrow(`policy.${name}`);
    }
  });

  test.each([-0.1, 1.1, Number.NaN, '0.5'])('holds ttlJitter from 0 to 1 and not %s', (value) => {
    for (const good of [0, 0.5, 1]) expect(parsePolicy({ ttlJitter: good }).ttlJitter).toBe(good);
    const parse = () => parsePolicy({ ttlJitter: value as number });
    expect(parse).toThrow(RangeError);
    expect(parse).toThrow('policy.ttlJitter');
  });

  test('refreshes ahead by less than its TTL', () => {
    const parse = () => parsePolicy({ ttlMs: 60_000, refreshAheadMs: 60_000 });
    expect(parse).toThrow(RangeError);
    expect(parse).toThrow('policy.refreshAheadMs');
  });

  test.each([
    ['weekly', 'weekly'],
    ['toString', 'toString'],
    [{ ttl: 5 }, 'policy.ttl '],
    [JSON.parse('{"__proto__":{"ttlMs":5}}'), 'policy.__proto__'],
    [{ rotationMode: 'eager' }, 'policy.rotationMode'],
    [{ deks: 'mine' }, 'policy.deks'],
    [{ spread: 'wide' }, 'policy.spread'],
  ])('is refused by name where it is unknown: %j', (given, named) => {
    expect(() => parsePolicy(given as Partial<Policy>)).toThrow(TypeError);
    expect(() => parsePolicy(given as Partial<Policy>)).toThrow(named);
  });
});

describe('rotation', () => {
  const lazy = parsePolicy({ dekRotationMs: hourMs });
  const aligned = parsePolicy({ dekRotationMs: hourMs, rotationMode: 'aligned' });
  const half = hourMs / 2;
  test.each([
    ['lazy', lazy, startAt + half, startAt + half + hourMs - 1, false],
    ['lazy', lazy, startAt + half, startAt + half + hourMs, true],
    ['aligned', aligned, startAt + half, startAt + hourMs - 1, false],
    ['aligned', aligned, startAt + half, startAt + hourMs, true],
    ['aligned', aligned, startAt, startAt + hourMs - 1, false],
  ])('%s: a DEK made at its time is due as it should', (_, policy, madeAt, now, due) => {
    expect(rotationDue(policy, { createdAt: madeAt, seenForMs: 0 }, now)).toBe(due);
  });
});
