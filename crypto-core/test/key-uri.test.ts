/** Key URIs: which are valid, what is wrong with the others, and that all spellings of a key are one key. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseEnvelope, parseKeyUri, providerRouter } from '../src/index.ts';
import { keyIdOf } from '../src/key-uri.ts';
import { keyUri as arn, coldPeer, FakeKms, failureOf, fault, harness } from './support.ts';

const gcpKey = 'gcp-kms:projects/p-1/locations/eur4/keyRings/ring/cryptoKeys/k';
const azureKey = 'azure-kv:https://acme.vault.azure.net/keys/tide';
const version = '0123456789abcdef0123456789abcdef';

/** Texts of any UTF-16 code units, well-formed or not. */
const codeUnits = fc
  .array(fc.integer({ min: 0, max: 0xffff }))
  .map((units) => String.fromCharCode(...units));

describe('a key URI', () => {
  test.each([
    [arn, arn],
    [`aws-kms:${arn}`, arn],
    [
      'aws-kms:arn:aws:kms:eu-west-1:111122223333:alias/a/b',
      'arn:aws:kms:eu-west-1:111122223333:alias/a/b',
    ],
    [gcpKey, gcpKey],
    [`${gcpKey}/cryptoKeyVersions/7`, gcpKey],
    [azureKey, azureKey],
    [`${azureKey}/${version}`, azureKey],
    [`${azureKey}/`, azureKey],
    ['azure-kv:https://ACME.vault.azure.net/keys/Tide', azureKey],
    ['local:a', 'local:a'],
  ])('%s has the id %s, which is a key URI of the same id', (text, id) => {
    expect(parseKeyUri(text).id).toBe(id);
    expect(parseKeyUri(id).id).toBe(id);
  });

  test('of any text is read or refused with a TypeError, and its id has no other id', () => {
    const heads = [
      '',
      'arn:',
      'aws-kms:',
      'gcp-kms:',
      'azure-kv:https://a.vault.azure.net/',
      'local:',
    ];
    const pieces = [...arn.split(/(?=[:/])/), ...gcpKey.split(/(?=\/)/), '/', '7', '\0', '\ud800'];
    const parts = fc.array(fc.constantFrom(...pieces));
    const texts = fc.oneof(
      codeUnits,
      parts.map((some) => some.join('')),
    );
    fc.assert(
      fc.property(fc.constantFrom(...heads), texts, (head, rest) => {
        const text = head + rest;
        const id = keyIdOf(text);
        if (keyIdOf(id) !== id) return false;
        try {
          return parseKeyUri(text).id === id;
        } catch (error) {
          return error instanceof TypeError && id === text;
        }
      }),
    );
  });

  test('is taken apart into what its provider needs', () => {
    expect(parseKeyUri('arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/mrk-1')).toMatchObject({
      provider: 'aws',
      partition: 'aws-us-gov',
      region: 'us-gov-west-1',
      account: '111122223333',
      resource: 'key/mrk-1',
      multiRegion: true,
    });
    expect(parseKeyUri(`${gcpKey}/cryptoKeyVersions/7`)).toMatchObject({
      provider: 'gcp',
      name: gcpKey.slice('gcp-kms:'.length),
      version: '7',
    });
    expect(parseKeyUri(`azure-kv:https://h.managedhsm.azure.net/keys/K/${version}`)).toMatchObject({
      provider: 'azure',
      kind: 'managed-hsm',
      vaultUrl: 'https://h.managedhsm.azure.net',
      name: 'K',
      version,
    });
  });

  test.each([
    ['', 'it must begin with'],
    ['alias/x', 'it must begin with'],
    ['gcp:projects/p', 'it must begin with'],
    ['aws-kms:alias/x', 'which begins with arn:'],
    ['arn:aws:s3:::bucket', 'service of its ARN'],
    ['arn:azure:kms:eu-central-1:111122223333:key/1', 'partition of its ARN'],
    ['arn:aws:kms:Europe:111122223333:key/1', 'Region of its ARN'],
    ['arn:aws:kms:eu-central-1:1:key/1', 'account of its ARN'],
    ['arn:aws:kms:eu-central-1:111122223333:grant/1', 'must end in key/'],
    ['gcp-kms:projects/p/locations/l', 'is named projects/P'],
    [gcpKey.replace('keyRings', 'keyrings'), 'part 5 of a Cloud KMS key'],
    [gcpKey.replace('ring/', 'r ng/'), 'after keyRings/'],
    [`${gcpKey}/cryptoKeyVersions/x`, 'after cryptoKeyVersions/'],
    ['azure-kv:http://acme.vault.azure.net/keys/tide', 'by its URL, https://'],
    ['azure-kv:https://user@acme.vault.azure.net/keys/tide', 'by its URL, https://'],
    ['azure-kv:https://ac\tme.vault.azure.net/keys/tide', 'by its URL, https://'],
    ['azure-kv:https://acme.vault.azure.net/keys/../keys/tide', 'by its URL, https://'],
    ['azure-kv:https://evil.example\\@acme.vault.azure.net/keys/tide', 'by its URL, https://'],
    ['azure-kv:https://acme.vault.azure.net/keys/t%69de', 'by its URL, https://'],
    ['azure-kv:https://acme.vault.azure.net:8443/keys/tide', 'no port'],
    ['azure-kv:https://acme.vault.azure.net/keys/tide?x=1', 'no port, query'],
    ['azure-kv:https://169.254.169.254/keys/tide', 'its host must be'],
    ['azure-kv:https://acme.vault.azure.net.evil.example/keys/tide', 'its host must be'],
    ['azure-kv:https://acme.vault.azure.net/secrets/tide', 'must begin with /keys/'],
    ['azure-kv:https://acme.vault.azure.net/keys/a_b', 'after /keys/'],
    ['azure-kv:https://acme.vault.azure.net/keys/tide/7', 'after the name'],
    ['local:', 'after local:'],
  ])('%s is refused with what is wrong', (text, what) => {
    expect(() => parseKeyUri(text)).toThrow(TypeError);
    expect(() => parseKeyUri(text)).toThrow(what);
  });

  test('that is malformed makes no DEK, and its fault reaches the host', async () => {
    const { engine, kms } = harness({ keyFor: () => 'aws-kms:alias/x' });
    await expect(engine.encrypt(Buffer.from('x'), { workspace: 'acme' })).rejects.toThrow(
      /ARN, which begins with arn:/,
    );
    expect(kms.seen).toEqual([]);
  });
});

