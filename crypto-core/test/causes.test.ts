import { describe, expect, test } from 'vitest';
import { formatClaim } from '../src/claim.ts';
import { parseEnvelope } from '../src/index.ts';
import { coldPeer, dekIdOf, fingerprintOf, harness, hourMs, keyUri, minuteMs } from './support.ts';

const workspace = 'acme';
const plaintext = Buffer.from('body');

describe('the cause of an Encrypt', () => {
  test('is dek.first once, then dek.rotation when the DEK is due and used', async () => {
    const { engine, runtime, sink } = harness({ policy: 'hourly' });
    const first = await engine.encrypt(plaintext, { workspace });
    runtime.advance(hourMs - 1);
    const second = await engine.encrypt(plaintext, { workspace });
    runtime.advance(1);
    const third = await engine.encrypt(plaintext, { workspace });
    expect(sink.causes).toEqual(['dek.first', 'dek.rotation']);
    expect(dekIdOf(second)).toBe(dekIdOf(first));
    expect(dekIdOf(third)).not.toBe(dekIdOf(first));
  });

  test('is dek.rotation at the wall clock’s next period where rotation is aligned', async () => {
    const policy = { dekRotationMs: hourMs, rotationMode: 'aligned' } as const;
    const { engine, runtime, sink } = harness({ policy });
    runtime.advance(50 * minuteMs);
    await engine.encrypt(plaintext, { workspace });
    runtime.advance(10 * minuteMs - 1);
    await engine.encrypt(plaintext, { workspace });
    expect(sink.causes).toEqual(['dek.first']);
    runtime.advance(1);
    await engine.encrypt(plaintext, { workspace });
    expect(sink.causes).toEqual(['dek.first', 'dek.rotation']);
  });

  test('is never given to a silent workspace', async () => {
    const { engine, runtime, sink } = harness({ policy: 'hourly' });
    await engine.encrypt(plaintext, { workspace });
    for (let n = 0; n < 48; n += 1) {
      runtime.advance(hourMs);
      runtime.tick();
    }
    expect(sink.calls).toHaveLength(1);
    await engine.encrypt(plaintext, { workspace });
    expect(sink.causes).toEqual(['dek.first', 'dek.rotation']);
  });

  test('is dek.limit when the DEK has sealed all it may', async () => {
    const { engine, sink } = harness({ policy: { dekMessagesMax: 3 } });
    const ids: string[] = [];
    for (let n = 0; n < 7; n += 1)
      ids.push(dekIdOf(await engine.encrypt(plaintext, { workspace })));
    expect(sink.causes).toEqual(['dek.first', 'dek.limit', 'dek.limit']);
    expect(ids.map((id) => ids.indexOf(id))).toEqual([0, 0, 0, 3, 3, 3, 6]);
  });

  test('is dek.limit though the DEK was loaded again in between', async () => {
    const { engine, runtime, sink } = harness({ policy: { dekMessagesMax: 3 } });
    await engine.encrypt(plaintext, { workspace });
    runtime.advance(hourMs);
    for (let n = 0; n < 3; n += 1) await engine.encrypt(plaintext, { workspace });
    expect(sink.causes).toEqual(['dek.first', 'load.expired', 'dek.limit']);
  });

  test('is dek.first again under another key', async () => {
    let registered = 'local:key/1';
    const { engine, sink } = harness({ keyFor: () => registered });
    await engine.encrypt(plaintext, { workspace });
    registered = 'local:key/2';
    const envelope = await engine.encrypt(plaintext, { workspace });
    expect(sink.calls.map((call) => [call.cause, call.keyUri])).toEqual([
      ['dek.first', 'local:key/1'],
      ['dek.first', 'local:key/2'],
    ]);
    expect(parseEnvelope(envelope).keyUri).toBe('local:key/2');
  });
});

