import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { memoryDirectory } from '../src/index.ts';
import {
  codeOf,
  coldPeer,
  dekIdOf,
  failureOf,
  harness,
  hourMs,
  outcomes,
  portOptions,
} from './support.ts';

const workspace = 'acme';
const plaintext = Buffer.from('body');

/** How many of these envelopes each DEK sealed, oldest DEK first. */
function perDek(envelopes: readonly Uint8Array[]): number[] {
  const counts = new Map<string, number>();
  for (const id of envelopes.map(dekIdOf)) counts.set(id, (counts.get(id) ?? 0) + 1);
  return [...counts.values()];
}

describe('the limits of one DEK', () => {
  test.each([1, 3, 10])(
    'of %i messages hold for all who wait for it at once',
    async (dekMessagesMax) => {
      const { engine, sink } = harness({ policy: { dekMessagesMax } });
      const sealed = await Promise.all(
        Array.from({ length: 25 }, () => engine.encrypt(plaintext, { workspace })),
      );
      const deks = perDek(sealed);
      expect(deks).toHaveLength(Math.ceil(25 / dekMessagesMax));
      expect(Math.max(...deks)).toBe(Math.min(25, dekMessagesMax));
      expect(sink.causes).toEqual(['dek.first', ...deks.slice(1).map(() => 'dek.limit')]);
      const counted = { 'encrypt miss': deks.length, 'encrypt coalesced': 25 - deks.length };
      expect(outcomes(engine)).toMatchObject(
        dekMessagesMax === 1 ? { 'encrypt miss': 25 } : counted,
      );
      const coalesced = sink.calls.reduce((sum, call) => sum + call.coalesced, 0);
      expect(coalesced).toBe(25 - deks.length);
    },
  );

  test('of bytes hold, whoever fits goes first, and the DEK then changes', async () => {
    const { engine, sink } = harness({ policy: { dekBytesMax: 10 } });
    const sizes = [6, 6, 4, 10, 0];
    const sealed = await Promise.all(
      sizes.map((size) => engine.encrypt(Buffer.alloc(size), { workspace })),
    );
    const ids = sealed.map(dekIdOf);
    expect(ids.map((id) => ids.indexOf(id))).toEqual([0, 1, 0, 3, 0]);
    expect(sink.causes).toEqual(['dek.first', 'dek.limit', 'dek.limit']);
    const next = await engine.encrypt(Buffer.alloc(1), { workspace });
    expect(ids).not.toContain(dekIdOf(next));
  });

  test('refuse a plaintext that no DEK may seal, naming it', async () => {
    const { engine, kms } = harness({ policy: { dekBytesMax: 10 } });
    await expect(engine.encrypt(Buffer.alloc(11), { workspace })).rejects.toThrow(RangeError);
    await expect(engine.encrypt(Buffer.alloc(11), { workspace })).rejects.toThrow('plaintext');
    expect(kms.seen).toHaveLength(0);
  });

  test('hold when those who wait wait for the current DEK to be loaded again', async () => {
    const { engine, runtime, sink } = harness({ policy: { dekMessagesMax: 3 } });
    await engine.encrypt(plaintext, { workspace });
    runtime.advance(hourMs);
    const sealed = await Promise.all(
      Array.from({ length: 4 }, () => engine.encrypt(plaintext, { workspace })),
    );
    expect(perDek(sealed)).toEqual([2, 2]);
    expect(sink.causes).toEqual(['dek.first', 'load.expired', 'dek.limit']);
    expect(sink.calls.map((call) => call.coalesced)).toEqual([0, 1, 1]);
  });
});

test('a load says how many encryptions wait for it behind the one that joined', async () => {
  const writer = harness();
  const envelope = await writer.engine.encrypt(plaintext, { workspace });
  const { engine, kms, sink } = coldPeer(writer);
  const gate = Promise.withResolvers<void>();
  kms.next('Decrypt', gate.promise);
  const opening = engine.decrypt(envelope, { workspace });
  const sealing = Array.from({ length: 3 }, () => engine.encrypt(plaintext, { workspace }));
  await turn();
  gate.resolve();
  await Promise.all([opening, ...sealing]);
  expect(sink.last()).toMatchObject({ coalesced: 3, cause: 'load.first' });
  expect(outcomes(engine)).toEqual({ 'decrypt miss': 1, 'encrypt coalesced': 3 });
});

