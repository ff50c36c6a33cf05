import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CryptoCoreError, KmsFault } from '@keytide/crypto-core';
import { codeOf, started } from './public-engine.ts';

const binding = { workspace: 'acme' };
const body = Buffer.from('a body');
const hourMs = 3_600_000;
const denied = new KmsFault('denied', 'AccessDenied', { sent: true, httpStatus: 400 });
const outage = new KmsFault('outage', 'Throttled', { sent: true, httpStatus: 429 });

test('a DEK in memory is used until its lease ends, and not an instant longer', async () => {
  const { engine, runtime, kms, listener } = started();
  const envelope = await engine.encrypt(body, binding);
  runtime.move(hourMs - 60_000);
  await engine.decrypt(envelope, binding);
  assert.deepEqual(kms.asked, ['Encrypt']);
  runtime.move(60_000);
  await engine.decrypt(envelope, binding);
  assert.deepEqual(kms.asked, ['Encrypt', 'Decrypt']);
  assert.deepEqual(listener.causes, ['dek.first', 'load.expired']);
  await engine.close();
});

test('a denial fails closed at once and drops what was held; the key given back, it recovers', async () => {
  const { engine, runtime, kms, listener } = started();
  const envelope = await engine.encrypt(body, binding);
  runtime.move(hourMs);
  kms.fault = denied;
  const failure = await engine.decrypt(envelope, binding).catch((error: unknown) => error);
  assert.ok(failure instanceof CryptoCoreError);
  assert.deepEqual([failure.code, failure.retryable], ['denied', false]);
  assert.deepEqual(engine.snapshot().deks, []);
  assert.equal(await codeOf(engine.encrypt(body, binding)), 'denied');
  kms.fault = undefined;
  runtime.move(60_000);
  assert.deepEqual(Buffer.from(await engine.decrypt(envelope, binding)), body);
  assert.equal(listener.causes.at(-1), 'load.after-denial');
  await engine.close();
});

test('in an outage held DEKs serve until their leases end, then operations fail closed but retryable', async () => {
  const { engine, runtime, kms } = started();
  const envelope = await engine.encrypt(body, binding);
  kms.fault = outage;
  runtime.move(hourMs / 2);
  assert.deepEqual(Buffer.from(await engine.decrypt(envelope, binding)), body);
  runtime.move(hourMs / 2);
  const failure = await engine.decrypt(envelope, binding).catch((error: unknown) => error);
  assert.ok(failure instanceof CryptoCoreError);
  assert.deepEqual([failure.code, failure.retryable], ['unavailable', true]);
  kms.fault = undefined;
  runtime.move(60_000);
  assert.deepEqual(Buffer.from(await engine.decrypt(envelope, binding)), body);
  await engine.close();
});

test('a key of another secret opens nothing, and says no more than that', async () => {
  const writer = started();
  const reader = started();
  const envelope = await writer.engine.encrypt(body, binding);
  assert.equal(await codeOf(reader.engine.decrypt(envelope, binding)), 'authentication-failed');
  await writer.engine.close();
  await reader.engine.close();
});

test('a directory that fails fails new DEKs only, retryably', async () => {
  const down = async () => {
    throw new Error('connection refused');
  };
  const { engine, kms } = started({ directory: { current: down, replace: down } });
  const failure = await engine.encrypt(body, binding).catch((error: unknown) => error);
  assert.ok(failure instanceof CryptoCoreError);
  assert.deepEqual([failure.code, failure.retryable], ['directory-unavailable', true]);
  assert.deepEqual(kms.asked, []);
  await engine.close();
});

test('cold calls of one DEK at once make one KMS call', async () => {
  const { engine, kms } = started();
  const sealing = Array.from({ length: 200 }, () => engine.encrypt(body, binding));
  const sealed = await Promise.all(sealing);
  assert.deepEqual(kms.asked, ['Encrypt']);
  assert.equal((await engine.decryptMany(sealed, binding)).length, 200);
  await engine.close();
});

test('who aborts stops waiting; who goes on gets the answer', async () => {
  const { engine } = started();
  const abort = new AbortController();
  const given = engine.encrypt(body, { ...binding, signal: abort.signal });
  const other = engine.encrypt(body, binding);
  abort.abort();
  assert.equal(await codeOf(given), 'aborted');
  assert.deepEqual(Buffer.from(await engine.decrypt(await other, binding)), body);
  await engine.close();
});

test('validate says that a key can be used, or what is missing and by when it is dark', async () => {
  const { engine, kms } = started();
  assert.deepEqual(await engine.validate('acme'), { ok: true, state: 'active' });
  assert.deepEqual(kms.asked, ['Encrypt', 'Decrypt']);
  kms.fault = denied;
  const refused = await engine.validate('acme');
  assert.ok(!refused.ok);
  assert.equal(refused.missing, 'permission');
  assert.equal(typeof refused.inForceBy, 'number');
  await engine.close();
});

test('a closed engine holds nothing, refuses everything and has closed its parts, once', async () => {
  const { engine, kms, listener } = started();
  const envelope = await engine.encrypt(body, binding);
  await Promise.all([engine.close(), engine.close()]);
  assert.deepEqual(engine.snapshot().deks, []);
  const refused = [
    engine.encrypt(body, binding),
    engine.decrypt(envelope, binding),
    engine.decryptMany([envelope], binding),
    engine.validate('acme'),
  ];
  for (const work of refused) assert.equal(await codeOf(work), 'closed');
  assert.deepEqual([kms.closed, listener.closed], [1, 1]);
});
