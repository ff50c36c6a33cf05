/** The sandbox's Cloud KMS through the unchanged SDK, over both of its wires: what its owner does, what it answers. */
import { crc32c } from '@aws-crypto/crc32c';
import { KeyManagementServiceClient } from '@google-cloud/kms';
import { gcpProvider } from '@keytide/crypto-core/providers/gcp';
import { OAuth2Client } from 'google-auth-library';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type GcpServer, startGcpServer } from '../../lib/sandbox/gcp/server.ts';
import { configOf, type GcpRig, gcpRig } from '../support/kms-rigs/gcp.ts';
import { requestFor } from '../support/kms-rigs/rig.ts';

const parent = 'projects/acme-prod/locations/eur4/keyRings/tide';
const owner = 'owner@acme.example';
const plaintext = Buffer.from('a data encryption key, 32 bytes.');

/** Credentials that their source does not give, as it says. */
class Failing extends OAuth2Client {
  readonly #error: Error;

  constructor(error: Error) {
    super();
    this.#error = error;
  }

  override async getRequestHeaders(): Promise<Headers> {
    throw this.#error;
  }
}

test.each([
  ['their source refuses', 'invalid_grant', 'outage', 'Credentials:400'],
  [
    'the service account may no longer be impersonated',
    'PERMISSION_DENIED: unable to impersonate: no',
    'denied',
    'ImpersonationDenied',
  ],
])(
  'of credentials, where %s, the provider says so, and nothing is sent',
  async (_, said, kind, reason) => {
    for (const fallback of [false, true]) {
      // A source's own 403 is no word of Cloud KMS.
      const error = Object.assign(new Error(said), {
        code: '400',
        status: 403,
        response: { status: 403 },
      });
      const provider = gcpProvider({ fallback, projectId: 'p', authClient: new Failing(error) });
      const key = requestFor('gcp-kms:projects/p/locations/l/keyRings/r/cryptoKeys/k');
      const fault = await provider.wrap(plaintext, key).catch((thrown: unknown) => thrown);
      expect(fault).toMatchObject({ kind, sent: false });
      expect(Reflect.get(Object(fault), 'reason')).toContain(reason);
      provider.close?.();
    }
  },
);