describe('waiting is bounded', () => {
  test('beyond waitersMax lookups are refused, retryably, and the room opens again', async () => {
    const writer = harness();
    const envelope = await writer.engine.encrypt(plaintext, { workspace });
    const { engine, kms } = coldPeer(writer, { policy: { waitersMax: 3 } });
    const gate = Promise.withResolvers<void>();
    kms.next('Decrypt', gate.promise);
    const open = () => engine.decrypt(envelope, { workspace });
    const waiting = [open(), open(), open()];
    const refused = await failureOf(open());
    expect(refused).toMatchObject({ code: 'overloaded', retryable: true });
    expect(await codeOf(engine.encrypt(plaintext, { workspace }))).toBe('overloaded');
    gate.resolve();
    expect(await Promise.all(waiting)).toEqual(waiting.map(() => plaintext));
    expect(await open()).toEqual(plaintext);
    expect(outcomes(engine)).toEqual({
      'encrypt waiters': 1,
      'decrypt hit': 1,
      'decrypt miss': 1,
      'decrypt coalesced': 2,
      'decrypt waiters': 1,
    });
  });

  test('no more attempts than kmsConcurrencyMax run at once, in the order of their lookups', async () => {
    const { engine, kms } = harness({ policy: { kmsConcurrencyMax: 2 } });
    const gates = Array.from({ length: 6 }, () => Promise.withResolvers<void>());
    kms.next('Encrypt', ...gates.map(({ promise }) => promise));
    const sealing = gates.map((_, n) => engine.encrypt(plaintext, { workspace: `w${n}` }));
    await turn();
    for (const [n, gate] of gates.entries()) {
      expect(kms.seen.map(({ context }) => context.workspace)).toEqual(
        Array.from({ length: Math.min(6, n + 2) }, (_, at) => `w${at}`),
      );
      gate.resolve();
      await turn();
    }
    await Promise.all(sealing);
  });

  test('a lease counts from when its attempt was sent, not from when it queued', async () => {
    const { engine, kms, runtime } = harness({ policy: { kmsConcurrencyMax: 1 } });
    const gate = Promise.withResolvers<void>();
    kms.next('Encrypt', gate.promise);
    const sealing = ['first', 'second'].map((name) =>
      engine.encrypt(plaintext, { workspace: name }),
    );
    await turn();
    runtime.advance(5_000);
    gate.resolve();
    await Promise.all(sealing);
    const [first, second] = engine.snapshot().deks;
    expect((second?.loadedAt ?? 0) - (first?.loadedAt ?? 0)).toBe(5_000);
  });
});

describe('a signal', () => {
  test('aborted before ends the operation without a lookup of the KMS', async () => {
    const { engine, kms } = harness();
    const binding = { workspace, signal: AbortSignal.abort() };
    expect(await codeOf(engine.encrypt(plaintext, binding))).toBe('aborted');
    expect(kms.seen).toHaveLength(0);
    expect(outcomes(engine)).toEqual({ 'encrypt aborted': 1 });
  });

  test('ends one waiter alone: the shared call goes on for the others', async () => {
    const writer = harness();
    const envelope = await writer.engine.encrypt(plaintext, { workspace });
    const { engine, kms, sink } = coldPeer(writer);
    const gate = Promise.withResolvers<void>();
    kms.next('Decrypt', gate.promise);
    const [leading, joining] = [new AbortController(), new AbortController()];
    const open = (signal?: AbortSignal) =>
      engine.decrypt(envelope, { workspace, ...(signal && { signal }) });
    const lead = codeOf(open(leading.signal));
    const joined = codeOf(open(joining.signal));
    const other = open();
    await turn();
    leading.abort();
    joining.abort();
    expect([await lead, await joined]).toEqual(['aborted', 'aborted']);
    gate.resolve();
    expect(await other).toEqual(plaintext);
    // The first one asked the KMS, so it stays a miss.
    const counted = { 'decrypt miss': 1, 'decrypt aborted': 1, 'decrypt coalesced': 1 };
    expect(outcomes(engine)).toEqual(counted);
    expect(sink.last().coalesced).toBe(1);
  });

  test('ends the first of those who wait for the directory: the next one asks', async () => {
    const shared = memoryDirectory();
    const gate = Promise.withResolvers<void>();
    const current = async (name: string) => {
      await gate.promise;
      return shared.current(name, portOptions);
    };
    const { engine, kms, sink } = harness({ directory: { ...shared, current } });
    const leading = new AbortController();
    const lead = codeOf(engine.encrypt(plaintext, { workspace, signal: leading.signal }));
    const other = engine.encrypt(plaintext, { workspace });
    leading.abort();
    expect(await lead).toBe('aborted');
    gate.resolve();
    await other;
    expect(outcomes(engine)).toEqual({ 'encrypt miss': 1, 'encrypt aborted': 1 });
    expect([kms.seen.length, sink.last().coalesced]).toEqual([1, 0]);
  });

  test('of a message holds for its operations, one of their own beside it', async () => {
    const { engine } = harness();
    const codes = await engine.message(
      { workspace, signal: AbortSignal.abort() },
      async (message) => [
        await codeOf(message.encrypt(plaintext)),
        await codeOf(message.decryptMany([]).then(() => message.encrypt(plaintext))),
      ],
    );
    expect(codes).toEqual(['aborted', 'aborted']);
    const own = engine.message({ workspace }, (message) =>
      message.encrypt(plaintext, {}, { signal: AbortSignal.abort() }),
    );
    expect(await codeOf(own)).toBe('aborted');
  });

  test('that is none is refused by name', async () => {
    const { engine } = harness();
    const signal = { aborted: false } as AbortSignal;
    await expect(engine.encrypt(plaintext, { workspace, signal })).rejects.toThrow(/^signal must/);
  });
});
