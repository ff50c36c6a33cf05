/** The sandbox's Cloud Logging through the unchanged SDK, and over REST: what is in which log, and when. */

import { randomBytes } from 'node:crypto';
import { Logging } from '@google-cloud/logging';
import { credentials } from '@grpc/grpc-js';
import { OAuth2Client } from 'google-auth-library';
import { toProto3JSON } from 'proto3-json-serializer';
import protobuf from 'protobufjs';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../lib/domain/clock.ts';
import { auditLogDescription } from '../../lib/domain/google-audit-log.ts';
import { GcpAuditLog, type GcpAuditLogOptions } from '../../lib/sandbox/gcp/audit-log.ts';
import { GcpCloud } from '../../lib/sandbox/gcp/cloud.ts';
import type { GcpCaller } from '../../lib/sandbox/gcp/kms-entry.ts';
import type { LoggingOptions } from '../../lib/sandbox/gcp/logging-service.ts';
import {
  type GcpServer,
  type GcpServerOptions,
  startGcpServer,
} from '../../lib/sandbox/gcp/server.ts';
import { SandboxClock } from '../../lib/sandbox/sandbox-clock.ts';

const project = 'acme-prod';
const ring = `projects/${project}/locations/eur4/keyRings/tide`;
const key = `${ring}/cryptoKeys/one`;
const reader = 'reader@acme.example';
const owner = { email: 'owner@acme.example', callerIp: '10.0.0.1', userAgent: 'gcloud' };
const engine: GcpCaller = {
  email: 'engine@service.iam.gserviceaccount.com',
  callerIp: '10.0.0.7',
  userAgent: 'keytide/1 grpc-node-js/1.14.7',
  reason: 'kt:p.b.1.1',
};
const startMs = Date.UTC(2026, 0, 5);
const day = 86_400_000;
const always = `timestamp>="2026-01-01T00:00:00Z"`;

let close: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(close.map((one) => one()));
  close = [];
});

interface Scene {
  clock: SandboxClock;
  log: GcpAuditLog;
  server: GcpServer;
  call(method: string, request: object, caller?: GcpCaller): void;
  list(filter?: string, more?: object): Promise<Entry[]>;
}

interface Entry {
  logName: string;
  insertId: string;
  payload: Readonly<Record<string, unknown>>;
  at: number;
}

async function scene(
  options: Partial<GcpAuditLogOptions> = {},
  serving: Partial<GcpServerOptions> & Pick<LoggingOptions, 'quota'> = {},
  role = 'roles/logging.privateLogViewer',
): Promise<Scene> {
  const clock = new SandboxClock({ wall: systemClock, startMs, speed: 0 });
  const common = { clock, random: randomBytes };
  const delayMs = { min: 0, max: 0 };
  const log = new GcpAuditLog({ ...common, delayMs, project, ...options });
  const cloud = new GcpCloud({ ...common, propagationMs: 0, journal: (one) => log.write(one) });
  cloud.grant(`projects/${project}`, 'roles/owner', owner.email);
  if (role !== '') cloud.grant(`projects/${project}`, role, reader);
  const call = (method: string, request: object, caller: GcpCaller = { ...owner, reason: null }) =>
    cloud.call(method, { ...request }, caller);
  call('CreateCryptoKey', { parent: ring, cryptoKeyId: 'one' });
  cloud.grant(key, 'roles/cloudkms.cryptoKeyEncrypterDecrypter', engine.email);
  const { quota, ...more } = serving;
  const logging = { log, ...(quota && { quota }) };
  const server = await startGcpServer({ cloud, logging, caller: reader, ...more });
  const authClient = new OAuth2Client();
  authClient.setCredentials({ access_token: 't', expiry_date: Date.now() + day });
  // What the SDK hands on to gRPC its own types do not name.
  const wire = { port: server.grpcPort, sslCreds: credentials.createInsecure(), authClient };
  const client = new Logging({ projectId: project, apiEndpoint: '127.0.0.1', ...wire });
  close.push(() => server.close());
  const list = async (filter = always, more = {}) => {
    const [entries] = await client.getEntries({
      filter,
      orderBy: 'timestamp asc',
      autoPaginate: true,
      ...more,
    });
    return entries.map(({ metadata, data }) => ({
      logName: String(metadata.logName).split('%2F').at(-1) ?? '',
      insertId: String(metadata.insertId),
      payload: payloadOf(data),
      at: Number(metadata.timestamp),
    }));
  };
  return { clock, log, server, call, list };
}