describe('the cause of a Decrypt', () => {
  async function timeline(gapsMs: number[], given = {}) {
    const writer = harness();
    const envelope = await writer.engine.encrypt(plaintext, { workspace });
    const reader = coldPeer(writer, given);
    for (const gapMs of [0, ...gapsMs]) {
      writer.runtime.advance(gapMs);
      await reader.engine.decrypt(envelope, { workspace });
    }
    return { ...reader, envelope };
  }

  test('is first, expired within a TTL of the lease’s end, reopened from then on', async () => {
    const { sink } = await timeline([hourMs - 1, 1, 2 * hourMs - 1, 2 * hourMs]);
    expect(sink.causes).toEqual(['load.first', 'load.expired', 'load.expired', 'load.reopened']);
    expect(sink.calls.map((call) => call.idleMs)).toEqual([undefined, 0, hourMs - 1, hourMs]);
  });

  test('continues its parent’s lineage only when it is a re-validation', async () => {
    const { sink } = await timeline([hourMs, hourMs, 3 * hourMs, hourMs]);
    const lineage = sink.calls.map((call) => [
      call.seq,
      call.cause,
      call.generation,
      call.rootSeq,
      call.parentSeq,
    ]);
    expect(lineage).toEqual([
      [1, 'load.first', 0, 1, undefined],
      [2, 'load.expired', 1, 1, 1],
      [3, 'load.expired', 2, 1, 2],
      [4, 'load.reopened', 0, 4, undefined],
      [5, 'load.expired', 1, 4, 4],
    ]);
  });

  test('of a DEK made here continues from its making', async () => {
    const { engine, runtime, sink } = harness();
    await engine.encrypt(plaintext, { workspace });
    runtime.advance(hourMs);
    await engine.encrypt(plaintext, { workspace });
    expect(sink.last()).toMatchObject({
      cause: 'load.expired',
      path: 'encrypt',
      generation: 1,
      rootSeq: 1,
      parentSeq: 1,
    });
  });

  test('is first with a flag once the memory of DEKs overflowed', async () => {
    const { sink, runtime, engine, envelope } = await timeline([], {
      policy: { heldMemoryMax: 0 },
    });
    runtime.advance(hourMs);
    runtime.tick();
    await engine.decrypt(envelope, { workspace });
    expect(sink.causes).toEqual(['load.first', 'load.first']);
    expect(sink.calls.map((call) => call.forgotten)).toEqual([undefined, true]);
  });
});

describe('a call', () => {
  test('says what it was for, and its claim and the KMS see the same', async () => {
    const writer = harness();
    const envelope = await writer.engine.encrypt(plaintext, { workspace });
    const { engine, kms, runtime, sink } = coldPeer(writer);
    runtime.advance(5 * minuteMs);
    await engine.message({ workspace, tag: 'chat-9' }, (message) => message.decrypt(envelope));
    const call = sink.last();
    const dekId = dekIdOf(envelope);
    expect(call).toMatchObject({
      seq: 1,
      at: runtime.now(),
      provider: 'fake',
      operation: 'Decrypt',
      workspace,
      keyUri,
      path: 'decrypt',
      cause: 'load.first',
      dekId,
      dekAgeMs: 5 * minuteMs,
      edekFingerprint: fingerprintOf(parseEnvelope(envelope).edek),
      coalesced: 0,
      outcome: 'ok',
      tag: 'chat-9',
      attempts: [{ attempt: 1, sent: true, outcome: 'ok', requestId: 'request-2' }],
    });
    const spanId = call.attempts[0]?.spanId ?? '';
    const { boot } = engine;
    const claim = {
      process: 'api-2',
      boot,
      seq: 1,
      attempt: 1,
      cause: 'load.first',
      spanId,
    } as const;
    expect(kms.seen.at(-1)).toEqual({
      operation: 'Decrypt',
      keyUri,
      context: { workspace, dekId },
      claim: formatClaim(claim),
      signal: expect.any(AbortSignal),
    });
    expect(boot).toMatch(/^[a-z0-9]{8}$/);
    expect(formatClaim(claim)).toBe(`keytide/1#api-2.${boot}.1.1#load.first#${spanId}`);
  });
});
