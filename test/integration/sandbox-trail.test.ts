/** The sandbox's CloudTrail as files in S3, as queries of Lake, and what is odd in its events, through the SDKs. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  CloudTrailClient,
  DescribeQueryCommand,
  GetEventSelectorsCommand,
  GetQueryResultsCommand,
  PutEventSelectorsCommand,
  StartQueryCommand,
} from '@aws-sdk/client-cloudtrail';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../lib/domain/clock.ts';
import { AwsCloud } from '../../lib/sandbox/aws/cloud.ts';
import type { AwsCloudOptions } from '../../lib/sandbox/aws/cloud-options.ts';
import type { Principal } from '../../lib/sandbox/aws/principals.ts';
import { type AwsServer, type ServerFault, startAwsServer } from '../../lib/sandbox/aws/server.ts';
import { TrailBucket } from '../../lib/sandbox/aws/trail-bucket.ts';
import { writeLogFiles } from '../../lib/sandbox/aws/trail-files.ts';
import { castOf, customerAccount, serviceAccount } from '../../lib/sandbox/fleet/accounts.ts';
import { SandboxClock } from '../../lib/sandbox/sandbox-clock.ts';

const startMs = Date.UTC(2026, 0, 5, 10);
const minute = 60_000;
const day = 1_440 * minute;
const Bucket = 'acme-trail';
const region = 'eu-central-1';

let servers: AwsServer[] = [];
afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()));
  servers = [];
});

// Long: one set-up, step by step.
async function scene(options: Partial<AwsCloudOptions> = {}) {
  const clock = new SandboxClock({ wall: systemClock, startMs, speed: 0 });
  const cloud = new AwsCloud({
    clock,
    random: randomBytes,
    region,
    deliveryLagMs: { min: 0, max: 0 },
    propagationMs: 0,
    ...options,
  });
  const cast = castOf(cloud, 1);
  const user = (account: string, ...allow: string[]) =>
    cloud.addPrincipal({ account, kind: 'user', name: `reader-${allow.length}`, allow });
  const reader = user(customerAccount, 's3:*', 'cloudtrail:*');
  const bucket = new TrailBucket({ clock, cloud, account: customerAccount, name: Bucket });
  let planned: ServerFault | undefined;
  const server = await startAwsServer({
    cloud,
    wall: systemClock,
    buckets: [bucket],
    faults: () => planned,
  });
  servers.push(server);
  const config = (who: Principal) => ({
    region,
    endpoint: server.url,
    maxAttempts: 1,
    credentials: { accessKeyId: who.accessKeyId, secretAccessKey: who.secretAccessKey },
  });
  const act = (operation: string, input: object = {}) =>
    cloud.call(cast.admin, {
      service: 'kms',
      operation,
      input: { KeyId: cast.keyArn, ...input },
      sourceIp: '127.0.0.2',
      userAgent: 'aws-cli/2',
    });
  const encrypt = (times: number) => {
    const [engine] = cast.engines;
    for (let time = 0; time < times && engine; time += 1)
      cloud.call(engine, {
        service: 'kms',
        operation: 'Encrypt',
        input: { KeyId: cast.keyArn, Plaintext: Buffer.from('a DEK') },
        sourceIp: '127.0.0.11',
        userAgent: 'engine/1',
      });
  };
  return {
    clock,
    cloud,
    cast,
    act,
    encrypt,
    s3: new S3Client(config(reader)),
    trail: new CloudTrailClient(config(reader)),
    other: new S3Client(config(user(serviceAccount, 's3:*'))),
    mute: new S3Client(config(user(customerAccount))),
    plan: (fault: ServerFault | undefined) => {
      planned = fault;
    },
  };
}

type Scene = Awaited<ReturnType<typeof scene>>;

async function keys({ s3 }: Scene, input: object = {}): Promise<string[]> {
  const found: string[] = [];
  let token: string | undefined;
  do {
    const page = await s3.send(
      new ListObjectsV2Command({ Bucket, ContinuationToken: token, ...input }),
    );
    for (const { Key } of page.Contents ?? []) found.push(Key ?? '');
    token = page.NextContinuationToken;
  } while (token !== undefined);
  return found;
}

async function bodyOf({ s3 }: Scene, Key: string): Promise<Record<string, unknown>> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  return JSON.parse(gunzipSync((await Body?.transformToByteArray()) ?? Buffer.alloc(0)).toString());
}

async function recordsIn(one: Scene): Promise<Record<string, unknown>[]> {
  const records: Record<string, unknown>[] = [];
  for (const key of await keys(one, { Prefix: `AWSLogs/${customerAccount}/CloudTrail/` })) {
    const { Records } = await bodyOf(one, key);
    if (Array.isArray(Records)) records.push(...Records);
  }
  return records;
}

const nextHour = (one: Scene) => one.clock.jumpTo(one.clock.now() + 61 * minute);

describe('a trail in S3', () => {
  test('has every delivered event of the account once, in files of five minutes, oldest first', async () => {
    const one = await scene({ deliveryLagMs: { min: 0, max: 20 * minute } });
    for (let number = 0; number < 60; number += 1) {
      one.encrypt(3);
      one.clock.jumpTo(one.clock.now() + minute);
    }
    expect((await recordsIn(one)).length).toBeLessThan(181);
    nextHour(one);
    const records = await recordsIn(one);
    expect(new Set(records.map(({ eventID }) => eventID)).size).toBe(181);
    expect(records).toHaveLength(181);
    const files = await keys(one, { Prefix: `AWSLogs/${customerAccount}/CloudTrail/` });
    expect(files[0]).toMatch(
      /^AWSLogs\/200000000001\/CloudTrail\/eu-central-1\/2026\/01\/05\/200000000001_CloudTrail_eu-central-1_20260105T10\d\dZ_[0-9a-f]{16}\.json\.gz$/,
    );
    expect(
      records.every(({ sharedEventID, eventName }) => sharedEventID || eventName !== 'Encrypt'),
    ).toBe(true);
  });

  test('has digests and Insights among its files, in which no event of a key is', async () => {
    const one = await scene();
    one.encrypt(5);
    nextHour(one);
    const all = await keys(one);
    const kinds = new Set(all.map((key) => key.split('/')[2]));
    expect(kinds).toEqual(new Set(['CloudTrail', 'CloudTrail-Digest', 'CloudTrail-Insight']));
    const digest = await bodyOf(one, all.find((key) => key.includes('Digest')) ?? '');
    expect(digest).toMatchObject({
      awsAccountId: customerAccount,
      logFiles: [{ s3Object: expect.stringContaining('/CloudTrail/') }],
    });
    const dir = await mkdtemp(path.join(tmpdir(), 'sandbox-trail-'));
    const untilMs = one.clock.now();
    try {
      const about = { account: customerAccount, dir, untilMs, extras: true };
      const { files, records } = await writeLogFiles(one.cloud, about);
      expect([files.length, records]).toEqual([3, 6]);
      const entries = await readdir(dir, { recursive: true });
      for (const key of all) expect(entries).toContain(path.join(...key.split('/')));
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  test('is listed page by page, from a key on, and by folder; an object is read whole or in part', async () => {
    const one = await scene();
    for (let number = 0; number < 12; number += 1) {
      one.encrypt(1);
      one.clock.jumpTo(one.clock.now() + 5 * minute);
    }
    const Prefix = `AWSLogs/${customerAccount}/CloudTrail/`;
    const all = await keys(one, { Prefix });
    expect(all).toHaveLength(12);
    expect(await keys(one, { Prefix, MaxKeys: 5 })).toEqual(all);
    expect(await keys(one, { Prefix, StartAfter: all[3] })).toEqual(all.slice(4));
    const { CommonPrefixes } = await one.s3.send(
      new ListObjectsV2Command({ Bucket, Prefix: 'AWSLogs/', Delimiter: '/' }),
    );
    expect(CommonPrefixes).toEqual([{ Prefix: `AWSLogs/${customerAccount}/` }]);
    const [Key = ''] = all;
    const part = await one.s3.send(new GetObjectCommand({ Bucket, Key, Range: 'bytes=0-1' }));
    expect(await part.Body?.transformToByteArray()).toEqual(new Uint8Array([0x1f, 0x8b]));
  });

  test('is for who may read it, in the words of S3', async () => {
    const one = await scene();
    const list = (s3: S3Client, name = Bucket) =>
      s3.send(new ListObjectsV2Command({ Bucket: name })).catch(({ name, $metadata }) => ({
        name,
        status: $metadata.httpStatusCode,
      }));
    expect(await list(one.other)).toEqual({ name: 'AccessDenied', status: 403 });
    expect(await list(one.mute)).toEqual({ name: 'AccessDenied', status: 403 });
    expect(await list(one.s3, 'none')).toEqual({ name: 'NoSuchBucket', status: 404 });
    await expect(one.s3.send(new GetObjectCommand({ Bucket, Key: 'a' }))).rejects.toThrow('exist');
    one.plan({ status: 503, code: 'SlowDown', message: 'Please reduce your request rate.' });
    expect(await list(one.s3)).toEqual({ name: 'SlowDown', status: 503 });
    one.plan({ cutAt: 30 });
    await expect(one.s3.send(new ListObjectsV2Command({ Bucket }))).rejects.toThrow();
    one.plan('reset');
    await expect(one.s3.send(new ListObjectsV2Command({ Bucket }))).rejects.toThrow();
  });

  test('leaves KMS out once it is told to, and only the telling is left to see that by', async () => {
    const one = await scene();
    one.encrypt(2);
    const selectors = (sources: string[]) => ({
      TrailName: 'management-events',
      EventSelectors: [{ IncludeManagementEvents: true, ExcludeManagementEventSources: sources }],
    });
    one.clock.jumpTo(startMs + minute);
    await one.trail.send(new PutEventSelectorsCommand(selectors(['kms.amazonaws.com'])));
    one.encrypt(4);
    const { EventSelectors } = await one.trail.send(
      new GetEventSelectorsCommand({ TrailName: 'management-events' }),
    );
    expect(EventSelectors?.[0]?.ExcludeManagementEventSources).toEqual(['kms.amazonaws.com']);
    await expect(
      one.trail.send(new PutEventSelectorsCommand(selectors(['iam.amazonaws.com']))),
    ).rejects.toThrow('not valid');
    nextHour(one);
    const names = (await recordsIn(one)).map(({ eventName }) => eventName);
    expect(names.filter((name) => name === 'Encrypt')).toHaveLength(2);
    expect(names).toContain('PutEventSelectors');
  });
});

describe('events', () => {
  test('of what KMS does by itself name nobody: a rotation, and the end of a key', async () => {
    const one = await scene();
    one.act('RotateKeyOnDemand');
    one.act('ScheduleKeyDeletion', { PendingWindowInDays: 7 });
    one.clock.jumpTo(startMs + 8 * day);
    expect(() => one.act('DescribeKey')).toThrow('does not exist');
    nextHour(one);
    const service = (await recordsIn(one)).filter(
      ({ eventType }) => eventType === 'AwsServiceEvent',
    );
    expect(service.map(({ eventName, eventTime }) => [eventName, eventTime])).toEqual([
      ['RotateKey', '2026-01-05T10:00:00Z'],
      ['DeleteKey', '2026-01-12T10:00:00Z'],
    ]);
    for (const record of service) {
      expect(record).toMatchObject({
        userIdentity: { accountId: customerAccount, invokedBy: 'AWS Internal' },
        resources: [{ ARN: one.cast.keyArn }],
      });
      expect(record).not.toHaveProperty('requestID');
    }
    expect(service[0]?.serviceEventDetails).toMatchObject({ rotationType: 'ON_DEMAND' });
  });

  test('that are late say so, and those that come anew name what they were', async () => {
    const late = { share: 0.5, lagMs: { min: 60 * minute, max: 120 * minute } };
    const one = await scene({ late, updatedShare: 0.3 });
    one.encrypt(100);
    nextHour(one);
    nextHour(one);
    nextHour(one);
    const encrypts = (await recordsIn(one)).filter(({ eventName }) => eventName === 'Encrypt');
    const reasons = encrypts.map(({ addendum }) => Object(addendum).reason);
    const count = (reason: string) => reasons.filter((one) => one === reason).length;
    expect(count('DELIVERY_DELAY')).toBeGreaterThan(20);
    expect(count('UPDATED_DATA')).toBe(encrypts.length - 100);
    expect(count('UPDATED_DATA')).toBeGreaterThan(10);
    const ids = new Set(encrypts.map(({ eventID }) => eventID));
    expect(ids.size).toBe(encrypts.length);
    for (const { addendum } of encrypts) {
      const { originalEventID } = Object(addendum);
      if (originalEventID !== undefined) expect(ids).toContain(originalEventID);
    }
  });
});

describe('a query of CloudTrail Lake', () => {
  const results = async ({ trail }: Scene, QueryStatement: string, MaxQueryResults = 1000) => {
    const { QueryId } = await trail.send(new StartQueryCommand({ QueryStatement }));
    const rows: Record<string, string>[] = [];
    let token: string | undefined;
    do {
      const page = await trail.send(
        new GetQueryResultsCommand({ QueryId, NextToken: token, MaxQueryResults }),
      );
      expect(page.QueryStatus).toBe('FINISHED');
      for (const row of page.QueryResultRows ?? []) rows.push(Object.assign({}, ...row));
      token = page.NextToken;
    } while (token !== undefined);
    return rows;
  };

  test('gives columns of the events that were delivered, page by page', async () => {
    const one = await scene();
    one.encrypt(25);
    const where = "eventSource = 'kms.amazonaws.com' AND eventName = 'Encrypt'";
    const rows = await results(
      one,
      `SELECT eventID, eventTime, userIdentity, eventJson FROM store WHERE ${where} ORDER BY eventTime`,
      10,
    );
    expect(rows).toHaveLength(25);
    expect(new Set(rows.map(({ eventID }) => eventID)).size).toBe(25);
    expect(rows[0]).toMatchObject({
      eventTime: '2026-01-05 10:00:00.000',
      userIdentity: expect.stringContaining('{type=AWSAccount, principalId='),
    });
    expect(JSON.parse(rows[0]?.eventJson ?? '')).toMatchObject({ eventName: 'Encrypt' });
  });

  test.each([
    ["eventTime > '2026-01-05 10:00:00' AND eventTime <= '2026-01-05T10:02:00Z'", 4],
    ["eventTime BETWEEN '2026-01-05 10:01:00.000' AND '2026-01-05 10:01:59'", 2],
    ["eventName IN ('CreateKey', 'Encrypt')", 7],
    ["eventName LIKE 'Create%' OR NOT (eventName = 'Encrypt')", 1],
    ["userIdentity.type = 'IAMUser'", 1],
    ["eventName <> 'Encrypt'", 1],
    ["nothing = 'a'", 0],
  ])('where %s', async (where, count) => {
    const one = await scene();
    for (let number = 0; number < 3; number += 1) {
      one.encrypt(2);
      one.clock.jumpTo(one.clock.now() + minute);
    }
    const kms = "eventSource = 'kms.amazonaws.com'";
    expect(await results(one, `SELECT eventID FROM s WHERE ${kms} AND (${where})`)).toHaveLength(
      count,
    );
  });

  test('runs a while, and is refused where it is none or nobody knows it', async () => {
    const one = await scene({ queryMs: minute });
    const QueryStatement = 'SELECT * FROM store LIMIT 3';
    const { QueryId } = await one.trail.send(new StartQueryCommand({ QueryStatement }));
    const status = async () =>
      (await one.trail.send(new DescribeQueryCommand({ QueryId }))).QueryStatus;
    expect(await status()).toBe('QUEUED');
    one.clock.jumpTo(startMs + minute / 2);
    expect(await status()).toBe('RUNNING');
    const early = await one.trail.send(new GetQueryResultsCommand({ QueryId }));
    expect(early.QueryResultRows).toEqual([]);
    one.clock.jumpTo(startMs + minute);
    expect(await status()).toBe('FINISHED');
    for (const statement of [
      'DROP TABLE store',
      'SELECT eventID FROM store WHERE',
      "SELECT a FROM b WHERE eventTime > 'x'",
    ])
      await expect(
        one.trail.send(new StartQueryCommand({ QueryStatement: statement })),
      ).rejects.toMatchObject({ name: 'InvalidQueryStatementException' });
    await expect(
      one.trail.send(new GetQueryResultsCommand({ QueryId: QueryId?.replace(/./g, '0') })),
    ).rejects.toMatchObject({ name: 'QueryIdNotFoundException' });
  });

  test('is throttled past the limit of each operation', async () => {
    const wall = { now: () => 0, monotonic: () => 0 };
    const one = await scene({ apiRateLimit: { perSecond: 2, wall } });
    const start = () =>
      one.trail.send(new StartQueryCommand({ QueryStatement: 'SELECT * FROM a' }));
    await start();
    const { QueryId } = await start();
    await expect(start()).rejects.toMatchObject({ name: 'ThrottlingException' });
    expect((await one.trail.send(new GetQueryResultsCommand({ QueryId }))).QueryStatus).toBe(
      'FINISHED',
    );
  });
});
