import { describe, expect, test } from 'vitest';
import { memoryDirectory } from '../src/index.ts';
import { Counters } from '../src/telemetry/counters.ts';
import {
  dekIdOf,
  harness,
  hourMs,
  keyUri,
  minuteMs,
  portOptions,
  secondMs,
  startAt,
} from './support.ts';

const workspace = 'acme';
const plaintext = Buffer.from('body');

describe('a roll-up', () => {
  test('gives each count exactly once and is undefined where nothing happened', async () => {
    const { engine } = harness();
    expect(engine.takeRollUp()).toBeUndefined();
    await engine.encrypt(plaintext, { workspace });
    await engine.encrypt(plaintext, { workspace });
    const row = { minute: startAt, workspace, keyUri, scope: 'outside', path: 'encrypt' };
    expect(engine.takeRollUp()).toMatchObject({
      seq: 1,
      operations: [
        { ...row, outcome: 'hit', n: 1 },
        { ...row, outcome: 'miss', n: 1 },
      ],
    });
    expect(engine.takeRollUp()).toBeUndefined();
    await engine.encrypt(plaintext, { workspace });
    expect(engine.takeRollUp()).toMatchObject({ seq: 2, operations: [{ outcome: 'hit', n: 1 }] });
  });

  test('counts messages and keeps their operations apart from those outside', async () => {
    const { engine } = harness();
    await engine.message({ workspace }, async (message) => {
      const envelope = await message.encrypt(plaintext);
      await message.decrypt(envelope);
      await message.decryptMany([envelope, envelope]);
    });
    await engine.message({ workspace, tag: 'empty' }, async () => {});
    await engine.encrypt(plaintext, { workspace });
    const rollUp = engine.takeRollUp();
    expect(rollUp?.messages).toEqual([{ minute: startAt, workspace, keyUri, n: 2 }]);
    const counted = rollUp?.operations.map(({ scope, path, outcome, n }) => [
      scope,
      path,
      outcome,
      n,
    ]);
    expect(counted).toEqual([
      ['message', 'encrypt', 'miss', 1],
      ['message', 'decrypt', 'hit', 2],
      ['outside', 'encrypt', 'hit', 1],
    ]);
    expect(engine.totals().messages).toBe(2);
  });

  test('gives uses and bytes of each DEK by minute', async () => {
    const { engine, runtime } = harness();
    const envelope = await engine.encrypt(Buffer.alloc(100), { workspace });
    await engine.decrypt(envelope, { workspace });
    runtime.advance(minuteMs);
    await engine.decrypt(envelope, { workspace });
    const dek = { workspace, dekId: dekIdOf(envelope) };
    expect(engine.takeRollUp()?.deks).toEqual([
      { ...dek, minute: startAt, uses: 2, bytes: 200 },
      { ...dek, minute: startAt + minuteMs, uses: 1, bytes: 100 },
    ]);
  });

  test('does not count the use of a DEK for a body that did not open', async () => {
    const { engine } = harness();
    const envelope = await engine.encrypt(plaintext, { workspace });
    engine.takeRollUp();
    const context = { other: 'context' };
    await expect(engine.decrypt(envelope, { workspace, context })).rejects.toThrow();
    expect(engine.takeRollUp()).toMatchObject({ operations: [{ outcome: 'hit', n: 1 }], deks: [] });
  });

  test('adds up what one DEK did before and after its lease ended within a minute', async () => {
    const { engine, runtime } = harness();
    runtime.advance(30 * secondMs);
    const envelope = await engine.encrypt(plaintext, { workspace });
    runtime.advance(hourMs - 10 * secondMs);
    await engine.decrypt(envelope, { workspace });
    engine.takeRollUp();
    await engine.decrypt(envelope, { workspace });
    runtime.advance(10 * secondMs);
    await engine.decrypt(envelope, { workspace });
    const minute = startAt + hourMs;
    expect(engine.takeRollUp()?.deks).toEqual([
      { workspace, dekId: dekIdOf(envelope), minute, uses: 2, bytes: 8 },
    ]);
  });

  test('puts an outcome known late into the minute of its lookup', async () => {
    const shared = memoryDirectory();
    const gate = Promise.withResolvers<void>();
    const current = async (name: string) => {
      await gate.promise;
      return shared.current(name, portOptions);
    };
    const { engine, runtime } = harness({ directory: { ...shared, current } });
    runtime.advance(59 * secondMs);
    const waiting = [engine.encrypt(plaintext, { workspace })];
    runtime.advance(2 * secondMs);
    waiting.push(engine.encrypt(plaintext, { workspace }));
    gate.resolve();
    await Promise.all(waiting);
    const rows = engine.takeRollUp()?.operations ?? [];
    expect(rows.map(({ minute, outcome, n }) => [minute - startAt, outcome, n])).toEqual([
      [0, 'miss', 1],
      [minuteMs, 'coalesced', 1],
    ]);
  });
});

