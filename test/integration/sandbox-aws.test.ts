import { randomBytes } from 'node:crypto';
import { Agent, request as httpRequest } from 'node:http';
import {
  CloudTrailClient,
  LookupEventsCommand,
  paginateLookupEvents,
} from '@aws-sdk/client-cloudtrail';
import {
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisabledException,
  DisableKeyCommand,
  EnableKeyCommand,
  EncryptCommand,
  IncorrectKeyException,
  InvalidCiphertextException,
  KMSClient,
  type KMSClientConfig,
  KMSInvalidStateException,
  NotFoundException,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../lib/domain/clock.ts';
import { type AwsCloud, createAwsCloud } from '../../lib/sandbox/aws/cloud.ts';
import type { Principal } from '../../lib/sandbox/aws/principals.ts';
import { type AwsServer, type ServerFault, startAwsServer } from '../../lib/sandbox/aws/server.ts';
import { SandboxClock } from '../../lib/sandbox/sandbox-clock.ts';

const customer = '111122223333';
const service = '444455556666';
const region = 'eu-central-1';
const lagMs = 60_000;
const EncryptionContext = { workspace: 'w1', dek: 'd1' };
const Plaintext = Buffer.from('a data encryption key, 32 bytes.');

let clock: SandboxClock;
let cloud: AwsCloud;
let server: AwsServer;
let owner: Principal;
let caller: Principal;
let keyArn: string;
let faults: ServerFault[];
const clients: { destroy(): void }[] = [];

const credentialsOf = ({ accessKeyId, secretAccessKey, sessionToken }: Principal) => ({
  accessKeyId,
  secretAccessKey,
  ...(sessionToken === null ? {} : { sessionToken }),
});

function kms(principal: Principal, config: KMSClientConfig = {}): KMSClient {
  const credentials = credentialsOf(principal);
  const client = new KMSClient({
    endpoint: server.url,
    region,
    credentials,
    maxAttempts: 1,
    ...config,
  });
  clients.push(client);
  return client;
}

function trail(principal: Principal): CloudTrailClient {
  const credentials = credentialsOf(principal);
  const client = new CloudTrailClient({ endpoint: server.url, region, credentials });
  clients.push(client);
  return client;
}

const encrypt = (client: KMSClient, KeyId = keyArn) =>
  client.send(new EncryptCommand({ KeyId, Plaintext, EncryptionContext }));

/** Every delivered KMS event of an account, as parsed records, newest first. */
async function look(principal: Principal, pageSize = 50) {
  const records = [];
  const LookupAttributes = [
    { AttributeKey: 'EventSource' as const, AttributeValue: 'kms.amazonaws.com' },
  ];
  const pages = paginateLookupEvents({ client: trail(principal), pageSize }, { LookupAttributes });
  for await (const page of pages) {
    for (const event of page.Events ?? []) records.push(JSON.parse(event.CloudTrailEvent ?? ''));
  }
  return records;
}

beforeEach(async () => {
  faults = [];
  const startMs = Date.parse('2026-03-01T00:00:00Z');
  clock = new SandboxClock({ wall: systemClock, startMs, speed: 0 });
  cloud = createAwsCloud({
    clock,
    random: randomBytes,
    region,
    deliveryLagMs: { min: lagMs, max: lagMs },
    propagationMs: 0,
  });
  server = await startAwsServer({ cloud, wall: systemClock, faults: () => faults.shift() });
  const allow = ['kms:*', 'cloudtrail:LookupEvents'];
  owner = cloud.addPrincipal({ account: customer, kind: 'user', name: 'admin', allow });
  const role = { account: service, kind: 'role', name: 'keytide' } as const;
  caller = cloud.addPrincipal({ ...role, sessionName: 'engine-1', allow });
  keyArn = await createKey();
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await server.close();
});

async function createKey(): Promise<string> {
  const root = { AWS: `arn:aws:iam::${customer}:root` };
  const role = { AWS: `arn:aws:iam::${service}:role/keytide` };
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: root, Action: 'kms:*', Resource: '*' },
      {
        Effect: 'Allow',
        Principal: role,
        Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:DescribeKey'],
        Resource: '*',
      },
    ],
  });
  const { KeyMetadata } = await kms(owner).send(new CreateKeyCommand({ Policy }));
  expect(KeyMetadata?.CreationDate?.getTime()).toBe(clock.now());
  return KeyMetadata?.Arn ?? '';
}

