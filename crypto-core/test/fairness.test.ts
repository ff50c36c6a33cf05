/** A bad KMS, a scan or a flood of one customer never affects another. */
import { execFileSync } from 'node:child_process';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { KekProvider, KmsRequest } from '../src/index.ts';
import { codeOf, FakeKms, failureOf, harness, hourMs, outcomes, secondMs } from './support.ts';

const plaintext = Buffer.from('body');
const keyFor = (workspace: string) => `local:key/${workspace}`;
const never = () => new Promise<never>(() => {});

/** `n` envelopes of a workspace, each under a DEK of its own. */
async function cold(kms: FakeKms, workspace: string, n: number): Promise<Uint8Array[]> {
  const { engine } = harness({ kms, keyFor, policy: { dekMessagesMax: 1, deks: 'private' } });
  const envelopes: Uint8Array[] = [];
  for (let made = 0; made < n; made += 1)
    envelopes.push(await engine.encrypt(plaintext, { workspace }));
  return envelopes;
}

/** The KMS, except for requests of one key. */
function except(
  kms: FakeKms,
  workspace: string,
  instead: (request: KmsRequest) => Promise<never>,
): KekProvider & { asked: number } {
  const provider = {
    name: 'partly',
    asked: 0,
    wrap: kms.wrap.bind(kms),
    unwrap: async (wrapped: Uint8Array, request: KmsRequest) => {
      if (request.keyUri !== keyFor(workspace)) return kms.unwrap(wrapped, request);
      provider.asked += 1;
      return instead(request);
    },
  };
  return provider;
}

describe('a customer whose KMS never answers', () => {
  test.each([1, 64])(
    'delays nobody else, though 500 of its DEKs are asked for at once (%i at one time)',
    async (kmsConcurrencyMax) => {
      const kms = new FakeKms();
      const [a, b] = [await cold(kms, 'a', 500), await cold(kms, 'b', 20)];
      const provider = except(kms, 'a', never);
      const { engine } = harness({ provider, keyFor, policy: { kmsConcurrencyMax } });
      const stuck = a.map((envelope) => engine.decrypt(envelope, { workspace: 'a' }));
      for (const one of stuck) one.catch(() => {});
      await turn();
      expect(provider.asked).toBe(kmsConcurrencyMax);
      const opened = b.map((envelope) => engine.decrypt(envelope, { workspace: 'b' }));
      expect(await Promise.all(opened)).toEqual(b.map(() => plaintext));
      expect(provider.asked).toBe(kmsConcurrencyMax);
    },
  );

  test('is an outage when its time is up, however the provider behaves, and then not asked by those who queued', async () => {
    const kms = new FakeKms();
    const envelopes = await cold(kms, 'a', 50);
    const signals: AbortSignal[] = [];
    const provider = except(kms, 'a', ({ signal }) => {
      signals.push(signal);
      return never();
    });
    const policy = { kmsConcurrencyMax: 4, attemptsMax: 1 };
    const { engine, runtime, sink } = harness({ provider, keyFor, policy });
    const opening = envelopes.map((one) => failureOf(engine.decrypt(one, { workspace: 'a' })));
    await turn();
    runtime.timeOut();
    const errors = await Promise.all(opening);
    expect(new Set(errors.map(({ code, retryable }) => `${code} ${retryable}`))).toEqual(
      new Set(['unavailable true']),
    );
    expect(provider.asked).toBe(4);
    expect(signals.every(({ aborted }) => aborted)).toBe(true);
    const attempts = sink.calls.flatMap((call) => call.attempts);
    expect(attempts.filter(({ sent }) => sent)).toHaveLength(4);
    expect(attempts.every(({ reason }) => reason === 'AttemptTimeout')).toBe(true);
    expect(outcomes(engine)).toEqual({ 'decrypt miss': 50 });
  });

  test('leaves no DEK behind when it answers too late', async () => {
    const kms = new FakeKms();
    const [envelope = plaintext] = await cold(kms, 'a', 1);
    const answer = Promise.withResolvers<void>();
    const late: Uint8Array[] = [];
    const provider: KekProvider = {
      name: 'late',
      wrap: kms.wrap.bind(kms),
      unwrap: async (wrapped, request) => {
        const given = await kms.unwrap(wrapped, request);
        late.push(given.bytes);
        await answer.promise;
        return given;
      },
    };
    const { engine, runtime } = harness({ provider, keyFor, policy: { attemptsMax: 1 } });
    const opening = codeOf(engine.decrypt(envelope, { workspace: 'a' }));
    await turn();
    runtime.timeOut();
    expect(await opening).toBe('unavailable');
    answer.resolve();
    await turn();
    expect(late.map((bytes) => Buffer.from(bytes).equals(Buffer.alloc(32)))).toEqual([true]);
    expect(engine.snapshot().deks).toHaveLength(0);
  });

  test('is retried within the budget, and its answer then counts', async () => {
    const kms = new FakeKms();
    const [envelope = plaintext] = await cold(kms, 'a', 1);
    let hangs = true;
    const provider: KekProvider = {
      name: 'once',
      wrap: kms.wrap.bind(kms),
      unwrap: (wrapped, request) => (hangs ? never() : kms.unwrap(wrapped, request)),
    };
    const { engine, runtime, sink } = harness({ provider, keyFor });
    const opening = engine.decrypt(envelope, { workspace: 'a' });
    await turn();
    hangs = false;
    runtime.timeOut();
    expect(await opening).toEqual(plaintext);
    expect(sink.last().attempts.map(({ outcome }) => outcome)).toEqual(['outage', 'ok']);
  });
});

