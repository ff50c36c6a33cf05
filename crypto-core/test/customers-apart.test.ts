/** Names, keys and DEKs of one customer are never used for another. */
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { DekKeeper } from '../src/dek-keeper.ts';
import { parseEnvelope } from '../src/index.ts';
import {
  codeOf,
  coldPeer,
  dekIdOf,
  FakeKms,
  forgedEnvelope,
  harness,
  hourMs,
  outcomes,
  portOptions,
} from './support.ts';

const plaintext = Buffer.from('body');

describe('two workspaces whose names and keys run together into one text', () => {
  const pairs = [
    { workspace: 'acme prod', keyUri: 'key:k1' },
    { workspace: 'prod', keyUri: 'key:k1 acme' },
  ] as const;
  const keyFor = (workspace: string) =>
    pairs.find((pair) => pair.workspace === workspace)?.keyUri ?? 'key:other';

  test('get DEKs of their own when both are cold at once, each under its own key', async () => {
    const { engine, kms } = harness({ keyFor });
    const gate = Promise.withResolvers<void>();
    kms.always('Encrypt', gate.promise);
    const sealing = pairs.map(({ workspace }) => engine.encrypt(plaintext, { workspace }));
    await turn();
    gate.resolve();
    const envelopes = await Promise.all(sealing);
    expect(envelopes.map((one) => parseEnvelope(one).keyUri)).toEqual(['key:k1', 'key:k1 acme']);
    expect(new Set(envelopes.map(dekIdOf)).size).toBe(2);
    for (const [at, { workspace }] of pairs.entries()) {
      const cold = harness({ kms, keyFor });
      const own = envelopes[at] ?? plaintext;
      const other = envelopes[1 - at] ?? plaintext;
      expect(await cold.engine.decrypt(own, { workspace })).toEqual(plaintext);
      expect(await codeOf(cold.engine.decrypt(other, { workspace }))).toBe('authentication-failed');
    }
  });

  test('get refusals of their own', async () => {
    const { engine, kms } = harness({ keyFor });
    kms.next('Encrypt', 'denied');
    expect(await codeOf(engine.encrypt(plaintext, { workspace: 'acme prod' }))).toBe('denied');
    await engine.encrypt(plaintext, { workspace: 'prod' });
  });
});

describe('a workspace whose key is switched', () => {
  test('during a load: who asks under the new key does not get what the old one gave', async () => {
    let keyUri = 'local:key/1';
    const writer = harness({ keyFor: () => 'local:key/1' });
    const envelope = await writer.engine.encrypt(plaintext, { workspace: 'acme' });
    const { engine, kms } = coldPeer(writer, { keyFor: () => keyUri });
    const gate = Promise.withResolvers<void>();
    kms.next('Decrypt', gate.promise);
    const before = engine.decrypt(envelope, { workspace: 'acme' });
    await turn();
    keyUri = 'local:key/2';
    const after = codeOf(engine.decrypt(envelope, { workspace: 'acme' }));
    gate.resolve();
    expect(await before).toEqual(plaintext);
    expect(await after).toBe('authentication-failed');
    expect(kms.seen.slice(-2).map((call) => call.keyUri)).toEqual(['local:key/1', 'local:key/2']);
  });

  test('reads its older data no more from the cache, nor seals under the older DEK', async () => {
    let keyUri = 'local:key/1';
    const { engine, sink } = harness({ keyFor: () => keyUri });
    const envelope = await engine.encrypt(plaintext, { workspace: 'acme' });
    keyUri = 'local:key/2';
    expect(await codeOf(engine.decrypt(envelope, { workspace: 'acme' }))).toBe(
      'authentication-failed',
    );
    expect(sink.last()).toMatchObject({ cause: 'load.first', outcome: 'wrong-key' });
    const next = await engine.encrypt(plaintext, { workspace: 'acme' });
    expect(parseEnvelope(next).keyUri).toBe('local:key/2');
    keyUri = 'local:key/1';
    expect(await engine.decrypt(envelope, { workspace: 'acme' })).toEqual(plaintext);
  });
});

describe('right before sealing', () => {
  afterEach(() => vi.restoreAllMocks());

  test.each([
    ['another workspace', { workspace: 'beta' }, 'local:key/1'],
    ['another key', { workspace: 'acme' }, 'local:key/2'],
  ])('a DEK of %s is refused, whatever went wrong before', async (_, binding, keyUri) => {
    let registered = 'local:key/1';
    const { engine } = harness({ keyFor: () => registered });
    await engine.encrypt(plaintext, { workspace: 'acme' });
    const held = vi.spyOn(DekKeeper.prototype, 'heldForEncryption');
    await engine.encrypt(plaintext, { workspace: 'acme' });
    const entry = held.mock.results[0]?.value;
    held.mockImplementation(() => entry);
    registered = keyUri;
    await expect(engine.encrypt(plaintext, binding)).rejects.toThrow(/another workspace or key/);
  });
});

describe('names that are new', () => {
  const bad = [
    ['a control character', 'acme\nprod'],
    ['NUL', 'acme\0'],
    ['DEL', 'acme\u007f'],
    ['a line separator', 'acme\u2028'],
    ['more than 256 bytes', '水'.repeat(86)],
  ] as const;

  test.each(bad)(
    'a workspace with %s is refused by name, and no DEK is made',
    async (_, workspace) => {
      const { engine, kms } = harness();
      await expect(engine.encrypt(plaintext, { workspace })).rejects.toThrow(TypeError);
      await expect(engine.encrypt(plaintext, { workspace })).rejects.toThrow(/^workspace/);
      expect(kms.seen).toHaveLength(0);
      expect(outcomes(engine)).toEqual({});
    },
  );

  test.each([
    ...bad.slice(0, 4),
    ['a lone surrogate', 'key\ud800'] as const,
    ['more than 2,048 bytes', '水'.repeat(683)] as const,
  ])('a key URI with %s is refused by name, and no DEK is made', async (_, keyUri) => {
    const { engine, kms } = harness({ keyFor: () => keyUri });
    await expect(engine.encrypt(plaintext, { workspace: 'acme' })).rejects.toThrow(/key URI/);
    expect(kms.seen).toHaveLength(0);
  });

  test('what an old envelope or the directory names still opens, and goes on sealing', async () => {
    const workspace = 'old\nname';
    const keyUri = 'key\twith a tab';
    const { envelope, kms, directory } = await oldData(workspace, keyUri);
    const { engine, runtime } = harness({ kms, directory, keyFor: () => keyUri });
    expect(await engine.decrypt(envelope, { workspace })).toEqual(plaintext);
    await engine.encrypt(plaintext, { workspace });
    runtime.advance(25 * hourMs);
    const rotated = await engine.encrypt(plaintext, { workspace });
    expect(dekIdOf(rotated)).not.toBe(dekIdOf(envelope));
  });
});

/** An envelope and a directory as an older engine made them, which did not check names. */
async function oldData(workspace: string, keyUri: string) {
  const kms = new FakeKms();
  const { engine, directory } = harness({ kms, keyFor: () => 'plain' });
  const made = parseEnvelope(await engine.encrypt(plaintext, { workspace: 'plain' }));
  const envelope = forgedEnvelope({ kms, workspace, keyUri, dekId: made.dekId, plaintext });
  await directory.replace(workspace, undefined, parseEnvelope(envelope).header, portOptions);
  return { envelope, kms, directory };
}