describe.each(['grpc', 'rest'] as const)('over %s', (transport) => {
  let rig: GcpRig;
  let server: GcpServer;
  let kms: KeyManagementServiceClient;
  const name = `${parent}/cryptoKeys/new`;
  const failure = async (work: Promise<unknown>) =>
    work.then(
      () => undefined,
      (error: { code: number; details?: string; message: string }) => error,
    );

  beforeEach(async () => {
    rig = await gcpRig(transport);
    const tokens = new Map([[owner, owner]]);
    server = await startGcpServer({ cloud: rig.cloud, caller: owner, tokens });
    kms = new KeyManagementServiceClient(configOf(transport, owner, server));
  });
  afterEach(async () => {
    await kms.close();
    await server.close();
    await rig.close();
  });

  test('a key is made, used, and says what it is', async () => {
    rig.cloud.grant(name, 'roles/cloudkms.cryptoKeyEncrypterDecrypter', owner);
    const [made] = await kms.createCryptoKey({
      parent,
      cryptoKeyId: 'new',
      cryptoKey: { purpose: 'ENCRYPT_DECRYPT', destroyScheduledDuration: { seconds: 86_400 } },
    });
    expect(made).toMatchObject({ name, primary: { name: `${name}/cryptoKeyVersions/1` } });
    const [answer] = await kms.encrypt({
      name,
      plaintext,
      plaintextCrc32c: { value: crc32c(plaintext) },
    });
    expect(answer).toMatchObject({
      name: `${name}/cryptoKeyVersions/1`,
      verifiedPlaintextCrc32c: true,
      verifiedAdditionalAuthenticatedDataCrc32c: false,
      protectionLevel: 'SOFTWARE',
    });
    const ciphertext = Buffer.from(answer.ciphertext ?? '');
    expect(Number(answer.ciphertextCrc32c?.value)).toBe(crc32c(ciphertext));
    const [opened] = await kms.decrypt({ name, ciphertext });
    expect(Buffer.from(opened.plaintext ?? '')).toEqual(plaintext);
    expect(opened.usedPrimary).toBe(true);
    const wrong = failure(kms.encrypt({ name, plaintext, plaintextCrc32c: { value: 7 } }));
    expect((await wrong)?.message).toContain(
      'The checksum in field plaintext_crc32c did not match',
    );
  });

  test('each version is disabled, destroyed and restored by itself', async () => {
    const key = rig.keyName;
    const wrapped = await rig.provider.wrap(plaintext, requestFor(rig.keyUri));
    const [second] = await kms.createCryptoKeyVersion({ parent: key });
    expect(second.state).toBe('ENABLED');
    await kms.updateCryptoKeyPrimaryVersion({ name: key, cryptoKeyVersionId: '2' });
    const first = `${key}/cryptoKeyVersions/1`;
    await kms.updateCryptoKeyVersion({
      cryptoKeyVersion: { name: first, state: 'DISABLED' },
      updateMask: { paths: ['state'] },
    });
    await rig.provider.wrap(plaintext, requestFor(rig.keyUri));
    const unwrap = () => rig.provider.unwrap(wrapped.bytes, requestFor(rig.keyUri));
    await expect(unwrap()).rejects.toMatchObject({ reason: 'KEY_DISABLED' });
    const [destroyed] = await kms.destroyCryptoKeyVersion({ name: first });
    expect(destroyed.state).toBe('DESTROY_SCHEDULED');
    await expect(unwrap()).rejects.toMatchObject({ reason: 'KEY_DESTROY_SCHEDULED' });
    const [restored] = await kms.restoreCryptoKeyVersion({ name: first });
    expect(restored.state).toBe('DISABLED');
    const [versions] = await kms.listCryptoKeyVersions({ parent: key });
    expect(versions.map(({ state }) => state)).toEqual(['DISABLED', 'ENABLED']);
    await kms.destroyCryptoKeyVersion({ name: first });
    rig.endDeletion();
    expect((await kms.getCryptoKeyVersion({ name: first }))[0].state).toBe('DESTROYED');
    expect((await failure(kms.restoreCryptoKeyVersion({ name: first })))?.code).toBe(9);
  });

  test('a key that is due rotates by itself, and the service says so in a log of its own', async () => {
    const seconds = Math.floor(Date.now() / 1000) + 86_400;
    await kms.updateCryptoKey({
      cryptoKey: {
        name: rig.keyName,
        rotationPeriod: { seconds: 7 * 86_400 },
        nextRotationTime: { seconds },
      },
      updateMask: { paths: ['rotation_period', 'next_rotation_time'] },
    });
    rig.endDeletion();
    await rig.provider.wrap(plaintext, requestFor(rig.keyUri));
    const rotations = rig.entries.filter(({ log }) => log === 'system_event');
    expect(rotations.map(({ at, caller }) => [at, caller])).toEqual(
      [0, 1, 2, 3, 4].map((week) => [(seconds + week * 7 * 86_400) * 1000, null]),
    );
    const [key] = await kms.getCryptoKey({ name: rig.keyName });
    expect(key.primary?.name).toBe(`${rig.keyName}/cryptoKeyVersions/6`);
  });

  test('access is what the policy of key, ring or project says, and its absence tells nothing', async () => {
    const email = 'nobody@service.iam.gserviceaccount.com';
    await expect(rig.denied.wrap(plaintext, requestFor(rig.missing))).rejects.toMatchObject({
      reason: 'IAM_PERMISSION_DENIED',
    });
    rig.cloud.grant('projects/acme-prod', 'roles/cloudkms.cryptoKeyEncrypter', email);
    const { bytes } = await rig.denied.wrap(plaintext, requestFor(rig.keyUri));
    await expect(rig.denied.unwrap(bytes, requestFor(rig.keyUri))).rejects.toMatchObject({
      kind: 'denied',
    });
    await expect(rig.denied.wrap(plaintext, requestFor(rig.missing))).rejects.toMatchObject({
      kind: 'denied',
      reason: 'NOT_FOUND',
    });
  });

  test('a journal entry holds what the audit log tells: short names, the resource, the reason, no request id', async () => {
    const request = requestFor(rig.keyUri);
    const { bytes } = await rig.provider.wrap(plaintext, request);
    await rig.provider
      .unwrap(bytes, { ...request, context: { workspace: 'b', dekId: '' } })
      .catch(() => {});
    const [encrypt, decrypt] = rig.entries.slice(-2);
    expect(encrypt).toMatchObject({
      log: 'data_access',
      methodName: 'Encrypt',
      resourceName: rig.keyName,
      permission: 'cloudkms.cryptoKeyVersions.useToEncrypt',
      fault: null,
      caller: { email: 'keytide@service.iam.gserviceaccount.com', reason: request.claim },
    });
    expect(decrypt?.fault).toEqual({
      code: 3,
      message: "Decryption failed: verify that 'name' refers to the correct CryptoKey.",
    });
    const agent = transport === 'grpc' ? /^keytide\/1 grpc-node-js\// : /google-api-nodejs-client/;
    expect(rig.userAgents().at(-1)).toMatch(agent);
  });

  test('bad input is refused and breaks nothing', async () => {
    for (const bad of ['', 'projects/p', `${rig.keyName}/cryptoKeyVersions/x`])
      expect(await failure(kms.encrypt({ name: bad, plaintext }))).toBeInstanceOf(Error);
    const long = Buffer.alloc(70_000);
    rig.cloud.grant(rig.keyName, 'roles/cloudkms.cryptoKeyEncrypterDecrypter', owner);
    expect((await failure(kms.encrypt({ name: rig.keyName, plaintext: long })))?.code).toBe(3);
    if (transport === 'rest') {
      const url = `http://127.0.0.1:${server.restPort}/v1/${rig.keyName}:encrypt`;
      for (const body of ['{', '[]', '{"plaintext":7}', 'null']) {
        const { status } = await fetch(url, { method: 'POST', body });
        expect(status).toBe(400);
      }
      expect((await fetch(`http://127.0.0.1:${server.restPort}/v2/x`)).status).toBe(404);
    }
    await rig.provider.wrap(plaintext, requestFor(rig.keyUri));
  });
});