test('after the first denial none of those who queued is sent', async () => {
  const kms = new FakeKms();
  const envelopes = await cold(kms, 'a', 500);
  kms.always('Decrypt', 'denied');
  const sent = kms.seen.length;
  const { engine, sink } = harness({ kms, keyFor, policy: { kmsConcurrencyMax: 8 } });
  const opening = envelopes.map((one) => codeOf(engine.decrypt(one, { workspace: 'a' })));
  expect(new Set(await Promise.all(opening))).toEqual(new Set(['denied']));
  expect(kms.seen.length - sent).toBeLessThanOrEqual(8);
  const attempts = sink.calls.flatMap((call) => call.attempts);
  expect(attempts).toHaveLength(500);
  expect(attempts.filter((one) => one.sent)).toHaveLength(kms.seen.length - sent);
  expect(await engine.validate('a')).toMatchObject({ ok: false, missing: 'permission' });
});

describe('a directory that never answers', () => {
  test.each(['current', 'replace'] as const)(
    'in %s ends the encryption retryably when its time is up, its signal aborted',
    async (method) => {
      const signals: AbortSignal[] = [];
      const hang = (...words: unknown[]) => {
        const { signal } = words.at(-1) as { signal: AbortSignal };
        signals.push(signal);
        return never();
      };
      const answers = { current: async () => undefined, replace: async () => plaintext };
      const { engine, runtime } = harness({ directory: { ...answers, [method]: hang } });
      const sealing = failureOf(engine.encrypt(plaintext, { workspace: 'a' }));
      await turn();
      runtime.timeOut();
      expect(await sealing).toMatchObject({ code: 'directory-unavailable', retryable: true });
      expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    },
  );
});

describe('the cache', () => {
  test('is not emptied by one customer’s scan: what others use stays', async () => {
    const kms = new FakeKms();
    const [a, b] = [await cold(kms, 'a', 300), await cold(kms, 'b', 10)];
    const { engine, sink } = harness({ kms, keyFor, policy: { capacity: 100 } });
    for (const one of b) await engine.decrypt(one, { workspace: 'b' });
    for (const one of a) await engine.decrypt(one, { workspace: 'a' });
    const calls = sink.calls.length;
    for (const one of b) await engine.decrypt(one, { workspace: 'b' });
    expect(sink.calls).toHaveLength(calls);
    expect(engine.snapshot().deks).toHaveLength(100);
  });

  test('is one customer’s alone while nobody else needs it', async () => {
    const kms = new FakeKms();
    const a = await cold(kms, 'a', 100);
    const { engine, sink } = harness({ kms, keyFor, policy: { capacity: 100 } });
    for (let round = 0; round < 2; round += 1)
      for (const one of a) await engine.decrypt(one, { workspace: 'a' });
    expect(sink.calls).toHaveLength(100);
  });

  test('of keys with one DEK each gives up the one used longest ago', async () => {
    const kms = new FakeKms();
    const names = Array.from({ length: 12 }, (_, n) => `w${n}`);
    const envelopes = new Map<string, Uint8Array>();
    for (const name of names) envelopes.set(name, (await cold(kms, name, 1))[0] ?? plaintext);
    const { engine } = harness({ kms, keyFor, policy: { capacity: 10 } });
    const open = (workspace: string) =>
      engine.decrypt(envelopes.get(workspace) ?? plaintext, { workspace });
    for (const name of names.slice(0, 10)) await open(name);
    await open('w0');
    await open('w10');
    await open('w11');
    const held = engine.snapshot().deks.map(({ workspace }) => workspace);
    expect(held.sort()).toEqual(names.filter((name) => name !== 'w1' && name !== 'w2').sort());
  });
});

