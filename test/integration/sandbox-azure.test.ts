/** The sandbox's Key Vault through the unchanged SDK: what its owner does, what it answers, and what its log tells. */
import { randomBytes } from 'node:crypto';
import { KeyClient } from '@azure/keyvault-keys';
import { azureProvider } from '@keytide/crypto-core/providers/azure';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../lib/domain/clock.ts';
import { AzureCloud, type AzureKeyEntry } from '../../lib/sandbox/azure/cloud.ts';
import { type AzureServer, startAzureServer } from '../../lib/sandbox/azure/server.ts';
import { toLoopback } from '../../lib/shared/to-loopback.ts';
import { type AzureRig, azureRig } from '../support/kms-rigs/azure.ts';
import { requestFor } from '../support/kms-rigs/rig.ts';

const dek = Buffer.from('a data encryption key, 32 bytes.');

describe('the provider', () => {
  let rig: AzureRig;
  beforeEach(async () => {
    rig = await azureRig('vault');
  });
  afterEach(() => rig.close());

  test('answers one challenge a vault and process, and never asks for a key', async () => {
    const { bytes } = await rig.provider.wrap(dek, requestFor(rig.keyUri));
    rig.rotate();
    await rig.provider.wrap(dek, requestFor(rig.keyUri));
    await rig.provider.wrap(dek, requestFor(rig.otherKeyUri)).catch(() => {});
    await rig.provider.unwrap(bytes, requestFor(rig.keyUri));
    expect(rig.requests().map(({ method, status }) => `${method} ${status}`)).toEqual([
      'POST 401',
      'POST 200',
      'POST 200',
      'POST 200',
      'POST 200',
    ]);
    const names = rig.entries.map(({ operationName }) => operationName);
    expect(names).not.toContain('KeyGet');
    expect(names.filter((name) => name === 'Authentication')).toHaveLength(1);
  });

  test('wraps in the vault even where it might fetch the public key', async () => {
    rig.cloud.assign(rig.vault, rig.principal, 'Key Vault Crypto User');
    for (let n = 0; n < 3; n += 1) await rig.provider.wrap(dek, requestFor(rig.keyUri));
    expect(rig.entries.filter(({ operationName }) => operationName === 'KeyWrap')).toHaveLength(3);
  });

  test('replaces its claim from request to request, in user agent and client request id', async () => {
    const claims = ['keytide/1#a.b.1.1#validate#1', 'keytide/1#a.b.1.2#validate#2'];
    for (const claim of claims) await rig.provider.wrap(dek, requestFor(rig.keyUri, { claim }));
    const [challenged, ...others] = rig.requests();
    expect(challenged?.userAgent.endsWith(` ${claims[0]}`)).toBe(true);
    expect(others.map(({ userAgent }) => userAgent.match(/keytide\/1#\S+/g))).toEqual(
      claims.map((claim) => [claim]),
    );
    expect(others.map(({ clientRequestId }) => clientRequestId)).toEqual(claims);
    expect(others[0]?.userAgent).toMatch(/^azsdk-js-keyvault-keys\/\S+ /);
  });

  test('keeps the version that wrapped in the eDEK, and unwraps with that one', async () => {
    const { bytes } = await rig.provider.wrap(dek, requestFor(rig.keyUri));
    rig.rotate();
    await rig.provider.unwrap(bytes, requestFor(rig.keyUri));
    const wrap = rig.entries.findLast(({ operationName }) => operationName === 'KeyWrap');
    const unwrap = rig.entries.findLast(({ operationName }) => operationName === 'KeyUnwrap');
    expect(unwrap?.id).toBe(wrap?.id);
    expect(wrap?.requestUri).toContain('/keys/tide//wrapkey?api%2Dversion=');
    expect(Buffer.from(bytes).toString('hex', 2, 18)).toBe(wrap?.id?.split('/').at(-1));
  });

  test('takes a version that nobody has seen, missing or disabled, for that DEK’s own fault', async () => {
    const { bytes } = await rig.provider.wrap(dek, requestFor(rig.keyUri));
    const forged = Buffer.from(bytes);
    forged.fill(7, 2, 18);
    const unwrap = (edek: Uint8Array) => rig.provider.unwrap(edek, requestFor(rig.keyUri));
    await expect(unwrap(forged)).rejects.toMatchObject({
      kind: 'wrong-key',
      reason: 'KeyNotFound',
    });
    rig.rotate();
    const newest =
      String(Reflect.get(Object(rig.own('KeyGet').key), 'kid'))
        .split('/')
        .at(-1) ?? '';
    rig.own('KeyUpdate', newest, { attributes: { enabled: false } });
    forged.write(newest, 2, 'hex');
    await expect(unwrap(forged)).rejects.toMatchObject({
      kind: 'wrong-key',
      reason: 'KeyDisabled',
    });
    rig.disable();
    await expect(unwrap(bytes)).rejects.toMatchObject({ kind: 'denied', reason: 'KeyDisabled' });
  });

  test('follows no redirect: what is to be wrapped goes to the vault alone', async () => {
    let elsewhere = 0;
    const redirecting = azureProvider({
      credential: {
        getToken: async () => ({
          token: rig.principal.token,
          expiresOnTimestamp: Date.now() + 1e6,
        }),
      },
      additionalPolicies: [{ policy: toLoopback(rig.url), position: 'perRetry' }],
      httpClient: {
        sendRequest: async (request) => {
          elsewhere += 1;
          const headers = {
            get: (name: string) =>
              name === 'location' ? 'https://elsewhere.vault.azure.net/' : undefined,
          };
          return Object.assign(
            { status: 307, request, bodyAsText: '' },
            { headers: Object.assign(Object.create(null), headers) },
          );
        },
      },
    });
    await expect(redirecting.wrap(dek, requestFor(rig.keyUri))).rejects.toMatchObject({
      kind: 'outage',
    });
    expect(elsewhere).toBe(1);
  });

  test.each([
    ['its token source fails', 'no token', 'outage'],
    [
      'the tenant no longer knows the service',
      'AADSTS700016: Application was not found in the directory',
      'denied',
    ],
    [
      'the tenant has no principal of it',
      'invalid_client: AADSTS7000229: missing service principal',
      'denied',
    ],
  ])('says of credentials, where %s, %s: %s, never sent', async (_, message, kind) => {
    const provider = azureProvider({
      credential: {
        getToken: async () => {
          throw Object.assign(new Error(message), { name: 'AuthenticationError' });
        },
      },
      additionalPolicies: [{ policy: toLoopback(rig.url), position: 'perRetry' }],
    });
    await expect(provider.wrap(dek, requestFor(rig.keyUri))).rejects.toMatchObject({
      kind,
      sent: false,
    });
  });
});

describe('the owner', () => {
  const entries: AzureKeyEntry[] = [];
  let cloud: AzureCloud;
  let server: AzureServer;
  const far = () => Date.now() + 86_400_000;
  const optionsFor = (token: string) => ({
    credential: { getToken: async () => ({ token, expiresOnTimestamp: far() }) },
    additionalPolicies: [{ policy: toLoopback(server.url), position: 'perRetry' as const }],
  });
  const clientOf = (host: string, token: string) => {
    const { credential, ...options } = optionsFor(token);
    return new KeyClient(`https://${host}`, credential, {
      ...options,
      retryOptions: { maxRetries: 0 },
    });
  };

  beforeEach(async () => {
    entries.length = 0;
    const tenantId = '72f988bf-0000-4000-8000-2d7cd011db47';
    const journal = (entry: AzureKeyEntry) => entries.push(entry);
    cloud = new AzureCloud({
      clock: systemClock,
      random: randomBytes,
      propagationMs: 0,
      tenantId,
      journal,
    });
    server = await startAzureServer({ cloud });
  });
  afterEach(() => server.close());

  test('makes, rotates, disables, deletes, recovers and purges a key', async () => {
    const vault = cloud.addVault('life', 'vault');
    const officer = cloud.addPrincipal();
    cloud.assign(vault, officer, 'Key Vault Crypto Officer');
    const keys = clientOf(vault.host, officer.token);
    const made = await keys.createRsaKey('tide', { keySize: 2048 });
    const rotated = await keys.rotateKey('tide');
    expect(rotated.properties.version).not.toBe(made.properties.version);
    expect((await keys.getKey('tide')).properties.version).toBe(rotated.properties.version);
    const version = rotated.properties.version ?? '';
    await keys.updateKeyProperties('tide', version, { enabled: false });
    expect((await keys.getKey('tide')).properties.enabled).toBe(false);
    const versions = [];
    for await (const one of keys.listPropertiesOfKeyVersions('tide')) versions.push(one.version);
    expect(versions.length).toBe(2);
    const poller = await keys.beginDeleteKey('tide', { intervalInMs: 1 });
    await poller.pollUntilDone();
    await expect(keys.getKey('tide')).rejects.toMatchObject({
      statusCode: 404,
      code: 'KeyNotFound',
    });
    await expect(keys.createRsaKey('tide')).rejects.toMatchObject({
      statusCode: 409,
      code: 'Conflict',
    });
    const recovering = await keys.beginRecoverDeletedKey('tide', { intervalInMs: 1 });
    await recovering.pollUntilDone();
    expect((await keys.getKey('tide')).name).toBe('tide');
    await (await keys.beginDeleteKey('tide', { intervalInMs: 1 })).pollUntilDone();
    await keys.purgeDeletedKey('tide');
    await expect(keys.getDeletedKey('tide')).rejects.toMatchObject({ statusCode: 404 });
    const names = new Set(entries.map(({ operationName }) => operationName));
    for (const name of [
      'KeyCreate',
      'KeyRotate',
      'KeyUpdate',
      'KeyDelete',
      'KeyRecover',
      'KeyPurge',
    ])
      expect(names).toContain(name);
  });

  test.each([
    [
      'rbac',
      'ForbiddenByRbac',
      { isRbacAuthorized: false, isAccessPolicyMatch: null, appliedAssignmentId: null },
    ],
    [
      'policies',
      'AccessDenied',
      { isRbacAuthorized: null, isAccessPolicyMatch: false, appliedAssignmentId: null },
    ],
  ] as const)('is told by the log which check failed, with %s', async (mode, innerCode, access) => {
    const vault = cloud.addVault('access', 'vault', mode);
    const [officer, service] = [cloud.addPrincipal(), cloud.addPrincipal()];
    if (mode === 'rbac') cloud.assign(vault, officer, 'Key Vault Crypto Officer');
    else vault.access.setPolicy(officer.objectId, ['create', 'get'], -Infinity);
    await clientOf(vault.host, officer.token).createRsaKey('tide');
    const provider = azureProvider(optionsFor(service.token));
    const request = requestFor(`azure-kv:https://${vault.host}/keys/tide`);
    await expect(provider.wrap(dek, request)).rejects.toMatchObject({
      kind: 'denied',
      reason: innerCode,
    });
    const row = entries.at(-1);
    expect(row).toMatchObject({
      operationName: 'KeyWrap',
      httpStatus: 403,
      algorithm: 'RSA-OAEP-256',
    });
    expect(row?.access).toEqual({ isAddressAuthorized: true, ...access });
    expect(row?.fault?.innerCode).toBe(innerCode);

    let undo = () => vault.access.setPolicy(service.objectId, [], Date.now());
    if (mode === 'rbac') {
      const id = cloud.assign(vault, service, 'Key Vault Crypto Service Encryption User', 'tide');
      undo = () => cloud.unassign(vault, id);
    } else vault.access.setPolicy(service.objectId, ['wrapKey', 'unwrapKey'], -Infinity);
    await provider.wrap(dek, request);
    expect(entries.at(-1)).toMatchObject({
      httpStatus: 200,
      principal: { objectId: service.objectId },
    });
    undo();
    await expect(provider.wrap(dek, request)).rejects.toMatchObject({ kind: 'denied' });
  });

  test('keeps out addresses that the vault does not let in', async () => {
    const vault = cloud.addVault('walled', 'vault');
    const officer = cloud.addPrincipal();
    cloud.assign(vault, officer, 'Key Vault Crypto Officer');
    await clientOf(vault.host, officer.token).createRsaKey('tide');
    vault.access.setAddresses(['203.0.113.7'], -Infinity);
    const provider = azureProvider(optionsFor(officer.token));
    const request = requestFor(`azure-kv:https://${vault.host}/keys/tide`);
    await expect(provider.wrap(dek, request)).rejects.toMatchObject({
      kind: 'denied',
      reason: 'ForbiddenByFirewall',
    });
    expect(entries.at(-1)?.access?.isAddressAuthorized).toBe(false);
  });

  test('gets errors, not a broken server, for bad input', async () => {
    const vault = cloud.addVault('bad', 'vault');
    const officer = cloud.addPrincipal();
    cloud.assign(vault, officer, 'Key Vault Crypto Officer');
    await clientOf(vault.host, officer.token).createRsaKey('tide');
    const { request } = await import('node:http');
    const statusOf = (path: string, body: string) =>
      new Promise<number>((resolve, reject) => {
        const headers = { host: vault.host, authorization: `Bearer ${officer.token}` };
        const sent = request(`${server.url}${path}`, { method: 'POST', headers }, (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        });
        sent.on('error', reject);
        sent.end(body);
      });
    const version = '?api%2Dversion=2025-07-01';
    for (const body of [
      '{',
      '[]',
      'null',
      '{}',
      '{"alg":"RSA1_5","value":"AAAA"}',
      '{"alg":"RSA-OAEP-256","value":7}',
    ])
      expect(await statusOf(`/keys/tide//wrapkey${version}`, body)).toBe(400);
    expect(await statusOf('/keys/tide//wrapkey', '{}')).toBe(400);
    expect(await statusOf(`/keys/none//wrapkey${version}`, '{}')).toBe(404);
    expect(await statusOf(`/secrets/x${version}`, '{}')).toBe(404);
    expect((await fetch(server.url)).status).toBe(404);
  });
});
