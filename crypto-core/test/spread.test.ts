import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { causes, parsePolicy } from '../src/index.ts';
import { drawLeaseMs } from '../src/policy.ts';
import { codeOf, coldPeer, harness, hourMs, minuteMs, outcomes, secondMs } from './support.ts';

const workspace = 'acme';
const plaintext = Buffer.from('body');

async function cold(policy: object, jitter: number) {
  const writer = harness();
  const envelope = await writer.engine.encrypt(plaintext, { workspace });
  writer.runtime.jitter = jitter;
  const peer = coldPeer(writer, { policy });
  const open = () => peer.engine.decrypt(envelope, { workspace });
  const leaseMs = () => {
    const [dek] = peer.engine.snapshot().deks;
    return dek && dek.leaseEndsAt - dek.loadedAt;
  };
  return { ...peer, envelope, open, leaseMs };
}

test('no lease is longer than the TTL nor empty, whatever the spread', () => {
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  const spread = fc.constantFrom('none' as const, 'first-lease' as const, 'jitter' as const);
  const ttlJitter = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(
      spread,
      ttlJitter,
      fc.constantFrom(...causes),
      random,
      (how, part, cause, drawn) => {
        const policy = parsePolicy({ spread: how, ttlJitter: part, ttlMs: 1_000 });
        const leaseMs = drawLeaseMs(policy, cause, () => drawn);
        expect(leaseMs).toBeGreaterThan(0);
        expect(leaseMs).toBeLessThanOrEqual(1_000);
        if (how === 'none') expect(leaseMs).toBe(1_000);
      },
    ),
  );
});

describe('first-lease', () => {
  test('gives a load from cold part of the TTL, and its next load all of it', async () => {
    const { open, leaseMs, runtime, sink } = await cold({ spread: 'first-lease' }, 0.75);
    await open();
    expect(leaseMs()).toBe(hourMs / 4);
    expect(sink.last().leaseEndsAt).toBe(runtime.now() + hourMs / 4);
    runtime.advance(hourMs / 4);
    await open();
    expect(leaseMs()).toBe(hourMs);
    expect(sink.causes).toEqual(['load.first', 'load.expired']);
    runtime.advance(2 * hourMs);
    await open();
    expect(leaseMs()).toBe(hourMs / 4);
    expect(sink.causes.at(-1)).toBe('load.reopened');
  });

  test('leaves a DEK made here its whole lease', async () => {
    const { engine } = harness({ policy: { spread: 'first-lease' } });
    await engine.encrypt(plaintext, { workspace });
    expect(engine.snapshot().deks[0]?.leaseEndsAt).toBe(engine.snapshot().at + hourMs);
  });

  test('serves those who waited though the drawn lease ended before the answer', async () => {
    const { open, runtime, kms } = await cold({ spread: 'first-lease' }, 0.999_999);
    const gate = Promise.withResolvers<void>();
    kms.next('Decrypt', gate.promise);
    const opening = [open(), open()];
    await turn();
    runtime.advance(minuteMs);
    gate.resolve();
    expect(await Promise.all(opening)).toEqual([plaintext, plaintext]);
  });
});

test('jitter shortens every lease by its part at most', async () => {
  const { open, leaseMs, runtime } = await cold({ spread: 'jitter', ttlJitter: 0.2 }, 0.5);
  await open();
  expect(leaseMs()).toBe(0.9 * hourMs);
  runtime.advance(0.9 * hourMs);
  await open();
  expect(leaseMs()).toBe(0.9 * hourMs);
});

describe('refresh-ahead', () => {
  const policy = { refreshAheadMs: 10 * minuteMs };
  /** With the drawn 0.5 a refresh is due 7.5 minutes before the end. */
  const windowMs = 7.5 * minuteMs;

  async function held() {
    const made = await cold(policy, 0.5);
    await made.open();
    return made;
  }

  test('asks again in the background for a DEK in use, and continues its lineage', async () => {
    const { open, engine, runtime, sink, kms } = await held();
    runtime.advance(hourMs - windowMs - 1);
    await open();
    await turn();
    expect(sink.calls).toHaveLength(1);
    runtime.advance(1);
    const gate = Promise.withResolvers<void>();
    kms.next('Decrypt', gate.promise);
    expect(await Promise.all([open(), open(), open()])).toHaveLength(3);
    gate.resolve();
    await turn();
    expect(sink.last()).toMatchObject({
      cause: 'refresh.ahead',
      operation: 'Decrypt',
      path: 'decrypt',
      generation: 1,
      parentSeq: 1,
      rootSeq: 1,
      coalesced: 0,
    });
    expect(engine.snapshot().deks[0]?.leaseEndsAt).toBe(runtime.now() + hourMs);
    // In the ledger, its call is neither a miss nor does anybody wait for it.
    expect(outcomes(engine)).toEqual({ 'decrypt miss': 1, 'decrypt hit': 4 });
    expect(sink.calls).toHaveLength(2);
  });

  test('asks nothing for a DEK that is not used', async () => {
    const { runtime, kms } = await held();
    const asked = kms.seen.length;
    for (let n = 0; n < 60; n += 1) {
      runtime.advance(minuteMs);
      runtime.tick();
    }
    await turn();
    expect(kms.seen).toHaveLength(asked);
  });

  test('is joined by those who miss while it is under way', async () => {
    const { open, runtime, engine, kms, sink } = await held();
    runtime.advance(hourMs - minuteMs);
    const gate = Promise.withResolvers<void>();
    kms.next('Decrypt', gate.promise);
    await open();
    runtime.advance(minuteMs);
    const waiting = [open(), open()];
    await turn();
    gate.resolve();
    expect(await Promise.all(waiting)).toEqual([plaintext, plaintext]);
    expect(sink.last()).toMatchObject({ cause: 'refresh.ahead', coalesced: 2 });
    expect(outcomes(engine)['decrypt coalesced']).toBe(2);
  });

  test('that is denied fails closed at once', async () => {
    const { open, runtime, engine, kms } = await held();
    runtime.advance(hourMs - minuteMs);
    kms.next('Decrypt', 'denied');
    await open();
    await turn();
    expect(engine.snapshot().deks).toEqual([]);
    expect(await codeOf(open())).toBe('denied');
  });

  test('keeps the lease in an outage, tries ever later, and never outlives the bound', async () => {
    const { open, runtime, kms } = await held();
    kms.always('Decrypt', 'outage');
    const asked = kms.seen.length;
    runtime.advance(hourMs - windowMs);
    for (let n = 0; n < windowMs / secondMs - 60; n += 1) {
      runtime.wall += secondMs;
      runtime.mono += secondMs;
      const before = runtime.now();
      await open();
      await turn();
      // Backing off advances this clock; the test advances it by whole seconds only.
      runtime.wall = before;
    }
    expect((kms.seen.length - asked) / 3).toBeLessThan(15);
    runtime.advance(2 * minuteMs);
    expect(await codeOf(open())).toBe('unavailable');
  });
});
