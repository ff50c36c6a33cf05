/** Key URIs: all spellings of a key are one key, and invalid ones are refused with what is wrong. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { createEngine, memoryDirectory, parseEnvelope, parseKeyUri } from '@keytide/crypto-core';
import { localProvider } from '@keytide/crypto-core/providers/local';

const arn = 'arn:aws:kms:eu-central-1:111122223333:key/1';
const azure = 'azure-kv:https://acme.vault.azure.net/keys/tide';

test('each cloud has its own, and every spelling one id', () => {
  const gcp = 'gcp-kms:projects/p/locations/l/keyRings/r/cryptoKeys/k';
  for (const [text, provider, id] of [
    [arn, 'aws', arn],
    [`aws-kms:${arn}`, 'aws', arn],
    [`${gcp}/cryptoKeyVersions/3`, 'gcp', gcp],
    ['azure-kv:https://ACME.vault.azure.net/keys/Tide', 'azure', azure],
    ['local:key', 'local', 'local:key'],
  ] as const) {
    const key = parseKeyUri(text);
    assert.deepEqual([key.provider, key.id], [provider, id]);
  }
});

test('what is none is refused with what is wrong', () => {
  for (const text of [
    '',
    'key',
    'aws-kms:key',
    'gcp-kms:p',
    'azure-kv:https://evil.example/keys/k',
  ])
    assert.throws(() => parseKeyUri(text), /^TypeError: the key URI is not valid: /);
});

test('a header keeps the spelling that its DEK was made under, and snapshots go by the id', async () => {
  let registered = `${azure}/${'0'.repeat(32)}`;
  const local = localProvider({ secret: randomBytes(32) });
  const under = (request: Parameters<typeof local.wrap>[1]) => ({
    ...request,
    keyUri: parseKeyUri(request.keyUri).id,
  });
  const engine = createEngine({
    provider: {
      name: 'azure',
      wrap: (plaintext, request) => local.wrap(plaintext, under(request)),
      unwrap: (wrapped, request) => local.unwrap(wrapped, under(request)),
    },
    directory: memoryDirectory(),
    keyFor: () => registered,
    process: 'api-1',
  });
  const first = await engine.encrypt(Buffer.from('x'), { workspace: 'acme' });
  const spelt = registered;
  registered = azure;
  const second = await engine.encrypt(Buffer.from('y'), { workspace: 'acme' });
  assert.deepEqual(
    [first, second].map((one) => parseEnvelope(one).keyUri),
    [spelt, spelt],
  );
  assert.deepEqual(
    engine.snapshot().deks.map(({ keyUri }) => keyUri),
    [azure],
  );
  await engine.close();
});
