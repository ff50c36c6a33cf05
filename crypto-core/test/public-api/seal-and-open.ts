import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { type Binding, parseEnvelope, parseHeader, serializeHeader } from '@keytide/crypto-core';
import { codeOf, started } from './public-engine.ts';

const binding: Binding = { workspace: 'acme', context: { row: '7', table: 'messages' } };
const body = Buffer.from('a body');

test('bodies of every size come back as they were', async () => {
  const { engine } = started();
  for (const bytes of [0, 1, 15, 16, 17, 1024, 65_536, 1_000_003]) {
    const plaintext = randomBytes(bytes);
    const kept = Buffer.from(plaintext);
    const envelope = await engine.encrypt(plaintext, binding);
    assert.deepEqual(plaintext, kept);
    assert.deepEqual(Buffer.from(await engine.decrypt(envelope, binding)), plaintext);
  }
  await engine.close();
});

test('an envelope opens under its own workspace and context only', async () => {
  const { engine } = started();
  const envelope = await engine.encrypt(body, binding);
  const others: Binding[] = [
    { ...binding, workspace: 'Acme' },
    { workspace: 'acme' },
    { ...binding, context: {} },
    { ...binding, context: { row: '7' } },
    { ...binding, context: { row: '8', table: 'messages' } },
    { ...binding, context: { row: '7', table: 'messages', more: '' } },
    { ...binding, context: { row: 'messages', table: '7' } },
  ];
  for (const other of others)
    assert.equal(await codeOf(engine.decrypt(envelope, other)), 'authentication-failed');
  const turned = { ...binding, context: { table: 'messages', row: '7' } };
  assert.deepEqual(Buffer.from(await engine.decrypt(envelope, turned)), body);
  await engine.close();
});

test('an envelope with any byte changed, cut or added does not open', async () => {
  const { engine } = started();
  const envelope = Buffer.from(await engine.encrypt(body, binding));
  const refused = new Set(['authentication-failed', 'unsupported-format']);
  for (let at = 0; at < envelope.length; at += 1) {
    const changed = Buffer.from(envelope);
    changed[at] = (changed[at] ?? 0) ^ 0x40;
    assert.ok(refused.has(await codeOf(engine.decrypt(changed, binding))), `byte ${at}`);
  }
  for (const other of [envelope.subarray(0, -1), Buffer.concat([envelope, Buffer.alloc(1)])])
    assert.equal(await codeOf(engine.decrypt(other, binding)), 'authentication-failed');
  await engine.close();
});

test('a header is parsed and made again byte by byte', async () => {
  const { engine } = started();
  const { header } = parseEnvelope(await engine.encrypt(body, binding));
  assert.deepEqual(Buffer.from(serializeHeader(parseHeader(header))), Buffer.from(header));
  await engine.close();
});

test('many envelopes open with one lookup a DEK, in their order, and all or none', async () => {
  const { engine, runtime, kms, directory } = started({ policy: 'hourly' });
  const envelopes: Uint8Array[] = [];
  for (let no = 0; no < 6; no += 1) {
    envelopes.push(await engine.encrypt(Buffer.from(`${no}`), binding));
    if (no === 2) runtime.move(3_600_001);
  }
  const reader = started({ provider: kms, directory, runtime });
  kms.asked.length = 0;
  const opened = await reader.engine.decryptMany(envelopes, binding);
  assert.deepEqual(opened.map(String), ['0', '1', '2', '3', '4', '5']);
  assert.deepEqual(kms.asked, ['Decrypt', 'Decrypt']);
  assert.deepEqual(await reader.engine.decryptMany([], binding), []);
  const forged = Buffer.from(envelopes[5] ?? []);
  forged[forged.length - 1] = (forged[forged.length - 1] ?? 0) ^ 1;
  const mixed = [...envelopes.slice(0, 5), forged];
  assert.equal(await codeOf(reader.engine.decryptMany(mixed, binding)), 'authentication-failed');
  await engine.close();
  await reader.engine.close();
});

test('a message is counted once, and its operations as its own', async () => {
  const { engine, listener } = started();
  const answer = await engine.message({ workspace: 'acme', tag: 'c42' }, async (message) => {
    const envelope = await message.encrypt(body, { row: '1' });
    assert.deepEqual(Buffer.from(await message.decrypt(envelope, { row: '1' })), body);
    assert.equal(await codeOf(message.decrypt(envelope)), 'authentication-failed');
    return (await message.decryptMany([envelope, envelope], { row: '1' })).map(String);
  });
  assert.deepEqual(answer, ['a body', 'a body']);
  assert.equal(engine.totals().messages, 1);
  assert.equal(listener.calls[0]?.tag, 'c42');
  const counted = engine.takeRollUp()?.operations ?? [];
  assert.deepEqual([...new Set(counted.map(({ scope }) => scope))], ['message']);
  await assert.rejects(
    engine.message({ workspace: 'acme' }, async () => Promise.reject(new Error('the host’s own'))),
    /the host’s own/,
  );
  await engine.close();
});

test('a stream comes back whole, and one that was cut or changed fails', async () => {
  const { engine } = started();
  const long = 'a long body '.repeat(20_000);
  const sealed = await bytesOf(
    new Blob([long]).stream().pipeThrough(engine.sealStream(binding, { frameBytes: 4_096 })),
  );
  const open = async (bytes: Uint8Array<ArrayBuffer>, to = binding) =>
    String(await bytesOf(new Blob([bytes]).stream().pipeThrough(engine.openStream(to))));
  assert.equal(await open(sealed), long);
  const changed = Buffer.from(sealed);
  changed[100_000] = (changed[100_000] ?? 0) ^ 1;
  for (const bytes of [changed, sealed.subarray(0, -1), sealed.subarray(0, 150_000)])
    assert.equal(await codeOf(open(bytes)), 'authentication-failed');
  const elsewhere = open(sealed, { ...binding, workspace: 'beta' });
  assert.equal(await codeOf(elsewhere), 'authentication-failed');
  await engine.close();
});

async function bytesOf(stream: ReadableStream<Uint8Array>): Promise<Buffer<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}
