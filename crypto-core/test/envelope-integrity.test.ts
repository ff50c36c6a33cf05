import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseEnvelope } from '../src/index.ts';
import { coldPeer, failureOf, harness } from './support.ts';

const binding = { workspace: 'acme', context: { row: '7', table: 'notes' } };
const plaintext = Buffer.from('the tide comes in');

async function sealed() {
  const made = harness({ keyFor: () => 'local:key/1' });
  const envelope = Buffer.from(await made.engine.encrypt(plaintext, binding));
  return { ...made, envelope };
}

describe('an envelope', () => {
  test.each(['cached', 'cold'])(
    'with any one bit of any byte changed is refused, its DEK %s',
    async (state) => {
      const made = await sealed();
      const { envelope } = made;
      const reader = state === 'cached' ? made : coldPeer(made, { keyFor: () => 'local:key/1' });
      const messages = new Set<string>();
      for (let at = 0; at < envelope.length; at += 1) {
        const changed = Buffer.from(envelope);
        changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
        const error = await failureOf(reader.engine.decrypt(changed, binding));
        const versioned = at === 2 || at === 3;
        expect({ at, code: error.code }).toEqual({
          at,
          code: versioned ? 'unsupported-format' : 'authentication-failed',
        });
        if (!versioned) messages.add(error.message);
      }
      expect(messages.size).toBe(1);
      expect(await reader.engine.decrypt(envelope, binding)).toEqual(plaintext);
    },
  );

  test('cut short anywhere is refused with one and the same message', async () => {
    const { engine, envelope } = await sealed();
    const failures = new Set<string>();
    for (let length = 0; length < envelope.length; length += 1) {
      const error = await failureOf(engine.decrypt(envelope.subarray(0, length), binding));
      failures.add(`${error.code}: ${error.message}`);
    }
    expect([...failures]).toEqual([expect.stringMatching(/^authentication-failed: /)]);
  });

  test('with anything after it is refused', async () => {
    const { engine, envelope } = await sealed();
    const longer = Buffer.concat([envelope, Buffer.alloc(1)]);
    expect((await failureOf(engine.decrypt(longer, binding))).code).toBe('authentication-failed');
  });

  test('of another version or suite is refused before any KMS call', async () => {
    const made = await sealed();
    const { engine, kms } = coldPeer(made);
    const asked = kms.seen.length;
    for (const at of [2, 3]) {
      const other = Buffer.from(made.envelope);
      other[at] = 2;
      const error = await failureOf(engine.decrypt(other, binding));
      expect(error.code).toBe('unsupported-format');
      expect(error.retryable).toBe(false);
    }
    expect(kms.seen).toHaveLength(asked);
  });

  test('does not open in another workspace, nor with another, less or more context', async () => {
    const { engine, envelope } = await sealed();
    const { context } = binding;
    const wrong = [
      { ...binding, workspace: 'other' },
      { workspace: 'acme' },
      { ...binding, context: { ...context, row: '8' } },
      { ...binding, context: { row: '7' } },
      { ...binding, context: { ...context, more: '' } },
      { ...binding, context: { row7: '', table: 'notes' } },
    ];
    for (const other of wrong) {
      expect((await failureOf(engine.decrypt(envelope, other))).code).toBe('authentication-failed');
    }
  });

  test('opens whatever the order of the context entries', async () => {
    const { engine, envelope } = await sealed();
    const context = { table: 'notes', row: '7' };
    expect(await engine.decrypt(envelope, { workspace: 'acme', context })).toEqual(plaintext);
  });

  test.each([0, 1, 1024 * 1024])('holds %i bytes', async (length) => {
    const { engine } = harness();
    const body = Buffer.alloc(length, 0xa5);
    const envelope = await engine.encrypt(body, binding);
    expect(parseEnvelope(envelope).ciphertext).toHaveLength(length);
    expect(Buffer.compare(await engine.decrypt(envelope, binding), body)).toBe(0);
  });

  test('takes a view into a larger buffer as plaintext and as envelope', async () => {
    const { engine } = harness();
    const room = new Uint8Array(64).fill(9);
    const envelope = await engine.encrypt(room.subarray(3, 10), binding);
    const larger = new Uint8Array(envelope.length + 20);
    larger.set(envelope, 11);
    const view = larger.subarray(11, 11 + envelope.length);
    expect([...(await engine.decrypt(view, binding))]).toEqual([9, 9, 9, 9, 9, 9, 9]);
  });

  test('binds context names that would pollute prototypes like any other', async () => {
    const { engine } = harness();
    const context: Record<string, string> = JSON.parse(
      '{"__proto__":"p","constructor":"c","toString":"t"}',
    );
    expect(Object.keys(context)).toContain('__proto__');
    const envelope = await engine.encrypt(plaintext, { workspace: 'acme', context });
    expect(await engine.decrypt(envelope, { workspace: 'acme', context })).toEqual(plaintext);
    const without = { workspace: 'acme', context: { constructor: 'c', toString: 't' } };
    expect((await failureOf(engine.decrypt(envelope, without))).code).toBe('authentication-failed');
    expect(Object.hasOwn(Object.prototype, 'p')).toBe(false);
  });

  test('round trips any body under any context', async () => {
    const { engine } = harness();
    const text = fc.string({ unit: 'grapheme', maxLength: 20 });
    const names = text.filter((name) => name.length > 0);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array(), fc.dictionary(names, text), async (body, context) => {
        const envelope = await engine.encrypt(body, { workspace: 'acme', context });
        const opened = await engine.decrypt(envelope, { workspace: 'acme', context });
        expect(Buffer.compare(opened, body)).toBe(0);
      }),
    );
  });

  test('has its own nonce each time', async () => {
    const { engine } = harness();
    const nonces = new Set<string>();
    for (let n = 0; n < 1_500; n += 1) {
      const { nonce } = parseEnvelope(await engine.encrypt(plaintext, binding));
      nonces.add(nonce.toString('hex'));
    }
    expect(nonces.size).toBe(1_500);
  });
});