describe('how complete a roll-up is', () => {
  test('ends with the minute of the earliest lookup still open, whatever came after it', async () => {
    const { engine, kms, runtime, sink } = harness();
    const envelope = await engine.encrypt(plaintext, { workspace });
    expect(engine.takeRollUp()).toMatchObject({ completeUntil: startAt, callsTold: 1 });
    runtime.advance(hourMs + minuteMs);
    const answer = Promise.withResolvers<void>();
    kms.next('Decrypt', answer.promise);
    const slow = engine.decrypt(envelope, { workspace });
    runtime.advance(5 * minuteMs);
    const later = await engine.encrypt(plaintext, { workspace: 'beta' });
    await engine.decrypt(later, { workspace: 'beta' });
    const openSince = startAt + hourMs + minuteMs;
    const open = { completeUntil: openSince, callsTold: 1, last: false };
    expect(engine.takeRollUp()).toMatchObject(open);
    expect(sink.calls.map(({ seq }) => seq)).toEqual([1, 3]);
    answer.resolve();
    await slow;
    const done = { completeUntil: openSince + 5 * minuteMs, callsTold: 3, operations: [] };
    expect(engine.takeRollUp()).toMatchObject(done);
    expect(sink.calls.map(({ seq }) => seq)).toEqual([1, 3, 2]);
  });

  test('is told by the minute while nothing happens, and once more where nothing follows', async () => {
    const { engine, runtime } = harness();
    await engine.encrypt(plaintext, { workspace });
    engine.takeRollUp();
    runtime.advance(minuteMs - 1);
    expect(engine.takeRollUp()).toBeUndefined();
    runtime.advance(1);
    const idle = { operations: [], completeUntil: startAt + minuteMs, last: false };
    expect(engine.takeRollUp()).toMatchObject(idle);
    expect(engine.takeRollUp()).toBeUndefined();
    await engine.close();
    expect(engine.takeRollUp()).toMatchObject({ operations: [], callsTold: 1, last: true });
  });

  test('of an engine that was never used is not told at its end', async () => {
    const { engine } = harness();
    await engine.close();
    expect(engine.takeRollUp()).toBeUndefined();
  });
});

describe('the counters', () => {
  const one = { workspace, scope: 'outside' } as const;
  const told = { completeUntil: startAt, callsTold: 0, last: false };

  test('give one row a minute though the wall clock steps to and fro', () => {
    const counters = new Counters();
    for (let n = 0; n < 10; n += 1) {
      const at = startAt + (n % 2) * minuteMs;
      counters.lookup(one, keyUri, at, 'decrypt', 'hit');
      counters.lookup(one, 'other', at, 'decrypt', 'hit');
    }
    expect(counters.takeRollUp(told)?.operations.map(({ n }) => n)).toEqual([5, 5, 5, 5]);
  });

  test('drop the oldest minutes when nobody takes them, and count on', () => {
    const counters = new Counters();
    const minutes = 65_536 + 10;
    for (let n = 0; n < minutes; n += 1) {
      counters.lookup(one, keyUri, startAt + n * minuteMs, 'decrypt', 'hit');
    }
    const rows = counters.takeRollUp(told)?.operations ?? [];
    expect(rows).toHaveLength(65_536);
    expect(rows[0]?.minute).toBe(startAt + 10 * minuteMs);
    const hits = counters.totals(0, 0).operations.find(({ n }) => n > 0);
    expect(hits).toEqual({ path: 'decrypt', outcome: 'hit', n: minutes });
  });
});

test('a bound handle’s lookups are each in one roll-up, by the minute and key of each', async () => {
  let keyUri = 'k1';
  const { engine, runtime, sink } = harness({ keyFor: () => keyUri });
  const bound = engine.bind({ workspace });
  await bound.encrypt(Buffer.from('x'));
  await bound.encrypt(Buffer.from('x'));
  sink.take();
  await bound.encrypt(Buffer.from('x'));
  runtime.advance(minuteMs);
  await bound.encrypt(Buffer.from('x'));
  keyUri = 'k2';
  await bound.encrypt(Buffer.from('x'));
  sink.take();
  const counted = sink.rollUps.map(({ operations }) =>
    operations.map((one) => [one.minute - startAt, one.keyUri, one.outcome, one.n]),
  );
  expect(counted).toEqual([
    [
      [0, 'k1', 'hit', 1],
      [0, 'k1', 'miss', 1],
    ],
    [
      [0, 'k1', 'hit', 1],
      [minuteMs, 'k1', 'hit', 1],
      [minuteMs, 'k2', 'miss', 1],
    ],
  ]);
});