const auditLog = protobuf.Root.fromJSON(auditLogDescription).lookupType(
  'google.cloud.audit.AuditLog',
);

const payloadOf = (data: { type_url: string; value: Uint8Array }) => {
  expect(data.type_url).toBe('type.googleapis.com/google.cloud.audit.AuditLog');
  return { ...Object(toProto3JSON(auditLog.decode(data.value))) };
};

const encrypt = (one: Scene, caller = engine) =>
  one.call('Encrypt', { name: key, plaintext: Buffer.from('a DEK') }, caller);

const methodsOf = (entries: readonly Entry[]) => entries.map(({ payload }) => payload.methodName);

test('Encrypt is in no log until Data Access is switched on; what manages keys always is', async () => {
  const one = await scene();
  encrypt(one);
  expect(methodsOf(await one.list())).toEqual(['CreateCryptoKey']);
  one.log.change({ dataAccess: true });
  encrypt(one);
  const entries = await one.list();
  expect(methodsOf(entries)).toEqual(['CreateCryptoKey', 'Encrypt']);
  expect(entries.map(({ logName }) => logName)).toEqual(['activity', 'data_access']);
});

test('an entry says who, what, from where and how it went, has nanoseconds, and no request id', async () => {
  const one = await scene({ dataAccess: true });
  encrypt(one);
  expect(() => encrypt(one, { ...engine, email: 'nobody@acme.example' })).toThrow('denied');
  const [, made, denied] = await one.list();
  expect(made?.payload).toMatchObject({
    serviceName: 'cloudkms.googleapis.com',
    resourceName: key,
    authenticationInfo: { principalEmail: engine.email },
    requestMetadata: {
      callerIp: engine.callerIp,
      callerSuppliedUserAgent: engine.userAgent,
      requestAttributes: { reason: 'kt:p.b.1.1' },
    },
    authorizationInfo: [{ granted: true }],
    request: { name: key },
    resourceLocation: { currentLocations: ['eur4'] },
  });
  expect(JSON.stringify(made?.payload)).not.toMatch(/plaintext|requestId|"id"/i);
  expect(denied?.payload).toMatchObject({ status: { code: 7 } });
  const { requestAttributes } = Object(made?.payload.requestMetadata);
  expect(requestAttributes.time).toMatch(/^2026-01-05T00:00:00\.000\d{6}Z$/);
  expect(new Set((await one.list()).map(({ insertId }) => insertId)).size).toBe(3);
});

test('a reason is left out where the log records none', async () => {
  const one = await scene({ dataAccess: true, recordsReasons: false });
  encrypt(one);
  expect(JSON.stringify(await one.list())).not.toContain('kt:p.b.1.1');
});

test('a rotation is a system event, and names nobody', async () => {
  const one = await scene();
  const cryptoKey = {
    name: key,
    rotationPeriod: { seconds: 86_400 },
    nextRotationTime: { seconds: (startMs + day) / 1000 },
  };
  one.call('UpdateCryptoKey', { cryptoKey, updateMask: { paths: ['rotation_period'] } });
  one.clock.jumpTo(startMs + day + 1);
  one.call('GetCryptoKey', { name: key });
  const [, update, rotation] = await one.list();
  expect(update?.payload.request).toMatchObject({ updateMask: 'rotation_period' });
  expect(rotation).toMatchObject({ logName: 'system_event', at: startMs + day });
  expect(rotation?.payload).toMatchObject({ resourceName: key, metadata: { rotationEvent: {} } });
  expect(rotation?.payload).not.toHaveProperty('authenticationInfo');
});

