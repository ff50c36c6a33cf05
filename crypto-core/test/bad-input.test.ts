import { describe, expect, test } from 'vitest';
import { type Binding, type KekProvider, parseEnvelope } from '../src/index.ts';
import { codeOf, coldPeer, FakeKms, failureOf, harness, outcomes } from './support.ts';

const workspace = 'acme';
const plaintext = Buffer.from('body');

describe('a context', () => {
  test.each([
    ['a string', 'row'],
    ['an array', ['row']],
    ['a Map', new Map([['row', '7']])],
    ['null', null],
    ['an instance of a class', new URL('https://example.org')],
  ])('that is %s is refused by name', async (_, given) => {
    const { engine, kms } = harness();
    const context = given as unknown as Record<string, string>;
    const work = engine.encrypt(plaintext, { workspace, context });
    await expect(work).rejects.toThrow(/^context must be a plain object/);
    expect(kms.seen).toHaveLength(0);
  });

  test('without a prototype, or with names that would pollute one, is as any other', async () => {
    const { engine } = harness();
    const polluting = JSON.parse('{"__proto__":"a","constructor":"b","toString":"c"}');
    const bare = Object.assign(Object.create(null), { row: '7' });
    for (const context of [polluting, bare]) {
      const envelope = await engine.encrypt(plaintext, { workspace, context });
      expect(await engine.decrypt(envelope, { workspace, context })).toEqual(plaintext);
      expect(await codeOf(engine.decrypt(envelope, { workspace }))).toBe('authentication-failed');
    }
    expect(({} as Record<string, unknown>).a).toBeUndefined();
  });

  test('does not take what it inherits', async () => {
    const { engine } = harness();
    const context = Object.create({ row: '7' });
    await expect(engine.encrypt(plaintext, { workspace, context })).rejects.toThrow(
      /^context must/,
    );
  });
});

describe('a body', () => {
  test('may be empty', async () => {
    const { engine } = harness();
    const envelope = await engine.encrypt(Buffer.alloc(0), { workspace });
    expect(await engine.decrypt(envelope, { workspace })).toEqual(Buffer.alloc(0));
  });

  test('over 1 GiB is refused by name, sealed or not', async () => {
    const { engine, kms } = harness();
    const huge = new Uint8Array(2 ** 30 + 2 ** 14 + 1);
    await expect(engine.encrypt(huge, { workspace })).rejects.toThrow(/^plaintext may be at most/);
    await expect(engine.decrypt(huge, { workspace })).rejects.toThrow(/^envelope may be at most/);
    expect(kms.seen).toHaveLength(0);
  });
});

test('an envelope of another workspace opens nothing and disturbs nobody', async () => {
  const { engine } = harness();
  const envelope = await engine.encrypt(plaintext, { workspace });
  const wrong = await failureOf(engine.decrypt(envelope, { workspace: 'beta' }));
  expect(wrong.code).toBe('authentication-failed');
  expect(await engine.decrypt(envelope, { workspace })).toEqual(plaintext);
});

describe('an eDEK over its bound', () => {
  test('in an envelope does not authenticate, before any KMS call', async () => {
    const writer = harness();
    const envelope = Buffer.from(await writer.engine.encrypt(plaintext, { workspace }));
    const { keyUri } = parseEnvelope(envelope);
    const lengthAt = 4 + 16 + 32 + 2 + Buffer.byteLength(keyUri);
    const long = Buffer.concat([envelope.subarray(0, lengthAt + 2), Buffer.alloc(9_000), envelope]);
    long.writeUInt16BE(8_193, lengthAt);
    const { engine, kms } = coldPeer(writer);
    const asked = kms.seen.length;
    expect(await codeOf(engine.decrypt(long, { workspace }))).toBe('authentication-failed');
    expect(kms.seen).toHaveLength(asked);
  });

  test.each([0, 8_193])('from a KMS (%i bytes) seals nothing and is no answer', async (length) => {
    const kms = new FakeKms();
    const provider: KekProvider = {
      name: 'broken',
      wrap: async () => ({ bytes: Buffer.alloc(length) }),
      unwrap: kms.unwrap.bind(kms),
    };
    const { engine, sink } = harness({ provider });
    const error = await failureOf(engine.encrypt(plaintext, { workspace }));
    expect(error).toMatchObject({ code: 'unavailable', retryable: true });
    expect(sink.last()).toMatchObject({ outcome: 'outage', attempts: [{ outcome: 'ok' }] });
    expect(engine.snapshot().deks).toEqual([]);
  });
});

test.each([
  ['', 'keyFor'],
  ['k'.repeat(2_049), 'keyFor'],
  [undefined, 'keyFor'],
])('a key URI that no header can hold is refused by name', async (given, named) => {
  const { engine, kms } = harness({ keyFor: () => given as unknown as string });
  await expect(engine.encrypt(plaintext, { workspace })).rejects.toThrow(TypeError);
  await expect(engine.encrypt(plaintext, { workspace })).rejects.toThrow(named);
  expect(kms.seen).toHaveLength(0);
  expect(outcomes(engine)).toEqual({});
});

test('a binding that is missing is refused by name', async () => {
  const { engine } = harness();
  const none = undefined as unknown as Binding;
  await expect(engine.encrypt(plaintext, none)).rejects.toThrow(/^binding must/);
});