describe('the sandbox AWS, through the real SDK clients', () => {
  it('encrypts and decrypts across accounts and logs each call in both', async () => {
    const client = kms(caller, { customUserAgent: 'keytide-test/1' });
    const sealed = await encrypt(client);
    const { CiphertextBlob } = sealed;
    const opened = await client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }));
    expect(Buffer.from(opened.Plaintext ?? [])).toEqual(Plaintext);
    expect(opened.KeyId).toBe(keyArn);
    expect(await look(owner)).toEqual([]);
    clock.jumpTo(clock.now() + lagMs);
    const callers = await look(caller);
    const owners = (await look(owner)).filter(({ eventName }) => eventName !== 'CreateKey');
    const ids = [opened.$metadata.requestId, sealed.$metadata.requestId];
    expect(callers.map(({ requestID }) => requestID)).toEqual(ids);
    expect(owners.map(({ requestID }) => requestID)).toEqual(ids);
    expect(callers.map(({ sharedEventID }) => sharedEventID)).toEqual(
      owners.map(({ sharedEventID }) => sharedEventID),
    );
    expect(callers[0].userAgent).toMatch(/^aws-sdk-js\/.*keytide-test\/1/);
    expect(callers[0].requestParameters).toEqual({
      encryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      encryptionContext: EncryptionContext,
    });
    expect(callers[0].userIdentity.arn).toBe(caller.arn);
    expect(owners[0].userIdentity).toEqual({
      type: 'AWSAccount',
      principalId: caller.principalId,
      accountId: service,
    });
  });

  it("logs a denial across accounts in the caller's account only", async () => {
    const stranger = cloud.addPrincipal({
      account: service,
      kind: 'user',
      name: 'stranger',
      allow: ['kms:*'],
    });
    await expect(encrypt(kms(stranger))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      $metadata: { httpStatusCode: 400 },
    });
    clock.jumpTo(clock.now() + lagMs);
    const [denied] = await look(caller);
    expect(denied).toMatchObject({ eventName: 'Encrypt', errorCode: 'AccessDenied' });
    expect((await look(owner)).map(({ eventName }) => eventName)).toEqual(['CreateKey']);
  });

  it("answers with the SDK's own exception classes", async () => {
    const client = kms(caller);
    const admin = kms(owner);
    const { CiphertextBlob } = await encrypt(client);
    const decrypt = (input: object = {}) =>
      client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext, ...input }));
    const other = await createKey();
    await expect(decrypt({ KeyId: other })).rejects.toBeInstanceOf(IncorrectKeyException);
    const wrong = decrypt({ EncryptionContext: { workspace: 'w2' } });
    await expect(wrong).rejects.toBeInstanceOf(InvalidCiphertextException);
    const unknown = `${keyArn.slice(0, -4)}0000`;
    await expect(encrypt(client, unknown)).rejects.toBeInstanceOf(NotFoundException);
    await admin.send(new DisableKeyCommand({ KeyId: keyArn }));
    await expect(decrypt()).rejects.toBeInstanceOf(DisabledException);
    await expect(decrypt()).rejects.toThrow(`${keyArn} is disabled.`);
    await admin.send(new EnableKeyCommand({ KeyId: keyArn }));
    await decrypt();
    await admin.send(new ScheduleKeyDeletionCommand({ KeyId: keyArn, PendingWindowInDays: 7 }));
    await expect(encrypt(client)).rejects.toBeInstanceOf(KMSInvalidStateException);
    const described = await client.send(new DescribeKeyCommand({ KeyId: keyArn }));
    expect(described.KeyMetadata?.KeyState).toBe('PendingDeletion');
    expect(described.KeyMetadata?.DeletionDate).toBeInstanceOf(Date);
  });

  it('pages every event once, with the lag honoured', async () => {
    const client = kms(caller);
    for (let i = 0; i < 25; i += 1) {
      await encrypt(client);
      clock.jumpTo(clock.now() + 1000);
    }
    const sent = server.requests
      .filter(({ operation }) => operation === 'Encrypt')
      .map(({ requestId }) => requestId);
    clock.jumpTo(clock.now() + lagMs - 25_000);
    expect(await look(caller)).toHaveLength(1);
    clock.jumpTo(clock.now() + 25_000);
    const found = (await look(caller, 4)).map(({ requestID }) => requestID);
    expect(found).toEqual(sent.reverse());
    const { Events } = await trail(caller).send(new LookupEventsCommand({ MaxResults: 1 }));
    expect(Events?.[0]?.EventTime).toBeInstanceOf(Date);
  });

  it('logs the address a client calls from', async () => {
    const httpAgent = new Agent({ keepAlive: true, localAddress: '127.0.0.11' });
    const requestHandler = new NodeHttpHandler({ httpAgent });
    await encrypt(kms(caller, { requestHandler }));
    expect(cloud.events(service)[0]?.record.sourceIPAddress).toBe('127.0.0.11');
    expect(server.requests.at(-1)).toMatchObject({
      service: 'kms',
      operation: 'Encrypt',
      accessKeyId: caller.accessKeyId,
      status: 200,
      sourceIp: '127.0.0.11',
    });
  });
});