test('a service of Google that uses the key is named in the older place and the newer one', async () => {
  const one = await scene({ dataAccess: true });
  encrypt(one, { ...engine, providedContext: 'Cloud Storage' });
  const [, entry] = await one.list();
  const provided = { caller_provided_context: 'Cloud Storage' };
  expect(entry?.payload).toMatchObject({ request: provided, metadata: { entries: provided } });
});

test('entries of an exempted member and those that the sink excludes are nowhere', async () => {
  const exclusion = 'protoPayload.methodName="CreateCryptoKeyVersion"';
  const exemptedMembers = [engine.email];
  const one = await scene({ dataAccess: true, exemptedMembers, exclusion });
  encrypt(one);
  one.call('CreateCryptoKeyVersion', { parent: key });
  one.call('GetCryptoKey', { name: key });
  expect(methodsOf(await one.list())).toEqual(['CreateCryptoKey', 'GetCryptoKey']);
});

test('each entry arrives after a delay of its own, so out of order, and some twice', async () => {
  const delayMs = { min: 1000, max: 60_000 };
  const one = await scene({ dataAccess: true, delayMs, repeatShare: 0.5 });
  for (let number = 0; number < 100; number += 1) {
    one.clock.jumpTo(startMs + number * 500);
    encrypt(one);
  }
  expect(await one.list('receiveTimestamp<"2026-01-05T00:00:01Z" AND timestamp:*')).toEqual([]);
  one.clock.jumpTo(startMs + 3 * 60_000);
  const arrived = [...one.log.arrived(0, one.log.countBy(one.clock.now()))];
  const times = arrived.map(({ timestamp }) => timestamp);
  expect(times).not.toEqual(times.toSorted());
  const entries = await one.list();
  expect(entries.length).toBeGreaterThan(120);
  expect(new Set(entries.map(({ insertId }) => insertId)).size).toBe(101);
  expect(entries.map(({ at }) => at)).toEqual(
    entries.map(({ at }) => at).toSorted((a, b) => a - b),
  );
});

