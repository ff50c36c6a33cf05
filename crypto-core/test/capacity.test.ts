import { describe, expect, test } from 'vitest';
import {
  codeOf,
  coldPeer,
  dekIdOf,
  harness,
  hourMs,
  minuteMs,
  outcomes,
  portOptions,
} from './support.ts';

const workspace = 'acme';
const plaintext = Buffer.from('body');

/** `n` envelopes of one workspace, each under a DEK of its own, oldest first. */
async function deks(n: number) {
  const writer = harness({ policy: { dekMessagesMax: 1 } });
  const envelopes: Uint8Array[] = [];
  for (let made = 0; made < n; made += 1) {
    envelopes.push(await writer.engine.encrypt(plaintext, { workspace }));
  }
  return { writer, envelopes };
}

const at = (envelopes: readonly Uint8Array[], index: number): Uint8Array => {
  const envelope = envelopes[index];
  if (envelope === undefined) throw new RangeError(`there is no envelope ${index}`);
  return envelope;
};

describe('a process that keeps two DEKs', () => {
  async function keepingTwo(n = 4) {
    const { writer, envelopes } = await deks(n);
    const peer = coldPeer(writer, { policy: { capacity: 2 } });
    const open = (index: number) => peer.engine.decrypt(at(envelopes, index), { workspace });
    const held = () => peer.engine.snapshot().deks.map(({ id }) => id);
    return { ...peer, envelopes, open, held };
  }

  test('evicts the least recently used: use, load and reload count as use', async () => {
    const { open, held, envelopes, sink } = await keepingTwo();
    for (const index of [0, 1, 0, 2]) await open(index);
    expect(held()).toEqual([0, 2].map((index) => dekIdOf(at(envelopes, index))));
    await open(1);
    expect(sink.causes).toEqual(['load.first', 'load.first', 'load.first', 'load.evicted']);
    expect(sink.last()).toMatchObject({ generation: 1, rootSeq: 2, parentSeq: 2, idleMs: 0 });
  });

  test('says evicted only while the lease would still be running', async () => {
    const { open, runtime, sink } = await keepingTwo();
    for (const index of [0, 1, 2]) await open(index);
    runtime.advance(hourMs - 1);
    await open(0);
    runtime.advance(1);
    await open(1);
    runtime.advance(2 * hourMs);
    await open(2);
    expect(sink.causes.slice(3)).toEqual(['load.evicted', 'load.expired', 'load.reopened']);
  });

  test.each([false, true])(
    'evicts the same whether what expired was swept (%s) or not',
    async (swept) => {
      const { open, runtime, held, envelopes } = await keepingTwo();
      await open(0);
      runtime.advance(30 * minuteMs);
      await open(1);
      runtime.advance(30 * minuteMs);
      if (swept) runtime.tick();
      await open(2);
      expect(held()).toEqual([1, 2].map((index) => dekIdOf(at(envelopes, index))));
      await open(3);
      expect(held()).toEqual([2, 3].map((index) => dekIdOf(at(envelopes, index))));
    },
  );

  test('opens more at once than it keeps, looking them up in the order given', async () => {
    const { engine, envelopes, held, sink } = await keepingTwo();
    const reversed = [...envelopes].reverse();
    for (const many of [envelopes, reversed]) {
      expect(await engine.decryptMany(many, { workspace })).toEqual(many.map(() => plaintext));
      expect(held()).toEqual(many.slice(-2).map(dekIdOf));
    }
    // The first two of the second round were still held.
    expect(sink.calls).toHaveLength(6);
  });

  test('lets everyone use what they waited for though it is evicted in the same turn', async () => {
    const { engine, envelopes, kms } = await keepingTwo(20);
    const gate = Promise.withResolvers<void>();
    kms.always('Decrypt', gate.promise);
    const opening = envelopes.flatMap((envelope) => [
      engine.decrypt(envelope, { workspace }),
      engine.decrypt(envelope, { workspace }),
    ]);
    gate.resolve();
    expect(await Promise.all(opening)).toEqual(opening.map(() => plaintext));
    expect(outcomes(engine)).toEqual({ 'decrypt miss': 20, 'decrypt coalesced': 20 });
    expect(engine.totals().entries).toBe(2);
  });
});

test('decryptMany leaves DEKs as recently used as their order says, however their loads end', async () => {
  const { writer, envelopes } = await deks(3);
  const { engine, kms } = coldPeer(writer, { policy: { capacity: 3 } });
  await engine.decrypt(at(envelopes, 2), { workspace });
  const [slow, fast] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  kms.next('Decrypt', slow.promise, fast.promise);
  const opening = engine.decryptMany([at(envelopes, 2), ...envelopes.slice(0, 2)], { workspace });
  await new Promise(setImmediate);
  fast.resolve();
  await new Promise(setImmediate);
  slow.resolve();
  await opening;
  const more = await writer.engine.encrypt(plaintext, { workspace });
  await engine.decrypt(more, { workspace });
  const held = engine.snapshot().deks.map(({ id }) => id);
  expect(new Set(held)).toEqual(new Set([...envelopes.slice(0, 2), more].map(dekIdOf)));
});

describe('private DEKs', () => {
  const policy = { deks: 'private', dekRotationMs: hourMs } as const;

  test('are made by each process for itself, and open everywhere', async () => {
    const one = harness({ policy });
    const two = coldPeer(one, { policy });
    const first = await one.engine.encrypt(plaintext, { workspace });
    const second = await two.engine.encrypt(plaintext, { workspace });
    expect(dekIdOf(second)).not.toBe(dekIdOf(first));
    expect([one.sink.causes, two.sink.causes]).toEqual([['dek.first'], ['dek.first']]);
    expect(await one.directory.current(workspace, portOptions)).toBeUndefined();
    expect(await one.engine.decrypt(second, { workspace })).toEqual(plaintext);
  });

  test('need no directory; shared ones do', () => {
    const make = (given: object) => () =>
      harness({ directory: undefined, ...given } as unknown as Parameters<typeof harness>[0]);
    expect(make({ policy })).not.toThrow();
  });

  test('rotate in their own time, though swept and silent in between', async () => {
    const { engine, runtime, sink } = harness({ policy });
    await engine.encrypt(plaintext, { workspace });
    for (let n = 0; n < 3; n += 1) {
      runtime.advance(hourMs);
      runtime.tick();
    }
    await engine.encrypt(plaintext, { workspace });
    expect(sink.causes).toEqual(['dek.first', 'dek.rotation']);
  });

  test('are loaded again when their lease ended before they are due', async () => {
    const { engine, runtime, sink, kms } = harness({ policy: { deks: 'private' } });
    await engine.encrypt(plaintext, { workspace });
    runtime.advance(hourMs);
    await engine.encrypt(plaintext, { workspace });
    expect(sink.causes).toEqual(['dek.first', 'load.expired']);
    runtime.advance(hourMs);
    kms.next('Decrypt', 'denied');
    expect(await codeOf(engine.encrypt(plaintext, { workspace }))).toBe('denied');
  });
});
