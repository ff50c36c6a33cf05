/** Misuse that would be ignored, or fail only later, is refused at once, by name. */
import { describe, expect, test } from 'vitest';
import { createEngine, type EngineOptions, memoryDirectory } from '../src/index.ts';
import { localProvider } from '../src/providers/local.ts';
import { codeOf, failureOf, harness, outcomes } from './support.ts';

const plaintext = Buffer.from('body');
const workspace = 'acme';

const good: EngineOptions = {
  provider: localProvider({ secret: Buffer.alloc(32, 1) }),
  directory: memoryDirectory(),
  keyFor: () => 'local:key/1',
  process: 'api-1',
};
const sink = { attach: () => {}, call: () => {}, close: async () => {} };

describe('an engine is not made', () => {
  test.each([
    ['an option misspelt', { telemtry: [] }, 'telemtry'],
    ['an option of Object’s', { toString: 1 }, 'toString'],
    ['a provider without unwrap', { provider: { name: 'x', wrap: () => {} } }, 'unwrap'],
    ['a provider that is none', { provider: 7 }, 'provider'],
    ['a directory without current', { directory: { replace: () => {} } }, 'current'],
    ['a directory that is missing', { directory: undefined }, 'directory'],
    ['a sink without close', { telemetry: [{ attach: () => {}, call: () => {} }] }, 'close'],
    ['sinks that are no list', { telemetry: sink }, 'telemetry'],
    ['a runtime without every', { runtime: { now: () => 1 } }, 'runtime'],
    ['a version of streams that there is none of', { streamVersionMin: 3 }, 'streamVersionMin'],
  ])('with %s, which is named', (_, change, named) => {
    const options = { ...good, ...change } as unknown as EngineOptions;
    expect(() => createEngine(options)).toThrow(named);
    try {
      createEngine(options);
    } catch (error) {
      expect(error instanceof TypeError || error instanceof RangeError).toBe(true);
    }
  });

  test('where a sink refuses it, and nothing is left running', () => {
    const refusing = {
      ...sink,
      attach: () => {
        throw new TypeError('this sink serves one engine');
      },
    };
    expect(() => createEngine({ ...good, telemetry: [refusing] })).toThrow('one engine');
  });
});

describe('an operation is refused', () => {
  const misspelt = { workspace, contxt: { row: '7' } } as never;

  test('with a binding of an unknown name: nothing is bound to less than was meant', async () => {
    const { engine, kms } = harness();
    await expect(engine.encrypt(plaintext, misspelt)).rejects.toThrow('contxt');
    await expect(engine.decrypt(plaintext, misspelt)).rejects.toThrow('contxt');
    await expect(engine.decryptMany([], misspelt)).rejects.toThrow('contxt');
    expect(() => engine.bind(misspelt)).toThrow('contxt');
    expect(() => engine.sealStream(misspelt)).toThrow('contxt');
    expect(() => engine.openStream(misspelt)).toThrow('contxt');
    expect(kms.seen).toHaveLength(0);
    expect(outcomes(engine)).toEqual({});
  });

  test('with options of an unknown name, in a message and by a bound handle', async () => {
    const { engine } = harness();
    const wrong = { singal: AbortSignal.abort() } as never;
    await engine.message({ workspace }, async (message) => {
      await expect(message.encrypt(plaintext, {}, wrong)).rejects.toThrow('singal');
    });
    await expect(engine.bind({ workspace }).encrypt(plaintext, wrong)).rejects.toThrow('singal');
    await expect(engine.message({ workspace, tga: 'x' } as never, async () => 1)).rejects.toThrow(
      'tga',
    );
  });

  test.each([
    ['', 'empty'],
    ['a\nb', 'a control character'],
    ['a\ud800', 'a lone surrogate'],
    ['水'.repeat(86), 'more than 256 bytes'],
    [7, 'no text'],
  ])('with the tag %j (%s)', async (tag, _) => {
    const { engine } = harness();
    const about = { workspace, tag } as never;
    await expect(engine.message(about, async () => 1)).rejects.toThrow(/^tag/);
    expect(engine.totals().messages).toBe(0);
  });

  test('where validate() names no workspace', async () => {
    const { engine, kms } = harness();
    const validate = engine.validate.bind(engine) as (workspace?: unknown) => Promise<unknown>;
    for (const none of [undefined, '', 7, 'a\ud800'])
      await expect(validate(none)).rejects.toThrow(/^workspace/);
    expect(kms.seen).toHaveLength(0);
  });
});

test('a bound handle does what the engine does with its binding', async () => {
  const { engine } = harness();
  const binding = { workspace, context: { row: '7' } };
  const bound = engine.bind(binding);
  const envelope = await bound.encrypt(plaintext);
  expect(await engine.decrypt(envelope, binding)).toEqual(plaintext);
  expect(await bound.decrypt(await engine.encrypt(plaintext, binding))).toEqual(plaintext);
  expect(await bound.decryptMany([envelope, envelope])).toEqual([plaintext, plaintext]);
  expect(await codeOf(engine.bind({ workspace }).decrypt(envelope))).toBe('authentication-failed');
  const body = new Blob([plaintext]).stream();
  const through = body.pipeThrough(bound.sealStream()).pipeThrough(bound.openStream());
  expect(await new Response(through).text()).toBe('body');
  const aborted = { signal: AbortSignal.abort() };
  expect((await failureOf(bound.encrypt(plaintext, aborted))).code).toBe('aborted');
  expect(await bound.decrypt(envelope)).toEqual(plaintext);
});
