import { describe, expect, test } from 'vitest';
import type { LogUse } from '../../lib/domain/log-use.ts';
import { inferCauses } from '../../lib/explain/log-only/infer-causes.ts';
import { checkPromise, type PromiseFacts } from '../../lib/explain/log-only/promise.ts';
import type { PromiseCheck } from '../../lib/shared/log-view.ts';
import { logUse } from '../support/records.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const from = Date.UTC(2026, 10, 24, 12);
const window = { from, to: from + 12 * hourMs };

/** Five keys, made at the beginning and asked for again as soon as their TTL has ended. */
function service(ttlMs: number, untilMs = 12 * hourMs): LogUse[] {
  const uses = Array.from({ length: 5 }, (_, no) =>
    Array.from({ length: Math.ceil((untilMs - no * 37_000) / (ttlMs + 5_000)) }, (_, turn) =>
      logUse(from + no * 37_000 + turn * (ttlMs + 5_000), {
        eventId: `s${no}-${turn}`,
        operation: turn === 0 ? 'GenerateDataKey' : 'Decrypt',
        context: [
          ['org', 'acme'],
          ['team', `t${no}`],
        ],
      }),
    ),
  );
  return uses.flat().sort((a, b) => a.at - b.at);
}

const messagesIn = (...hours: number[]) =>
  hours.map((hour) => ({ hour: from + hour * hourMs, messages: 100 }));

function check(
  id: PromiseCheck['id'],
  uses: readonly LogUse[],
  given: Partial<PromiseFacts> = {},
): PromiseCheck {
  const inferred = inferCauses(uses);
  const { checks } = checkPromise({
    window,
    ...inferred,
    sampled: false,
    stated: { ttlMs: hourMs, dekLifetimeMs: 24 * hourMs, told: true },
    hours: [],
    revocations: [],
    ...given,
  });
  const found = checks.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no check ${id}`);
  return found;
}

describe('what is promised, held against the log', () => {
  test('is consistent where keys are asked for again within the TTL stated', () => {
    const found = check('ttl', service(hourMs));
    expect(found).toMatchObject({ verdict: 'consistent', statedMs: hourMs });
    expect(found.foundMs).toBeGreaterThanOrEqual(hourMs);
    expect(found.foundMs).toBeLessThan(hourMs + 10_000);
    expect(found.because).toContain('upper bound');
  });

  test('can’t be told where waits are longer: perhaps no key was used in between', () => {
    const found = check('ttl', service(2 * hourMs));
    expect(found.verdict).toBe('unknown');
    expect(found.because).toContain('no sooner than 2 h');
    // Messages in an hour that has no request tell that keys were.
    const told = check('silence', service(3 * hourMs, 9 * hourMs), { hours: messagesIn(5) });
    expect(told.verdict).toBe('not-consistent');
    expect(told.foundMs).toBeGreaterThan(1.9 * hourMs);
    expect(told.foundMs).toBeLessThan(2 * hourMs);
  });

  test('can’t be told where requests carry nothing of a data key', () => {
    const bare = service(hourMs).map((use) => ({ ...use, context: null }));
    expect(check('ttl', bare)).toMatchObject({ verdict: 'unknown', foundMs: null });
  });

  test('is not consistent where messages were counted long after the last request', () => {
    const uses = service(hourMs, 3 * hourMs);
    expect(check('silence', uses).verdict).toBe('unknown');
    expect(check('silence', uses, { hours: messagesIn(0, 1, 2) })).toMatchObject({
      verdict: 'consistent',
      foundMs: 0,
    });
    const late = check('silence', uses, { hours: messagesIn(1, 6) });
    expect(late.verdict).toBe('not-consistent');
    // The last request came within the third hour, the messages from the start of the seventh on.
    expect(late.foundMs).toBeGreaterThan(3 * hourMs);
    expect(late.foundMs).toBeLessThanOrEqual(4 * hourMs);
    expect(check('silence', uses, { hours: messagesIn(6), sampled: true }).verdict).toBe('unknown');
  });

  test('takes a revocation for one that bit while nothing succeeds long after it', () => {
    const revoked = (lastSuccessAt: number | null) => [
      { operation: 'DisableKey', at: from, lastSuccessAt, firstDenialAt: from + minuteMs },
    ];
    const uses = service(hourMs);
    expect(check('revocation', uses).verdict).toBe('unknown');
    expect(check('revocation', uses, { revocations: revoked(null) })).toMatchObject({
      verdict: 'consistent',
      foundMs: 0,
    });
    const soon = check('revocation', uses, { revocations: revoked(from + 40_000) });
    expect(soon).toMatchObject({ verdict: 'consistent', foundMs: 40_000 });
    expect(soon.because).toContain('2026-11-24 13:00 UTC');
    expect(check('revocation', uses, { revocations: revoked(from + hourMs) }).verdict).toBe(
      'not-consistent',
    );
  });

  test('finds a data key that was used past its lifetime by messages alone', () => {
    const hourly = { ttlMs: hourMs, dekLifetimeMs: hourMs, told: true };
    const uses = service(hourMs);
    expect(check('rotation', uses, { stated: hourly }).verdict).toBe('unknown');
    const used = check('rotation', uses, { stated: hourly, hours: messagesIn(5) });
    expect(used.verdict).toBe('not-consistent');
    expect(check('rotation', uses, { hours: messagesIn(5) }).verdict).not.toBe('not-consistent');
  });

  test('states nothing where nothing is stated', () => {
    const stated = { ttlMs: null, dekLifetimeMs: null, told: false };
    for (const id of ['ttl', 'silence', 'rotation'] as const)
      expect(check(id, service(hourMs), { stated, hours: messagesIn(6) }).verdict).toBe('unknown');
  });
});