describe('signatures', () => {
  it('of a wrong secret, an unknown key and a wrong session token are refused', async () => {
    const refused = async (credentials: object, name: string) => {
      const config = { credentials: { ...credentialsOf(caller), ...credentials } };
      await expect(encrypt(kms(caller, config))).rejects.toMatchObject({ name });
    };
    await refused({ secretAccessKey: 'x'.repeat(40) }, 'InvalidSignatureException');
    await refused({ accessKeyId: 'ASIAAAAAAAAAAAAAAAAA' }, 'UnrecognizedClientException');
    await refused({ sessionToken: 'other' }, 'UnrecognizedClientException');
    await refused({ sessionToken: undefined }, 'UnrecognizedClientException');
    expect(cloud.events(service)).toEqual([]);
  });

  it('cover body and target, the service and the Region', async () => {
    const tamper = (change: (request: { body?: unknown; headers: Headers }) => void) => {
      const client = kms(caller);
      client.middlewareStack.add(
        (next) => (args) => {
          change(args.request as { body?: unknown; headers: Headers });
          return next(args);
        },
        // After the signing, so that what was signed is no longer what is sent.
        { step: 'finalizeRequest', priority: 'low' },
      );
      return client;
    };
    type Headers = Record<string, string>;
    const body = tamper((request) => {
      const text = new TextDecoder().decode(request.body as Uint8Array);
      request.body = text.replace('w1', 'w2');
    });
    await expect(encrypt(body)).rejects.toMatchObject({ name: 'InvalidSignatureException' });
    const target = tamper(({ headers }) => {
      headers['x-amz-target'] = 'TrentService.DescribeKey';
    });
    await expect(encrypt(target)).rejects.toMatchObject({ name: 'InvalidSignatureException' });
    await expect(encrypt(kms(caller, { region: 'us-east-1' }))).rejects.toThrow(/valid region/);
  });

  it('off by more than 15 minutes of wall time are refused, and the SDK recovers', async () => {
    const slow = kms(caller, { systemClockOffset: -16 * 60_000 });
    await expect(encrypt(slow)).rejects.toThrow(/^Signature expired: .* - 15 min\.\)$/);
    const fast = kms(caller, { systemClockOffset: 16 * 60_000 });
    await expect(encrypt(fast)).rejects.toThrow(/^Signature not yet current: /);
    await encrypt(fast);
  });
});

describe('the wire', () => {
  interface Reply {
    status: number;
    headers: Record<string, unknown>;
    body: string;
  }

  const post = (headers: Record<string, string>, body: string | Buffer) =>
    new Promise<Reply>((resolve, reject) => {
      const request = httpRequest(server.url, { method: 'POST', headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
          }),
        );
      });
      request.on('error', reject);
      request.end(body);
    });

  it('carries a request id, the wall date and the content type on errors too', async () => {
    const reply = await post({ 'x-amz-target': 'TrentService.Encrypt' }, '{}');
    expect(reply.status).toBe(400);
    expect(JSON.parse(reply.body)).toEqual({
      __type: 'MissingAuthenticationTokenException',
      message: 'Missing Authentication Token',
    });
    expect(reply.headers['x-amzn-requestid']).toMatch(/^[0-9a-f-]{36}$/);
    expect(reply.headers['content-type']).toBe('application/x-amz-json-1.1');
    expect(Math.abs(Date.parse(String(reply.headers.date)) - Date.now())).toBeLessThan(5000);
  });

  it('refuses unknown targets and bodies over 1 MiB', async () => {
    for (const target of ['TrentService.Unheard', 'Other.Encrypt', 'x']) {
      const reply = await post({ 'x-amz-target': target }, '{}');
      expect(JSON.parse(reply.body).__type).toBe('UnknownOperationException');
    }
    const reply = await post(
      { 'x-amz-target': 'TrentService.Encrypt' },
      Buffer.alloc(1_048_577, 32),
    );
    expect(reply.status).toBe(413);
    expect(reply.headers['x-amzn-requestid']).toBeTypeOf('string');
  });

  it('refuses a body that is no JSON object with SerializationException', async () => {
    const client = kms(caller);
    client.middlewareStack.add(
      (next) => (args) => {
        (args.request as { body?: unknown }).body = '{"KeyId":';
        return next(args);
      },
      { step: 'build', priority: 'high' },
    );
    await expect(encrypt(client)).rejects.toMatchObject({ name: 'SerializationException' });
  });

  it('binds to loopback only', async () => {
    for (const host of ['0.0.0.0', '::', '10.0.0.1', 'localhost']) {
      await expect(startAwsServer({ cloud, wall: systemClock, host })).rejects.toThrow(/loopback/);
    }
  });

  it('lets tests throttle, delay and cut off, and the SDK retries', async () => {
    const client = kms(caller, { maxAttempts: 3 });
    faults = [{ status: 400, code: 'ThrottlingException', message: 'Rate exceeded' }, 'reset'];
    const { $metadata } = await encrypt(client);
    expect($metadata.attempts).toBe(3);
    expect(cloud.events(service)).toHaveLength(1);
    faults = ['reset-after', { delayMs: 50 }];
    const from = performance.now();
    await encrypt(client);
    expect(performance.now() - from).toBeGreaterThan(45);
    expect(cloud.events(service)).toHaveLength(3);
    const statuses = server.requests.slice(-5).map(({ status }) => status);
    expect(statuses).toEqual([400, 0, 200, 0, 200]);
  });
});