describe('a list', () => {
  const filled = async (options = {}, serving = {}, role?: string) => {
    const one = await scene({ dataAccess: true, ...options }, serving, role);
    for (let number = 1; number <= 25; number += 1) {
      one.clock.jumpTo(startMs + number * 1000);
      encrypt(one, { ...engine, reason: `kt:${number}` });
    }
    return one;
  };
  const reasons = (entries: readonly Entry[]) =>
    entries.map(({ payload }) =>
      Number(
        Reflect.get(Object(payload.requestMetadata), 'requestAttributes').reason?.split(':')[1],
      ),
    );

  test.each([
    ['by log', 'log_id("cloudaudit.googleapis.com/activity")', 1],
    ['by log name', `logName="projects/${project}/logs/cloudaudit.googleapis.com%2Factivity"`, 1],
    ['by one of several methods', 'protoPayload.methodName=("Encrypt" OR "Decrypt")', 25],
    ['whatever the case of letters', 'protoPayload.methodName="ENCRYPT"', 25],
    ['by a part of a text', 'protoPayload.methodName:"rypt"', 26],
    ['by time to the second', 'timestamp>"2026-01-05T00:00:20Z"', 6],
    ['by label', 'resource.labels.crypto_key_id="one"', 26],
    ['by pattern', 'protoPayload.requestMetadata.requestAttributes.reason=~"^kt:1.$"', 10],
    ['negated', 'NOT protoPayload.methodName="Encrypt"', 1],
    [
      'OR before AND',
      'timestamp<"2026-01-05T00:00:03Z" OR timestamp>"2026-01-05T00:00:24Z" severity=INFO',
      4,
    ],
    ['of what is missing, which nothing equals', 'protoPayload.none!="a"', 0],
    ['by severity', 'severity>=NOTICE -- not the reads', 1],
  ])('is filtered %s', async (_, filter, count) => {
    const one = await filled();
    const found = await one.list(`${always} AND (${filter}\n)`);
    expect(found).toHaveLength(count);
  });

  test('comes page by page, each entry once, in the order asked for, while others arrive', async () => {
    const one = await filled({ startsEmpty: true });
    const filter = `${always} AND protoPayload.methodName="Encrypt"`;
    expect(reasons(await one.list(filter, { pageSize: 7 }))).toEqual(
      Array.from({ length: 25 }, (_, index) => index + 1),
    );
    const newestFirst = await one.list(filter, { pageSize: 7, orderBy: 'timestamp desc' });
    expect(reasons(newestFirst)).toEqual(Array.from({ length: 25 }, (_, index) => 25 - index));
    expect(one.server.requests.length).toBe(2 * (1 + 4));
  });

  test('over REST has payloads as JSON, and pages', async () => {
    const one = await filled();
    const page = async (body: object) => {
      const request = { resourceNames: [`projects/${project}`], filter: always, ...body };
      const url = `http://127.0.0.1:${one.server.restPort}/v2/entries:list?alt=json`;
      const answer = await fetch(url, { method: 'POST', body: JSON.stringify(request) });
      return { status: answer.status, ...Object(await answer.json()) };
    };
    const first = await page({ pageSize: 20 });
    expect(first.entries).toHaveLength(20);
    expect(first.entries[1]).toMatchObject({
      protoPayload: {
        '@type': 'type.googleapis.com/google.cloud.audit.AuditLog',
        methodName: 'Encrypt',
      },
      timestamp: expect.stringMatching(/\.\d{9}Z$/),
      resource: { type: 'cloudkms_cryptokey', labels: { key_ring_id: 'tide' } },
    });
    const next = { pageSize: 20, pageToken: first.nextPageToken };
    expect((await page(next)).entries).toHaveLength(6);
    expect(await page({ ...next, filter: 'severity=INFO' })).toMatchObject({
      status: 400,
      error: { status: 'INVALID_ARGUMENT' },
    });
  });

  test.each([
    ['filter that is none', { filter: 'timestamp>= AND (' }, 3],
    ['order that is none', { orderBy: 'insertId' }, 3],
    ['page that is too large', { pageSize: 1001 }, 3],
  ])('refuses a %s', async (_, more, code) => {
    const one = await filled();
    await expect(one.list(undefined, more)).rejects.toMatchObject({ code });
  });

  test('without the right to private logs leaves Data Access out, and without any is refused', async () => {
    const one = await filled({}, {}, 'roles/logging.viewer');
    expect(methodsOf(await one.list())).toEqual(['CreateCryptoKey']);
    const other = await filled({}, {}, '');
    await expect(other.list()).rejects.toMatchObject({ code: 7 });
  });

  test('is refused past the quota of a minute, and fails as planned', async () => {
    let now = 0;
    const wall = { now: () => now, monotonic: () => now };
    const quota = { perMinute: 2, wall };
    let fault: { status: 'internal'; message: string } | undefined;
    const one = await filled({}, { quota, faults: () => fault });
    const once = { autoPaginate: false, maxRetries: 0 };
    await one.list(always, once);
    await one.list(always, once);
    const list = (gaxOptions = {}) => one.list(always, { ...once, gaxOptions });
    await expect(list({ retry: null })).rejects.toMatchObject({ code: 8 });
    now += 30_000;
    expect(await list()).toHaveLength(26);
    fault = { status: 'internal', message: 'no' };
    now += 60_000;
    await expect(list({ timeout: 100 })).rejects.toMatchObject({ code: expect.any(Number) });
  });
});