describe('the waiting room', () => {
  const policy = { waitersMax: 10, kmsConcurrencyMax: 1 };

  test('when one customer fills it, refuses that one’s newest for another’s', async () => {
    const kms = new FakeKms();
    const [a, b] = [await cold(kms, 'a', 12), await cold(kms, 'b', 5)];
    const gate = Promise.withResolvers<void>();
    const { engine } = harness({
      provider: except(kms, 'a', () => gate.promise.then(never)),
      keyFor,
      policy,
    });
    const stuck = a.map((one) => codeOf(engine.decrypt(one, { workspace: 'a' })));
    const opened = b.map((one) => engine.decrypt(one, { workspace: 'b' }));
    expect(await Promise.all(opened)).toEqual(b.map(() => plaintext));
    // Two were refused at once, five were displaced by the other key.
    expect(await Promise.all(stuck.slice(5))).toEqual(Array(7).fill('overloaded'));
    expect(outcomes(engine)).toMatchObject({ 'decrypt miss': 15, 'decrypt waiters': 2 });
    await engine.close();
    expect(await Promise.all(stuck.slice(0, 5))).toEqual(Array(5).fill('closed'));
  });

  test('refuses the newcomer where its own key has as many as any', async () => {
    const kms = new FakeKms();
    const [a, b] = [await cold(kms, 'a', 5), await cold(kms, 'b', 6)];
    const provider: KekProvider = { name: 'never', wrap: kms.wrap.bind(kms), unwrap: never };
    const { engine } = harness({ provider, keyFor, policy });
    const stuck = [
      ...a.map((one) => codeOf(engine.decrypt(one, { workspace: 'a' }))),
      ...b.slice(0, 5).map((one) => codeOf(engine.decrypt(one, { workspace: 'b' }))),
    ];
    const last = engine.decrypt(b[5] ?? plaintext, { workspace: 'b' });
    expect(await codeOf(last)).toBe('overloaded');
    await engine.close();
    expect(new Set(await Promise.all(stuck))).toEqual(new Set(['closed']));
  });
});

test('a denial of one key touches no other key’s DEKs, leases or causes', async () => {
  const kms = new FakeKms();
  const [a, b] = [await cold(kms, 'a', 3), await cold(kms, 'b', 3)];
  const { engine, runtime, sink } = harness({ kms, keyFor });
  for (const one of a) await engine.decrypt(one, { workspace: 'a' });
  runtime.advance(hourMs / 2);
  for (const one of b) await engine.decrypt(one, { workspace: 'b' });
  runtime.advance(hourMs / 2);
  kms.next('Decrypt', 'denied');
  expect(await codeOf(engine.decrypt(a[0] ?? plaintext, { workspace: 'a' }))).toBe('denied');
  expect(engine.snapshot().deks.map(({ workspace }) => workspace)).toEqual(['b', 'b', 'b']);
  for (const one of b) await engine.decrypt(one, { workspace: 'b' });
  runtime.advance(5 * secondMs);
  await engine.decrypt(a[1] ?? plaintext, { workspace: 'a' });
  expect(sink.last().cause).toBe('load.after-denial');
  expect(sink.calls).toHaveLength(8);
});

test('a port that never answers and holds nothing open does not end the process in its stead', () => {
  const program = `
    import { createEngine } from '@keytide/crypto-core';
    const never = () => new Promise(() => {});
    const engine = createEngine({
      provider: { name: 'never', wrap: never, unwrap: never },
      policy: { deks: 'private', attemptTimeoutMs: 20, attemptsMax: 1 },
      keyFor: () => 'key/1',
      process: 'api-1',
    });
    const failed = await engine.encrypt(Buffer.from('x'), { workspace: 'a' }).catch((e) => e);
    console.log(failed.code);`;
  const args = ['--input-type=module', '-e', program];
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  expect(execFileSync(process.execPath, args, { cwd, encoding: 'utf8' })).toBe('unavailable\n');
});