describe('what is given with a body', () => {
  const unfit: [string, Record<string, unknown>][] = [
    ["context['row'] must be a string", { context: { row: 7 } }],
    ['empty name', { context: { '': 'x' } }],
    ['well-formed', { context: { row: '\ud800' } }],
    ['well-formed', { context: { '\udc00': 'x' } }],
    ['workspace', { workspace: '' }],
    ['workspace', { workspace: 'w'.repeat(257) }],
    ['workspace', { workspace: 'a\ud800' }],
    ['workspace', { workspace: undefined }],
  ];
  test.each(unfit)('is refused naming the option: %s', async (message, given) => {
    const { engine, sink } = harness();
    const work = engine.encrypt(plaintext, { ...binding, ...given } as typeof binding);
    await expect(work).rejects.toThrow(TypeError);
    await expect(work).rejects.toThrow(message);
    expect(sink.calls).toHaveLength(0);
  });

  test('is refused past 63 entries or 64 KiB of context', async () => {
    const { engine } = harness();
    const entries = (n: number) =>
      Object.fromEntries(Array.from({ length: n }, (_, at) => [`name${at}`, 'v']));
    const seal = (context: Record<string, string>) =>
      engine.encrypt(plaintext, { workspace: 'acme', context });
    await expect(seal(entries(63))).resolves.toBeInstanceOf(Uint8Array);
    await expect(seal(entries(64))).rejects.toThrow(RangeError);
    await expect(seal({ big: 'x'.repeat(65_536) })).rejects.toThrow(RangeError);
  });

  test('is refused where it is no Uint8Array', async () => {
    const { engine } = harness();
    const text = 'text' as unknown as Uint8Array;
    await expect(engine.encrypt(text, binding)).rejects.toThrow('plaintext');
    await expect(engine.decrypt(text, binding)).rejects.toThrow('envelope');
    const many = text as unknown as Uint8Array[];
    await expect(engine.decryptMany(many, binding)).rejects.toThrow('envelopes');
  });
});