describe('two spellings of one key', () => {
  const workspace = 'acme';
  let spelling = arn;
  const keyFor = () => spelling;

  test('share DEKs, and each header keeps the spelling that its DEK was made under', async () => {
    spelling = arn;
    const made = harness({ keyFor });
    const first = await made.engine.encrypt(Buffer.from('1'), { workspace });
    spelling = `aws-kms:${arn}`;
    const second = await made.engine.encrypt(Buffer.from('2'), { workspace });
    expect(parseEnvelope(second).keyUri).toBe(arn);
    expect(String(await made.engine.decrypt(first, { workspace }))).toBe('1');
    expect(made.sink.causes).toEqual(['dek.first']);

    // Another process finds the DEK in the directory and opens it under its own spelling of the key.
    const peer = coldPeer(made, { keyFor });
    const third = await peer.engine.encrypt(Buffer.from('3'), { workspace });
    expect(peer.sink.causes).toEqual(['load.first']);
    expect(parseEnvelope(third).keyUri).toBe(arn);
  });

  test('a header holds what is registered as its DEK is made, and telemetry the id', async () => {
    for (const [text, id] of [
      [`aws-kms:${arn}`, arn],
      [`${azureKey}/${version}`, azureKey],
    ] as const) {
      spelling = text;
      const { engine, sink, kms } = harness({ keyFor });
      const envelope = await engine.encrypt(Buffer.from('x'), { workspace });
      expect(parseEnvelope(envelope).keyUri).toBe(text);
      expect(kms.seen.map(({ keyUri }) => keyUri)).toEqual([text]);
      expect(sink.last().keyUri).toBe(id);
      expect(engine.snapshot().deks.map(({ keyUri }) => keyUri)).toEqual([id]);
      expect(sink.take()?.operations.map(({ keyUri }) => keyUri)).toEqual([id]);
    }
  });

  test('one more change back to the first spelling is seen', async () => {
    const { engine } = harness({ keyFor, policy: { dekMessagesMax: 1 } });
    for (const text of [`aws-kms:${arn}`, arn, `aws-kms:${arn}`]) {
      spelling = text;
      const envelope = await engine.encrypt(Buffer.from('x'), { workspace });
      expect(parseEnvelope(envelope).keyUri).toBe(text);
    }
  });

  test('a denial under one is a denial under the other', async () => {
    spelling = arn;
    const { engine, kms } = harness({ keyFor, policy: { deks: 'private', dekMessagesMax: 1 } });
    const first = await engine.encrypt(Buffer.from('1'), { workspace });
    const second = await engine.encrypt(Buffer.from('2'), { workspace });
    spelling = `aws-kms:${arn}`;
    const { validate } = engine;
    kms.always('Decrypt', fault('denied'));
    expect(await validate.call(engine, workspace)).toMatchObject({ ok: false });
    for (const envelope of [first, second])
      expect((await failureOf(engine.decrypt(envelope, { workspace }))).code).toBe('denied');
    expect(engine.snapshot().deks).toEqual([]);
  });

  test('reach one provider through a router that routes by what a key URI says', async () => {
    const clouds = new Map<string, FakeKms>();
    const keys = new Map([
      ['acme', `aws-kms:${arn}`],
      ['beta', gcpKey],
      ['crab', azureKey],
      ['dune', 'local:key'],
    ]);
    const { engine } = harness({
      provider: providerRouter({
        routeOf: (keyUri) => parseKeyUri(keyUri).provider,
        open: (_, route) => {
          const cloud = new FakeKms();
          clouds.set(route, cloud);
          return cloud;
        },
      }),
      keyFor: (name) => keys.get(name) ?? '',
    });
    for (const name of keys.keys()) await engine.encrypt(Buffer.from('x'), { workspace: name });
    expect([...clouds].map(([route, { seen }]) => [route, seen.map((one) => one.keyUri)])).toEqual([
      ['aws', [`aws-kms:${arn}`]],
      ['gcp', [gcpKey]],
      ['azure', [azureKey]],
      ['local', ['local:key']],
    ]);
  });
});
