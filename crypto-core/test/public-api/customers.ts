/** The key, KMS and names of one customer never affect another, and neither does the host's own code. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  createEngine,
  type DekDirectory,
  type KekProvider,
  parseEnvelope,
  providerRouter,
  type TelemetrySink,
} from '@keytide/crypto-core';
import { codeOf, Listener, OwnKms, started } from './public-engine.ts';

const body = Buffer.from('a body');

test('names that run together into one text are two workspaces under two keys', async () => {
  const keys = new Map([
    ['acme prod', 'own:k1'],
    ['prod', 'own:k1 acme'],
  ]);
  const { engine, kms } = started({ keyFor: (workspace) => keys.get(workspace) ?? 'none' });
  const names = [...keys.keys()];
  const sealed = await Promise.all(names.map((workspace) => engine.encrypt(body, { workspace })));
  assert.deepEqual(kms.asked, ['Encrypt', 'Encrypt']);
  assert.deepEqual(
    sealed.map((envelope) => parseEnvelope(envelope).keyUri),
    [...keys.values()],
  );
  for (const [no, workspace] of names.entries()) {
    const [own, other] = [sealed[no], sealed[1 - no]];
    assert.ok(own && other);
    assert.deepEqual(Buffer.from(await engine.decrypt(own, { workspace })), body);
    assert.equal(await codeOf(engine.decrypt(other, { workspace })), 'authentication-failed');
  }
  await engine.close();
});

const never = () => new Promise<never>(() => {});

test('a KMS that never answers fails its own customer in time, and delays no other', async () => {
  const own = new OwnKms();
  let hanging = 0;
  const provider: KekProvider = {
    name: 'own',
    wrap: (plaintext, request) => {
      if (request.keyUri !== 'own:dead') return own.wrap(plaintext, request);
      hanging += 1;
      return never();
    },
    unwrap: (wrapped, request) => own.unwrap(wrapped, request),
  };
  const { engine } = started({
    provider,
    keyFor: (workspace) => (workspace === 'healthy' ? 'own:good' : 'own:dead'),
    policy: { attemptTimeoutMs: 300, attemptsMax: 1, kmsConcurrencyMax: 4 },
  });
  const failing = Array.from({ length: 50 }, (_, no) =>
    codeOf(engine.encrypt(body, { workspace: `dead-${no}` })),
  );
  const outcome = await Promise.race([
    engine.encrypt(body, { workspace: 'healthy' }).then(() => 'healthy'),
    ...failing,
  ]);
  assert.equal(outcome, 'healthy');
  assert.ok(hanging > 0);
  assert.deepEqual([...new Set(await Promise.all(failing))], ['unavailable']);
  await engine.close();
});

test('a directory that never answers is one that failed', async () => {
  const directory: DekDirectory = { current: never, replace: never };
  const { engine } = started({ directory, policy: { attemptTimeoutMs: 50 } });
  assert.equal(await codeOf(engine.encrypt(body, { workspace: 'w' })), 'directory-unavailable');
  await engine.close();
});

test('a telemetry sink that throws or rejects costs no operation, and the others hear all', async () => {
  const fail = () => {
    throw new Error('the host’s own');
  };
  const broken: TelemetrySink = { attach: () => {}, call: fail, close: async () => fail() };
  const listener = new Listener();
  const { engine, kms } = started({ telemetry: [broken, listener] });
  const envelope = await engine.encrypt(body, { workspace: 'w' });
  assert.deepEqual(Buffer.from(await engine.decrypt(envelope, { workspace: 'w' })), body);
  assert.deepEqual(listener.causes, ['dek.first']);
  await engine.close();
  assert.deepEqual([listener.closed, kms.closed], [1, 1]);
  assert.ok(engine.totals().sinkFaults >= 2);
});

test('keys of several regions go to providers of their own, and keyFor may ask somebody', async () => {
  const opened = new Map<string, OwnKms>();
  const provider = providerRouter({
    routeOf: (keyUri) => keyUri.split(':')[1] ?? '',
    open: (_, route) => {
      const kms = new OwnKms();
      opened.set(route, kms);
      return kms;
    },
  });
  const engine = createEngine({
    ...{ provider, process: 'api-1', policy: { deks: 'private' } },
    keyFor: async (workspace) => `own:${workspace}:key`,
  });
  for (const workspace of ['paris', 'dublin', 'paris'])
    await engine.decrypt(await engine.encrypt(body, { workspace }), { workspace });
  assert.deepEqual([...opened.keys()], ['paris', 'dublin']);
  assert.deepEqual(
    [...opened.values()].map(({ asked }) => asked),
    [['Encrypt'], ['Encrypt']],
  );
  await engine.close();
  assert.deepEqual(
    [...opened.values()].map(({ closed }) => closed),
    [1, 1],
  );
});

test('a bound handle does what the operations of its binding do', async () => {
  const { engine, kms } = started();
  const binding = { workspace: 'w', context: { row: '7' } };
  const bound = engine.bind(binding);
  const envelope = await bound.encrypt(body);
  assert.deepEqual(Buffer.from(await engine.decrypt(envelope, binding)), body);
  const plain = await engine.encrypt(body, binding);
  assert.deepEqual(Buffer.from(await bound.decrypt(plain)), body);
  const other = engine.bind({ ...binding, context: { row: '8' } });
  assert.equal(await codeOf(Promise.resolve(other.decrypt(plain))), 'authentication-failed');
  const atOnce = bound.encryptHeld(body);
  assert.ok(atOnce !== undefined);
  assert.deepEqual(Buffer.from(bound.decryptHeld(atOnce) ?? []), body);
  assert.throws(() => other.decryptHeld(plain), { code: 'authentication-failed' });
  assert.equal(engine.bind({ workspace: 'cold' }).encryptHeld(body), undefined);
  assert.deepEqual(kms.asked, ['Encrypt']);
  await engine.close();
});

test('no part of a stream opens as an envelope', async () => {
  const { engine } = started();
  const binding = { workspace: 'w' };
  const through = new Blob(['a long body']).stream().pipeThrough(engine.sealStream(binding));
  const parts: Uint8Array[] = [];
  for await (const part of through) parts.push(part);
  const sealed = Buffer.concat(parts);
  for (let end = 0; end <= sealed.length; end += 1) {
    const code = await codeOf(engine.decrypt(sealed.subarray(0, end), binding));
    assert.match(code, /^(?:authentication-failed|unsupported-format)$/);
  }
  await engine.close();
});
