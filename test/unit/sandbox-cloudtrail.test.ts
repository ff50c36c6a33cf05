import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { AwsFault } from '../../lib/sandbox/aws/aws-fault.ts';
import { type AwsCloud, createAwsCloud } from '../../lib/sandbox/aws/cloud.ts';
import type { AwsCloudOptions } from '../../lib/sandbox/aws/cloud-options.ts';
import type { StoredEvent } from '../../lib/sandbox/aws/event-log.ts';
import { writeLogFiles } from '../../lib/sandbox/aws/log-files.ts';
import type { Principal } from '../../lib/sandbox/aws/principals.ts';

const customer = '111122223333';
const service = '444455556666';
const startMs = Date.parse('2026-03-01T00:00:00Z');
const minuteMs = 60_000;

let nowMs = startMs;
const clock = { now: () => nowMs, monotonic: () => nowMs };

/** The same bytes in every run: SHA-256 of a counter. */
function seededRandom(): (bytes: number) => Uint8Array {
  let counter = 0;
  return (bytes) => {
    const blocks = Array.from({ length: Math.ceil(bytes / 32) }, () => {
      counter += 1;
      return createHash('sha256').update(String(counter)).digest();
    });
    return Buffer.concat(blocks).subarray(0, bytes);
  };
}

function newCloud(options: Partial<AwsCloudOptions> = {}): AwsCloud {
  return createAwsCloud({
    clock,
    random: seededRandom(),
    region: 'eu-central-1',
    deliveryLagMs: { min: minuteMs, max: 5 * minuteMs },
    propagationMs: 0,
    ...options,
  });
}

interface Scene {
  cloud: AwsCloud;
  owner: Principal;
  caller: Principal;
  keyArn: string;
}

const allow = ['kms:*', 'cloudtrail:LookupEvents'];

/** A customer's key, and a service in another account that may use it. */
function newScene(options: Partial<AwsCloudOptions> = {}): Scene {
  const cloud = newCloud(options);
  const owner = cloud.addPrincipal({ account: customer, kind: 'user', name: 'admin', allow });
  const role = { account: service, kind: 'role', name: 'keytide' } as const;
  const caller = cloud.addPrincipal({ ...role, sessionName: 'engine-1', allow });
  const names = [customer, `arn:aws:iam::${service}:role/keytide`];
  const statement = { Effect: 'Allow', Principal: { AWS: names }, Action: 'kms:*' };
  const Policy = JSON.stringify({ Statement: statement });
  const keyArn = run(cloud, owner, 'CreateKey', { Policy }).KeyMetadata.Arn;
  return { cloud, owner, caller, keyArn };
}

function run<O extends string>(
  cloud: AwsCloud,
  principal: Principal,
  operation: O,
  input: Record<string, unknown> = {},
) {
  const kind = operation === 'LookupEvents' ? 'cloudtrail' : 'kms';
  const from = { sourceIp: '127.0.0.7', userAgent: 'engine/1' };
  return cloud.call(principal, { service: kind, operation, input, ...from }).output;
}

const encrypt = ({ cloud, keyArn }: Scene, principal: Principal) =>
  run(cloud, principal, 'Encrypt', {
    KeyId: keyArn,
    Plaintext: Buffer.from('secret'),
    EncryptionContext: { workspace: 'w1' },
  });

const records = (cloud: AwsCloud, account: string) =>
  cloud.events(account).map(({ record }) => record);

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof AwsFault) return error.code;
    throw error;
  }
  return 'none';
}

/** Every page of a lookup, as event ids. */
function lookupAll(
  cloud: AwsCloud,
  principal: Principal,
  input: Record<string, unknown> = {},
  between: () => void = () => {},
): string[] {
  const ids: string[] = [];
  let NextToken: string | undefined;
  do {
    const paged = NextToken === undefined ? input : { ...input, NextToken };
    const page = run(cloud, principal, 'LookupEvents', paged);
    ids.push(...page.Events.map(({ EventId }) => EventId));
    NextToken = page.NextToken;
    between();
  } while (NextToken !== undefined);
  return ids;
}

beforeEach(() => {
  nowMs = startMs;
});

describe('records', () => {
  it('of a success across accounts are two copies that share sharedEventID and requestID', () => {
    const scene = newScene();
    nowMs += 1999;
    encrypt(scene, scene.caller);
    const [callers] = records(scene.cloud, service);
    const owners = records(scene.cloud, customer)[1];
    expect(callers).toMatchObject({
      eventVersion: '1.11',
      userIdentity: {
        type: 'AssumedRole',
        arn: scene.caller.arn,
        accessKeyId: scene.caller.accessKeyId,
        sessionContext: { sessionIssuer: { type: 'Role', userName: 'keytide' } },
      },
      eventTime: '2026-03-01T00:00:01Z',
      eventSource: 'kms.amazonaws.com',
      eventName: 'Encrypt',
      sourceIPAddress: '127.0.0.7',
      userAgent: 'engine/1',
      requestParameters: {
        keyId: scene.keyArn,
        encryptionAlgorithm: 'SYMMETRIC_DEFAULT',
        encryptionContext: { workspace: 'w1' },
      },
      responseElements: null,
      additionalEventData: { keyMaterialId: expect.stringMatching(/^[0-9a-f]{64}$/) },
      readOnly: true,
      resources: [{ accountId: customer, type: 'AWS::KMS::Key', ARN: scene.keyArn }],
      recipientAccountId: service,
      eventCategory: 'Management',
    });
    expect(owners?.userIdentity).toEqual({
      type: 'AWSAccount',
      principalId: scene.caller.principalId,
      accountId: service,
    });
    expect(owners?.recipientAccountId).toBe(customer);
    expect(owners?.requestID).toBe(callers?.requestID);
    expect(owners?.sharedEventID).toBe(callers?.sharedEventID);
    expect(owners?.eventID).not.toBe(callers?.eventID);
    expect(JSON.stringify([callers, owners])).not.toContain('c2VjcmV0');
  });

  it("of failures across accounts are in the caller's account only", () => {
    const scene = newScene();
    const { cloud, owner, caller, keyArn } = scene;
    const stranger = cloud.addPrincipal({ account: service, kind: 'user', name: 'eve', allow });
    expect(codeOf(() => encrypt(scene, stranger))).toBe('AccessDeniedException');
    run(cloud, owner, 'DisableKey', { KeyId: keyArn });
    expect(codeOf(() => encrypt(scene, caller))).toBe('DisabledException');
    const [denied, disabled] = records(cloud, service);
    expect(denied).toMatchObject({ errorCode: 'AccessDenied', requestParameters: null });
    expect(denied).not.toHaveProperty('resources');
    expect(disabled).toMatchObject({
      errorCode: 'DisabledException',
      errorMessage: `${keyArn} is disabled.`,
      resources: [{ ARN: keyArn }],
    });
    expect(disabled).not.toHaveProperty('sharedEventID');
    const names = records(cloud, customer).map(({ eventName }) => eventName);
    expect(names).toEqual(['CreateKey', 'DisableKey']);
  });

  it('of control operations carry what the real ones do', () => {
    const { cloud, owner, keyArn } = newScene();
    run(cloud, owner, 'ScheduleKeyDeletion', { KeyId: keyArn, PendingWindowInDays: 7 });
    const [created, scheduled] = records(cloud, customer);
    expect(created).toMatchObject({
      readOnly: false,
      userIdentity: { type: 'IAMUser', userName: 'admin' },
      responseElements: {
        keyMetadata: { arn: keyArn, creationDate: 'Mar 1, 2026, 12:00:00 AM', enabled: true },
      },
    });
    expect(scheduled).toMatchObject({
      requestParameters: { keyId: keyArn, pendingWindowInDays: 7 },
      responseElements: { keyState: 'PendingDeletion', deletionDate: 'Mar 8, 2026, 12:00:00 AM' },
    });
  });

  it('of LookupEvents are themselves events', () => {
    const { cloud, owner } = newScene();
    const attribute = { AttributeKey: 'EventSource', AttributeValue: 'kms.amazonaws.com' };
    run(cloud, owner, 'LookupEvents', { LookupAttributes: [attribute], StartTime: startMs / 1000 });
    expect(records(cloud, customer).at(-1)).toMatchObject({
      eventSource: 'cloudtrail.amazonaws.com',
      eventName: 'LookupEvents',
      requestParameters: {
        startTime: 'Mar 1, 2026, 12:00:00 AM',
        lookupAttributes: [{ attributeKey: 'EventSource', attributeValue: 'kms.amazonaws.com' }],
      },
    });
  });

  it('are not made at all when recordEvents is off', () => {
    const journaled: StoredEvent[] = [];
    const journal = (event: StoredEvent) => journaled.push(event);
    const scene = newScene({ recordEvents: false, journal });
    encrypt(scene, scene.caller);
    expect(scene.cloud.events(customer)).toEqual([]);
    expect(journaled).toEqual([]);
  });
});

describe('LookupEvents', () => {
  it('shows an event from its delivery on, and to its own account only', () => {
    const { cloud, owner, caller } = newScene();
    const [created] = cloud.events(customer);
    nowMs = (created?.visibleAt ?? 0) - 1;
    expect(lookupAll(cloud, owner)).toEqual([]);
    nowMs += 1;
    expect(lookupAll(cloud, owner)).toEqual([created?.record.eventID]);
    nowMs += minuteMs;
    expect(lookupAll(cloud, caller)).toEqual([]);
  });

  it('draws every lag between its bounds', () => {
    const scene = newScene();
    for (let i = 0; i < 200; i += 1) encrypt(scene, scene.caller);
    const lags = scene.cloud.events(customer).map(({ at, visibleAt }) => visibleAt - at);
    expect(Math.min(...lags)).toBeGreaterThanOrEqual(minuteMs);
    expect(Math.max(...lags)).toBeLessThanOrEqual(5 * minuteMs);
    expect(new Set(lags).size).toBeGreaterThan(150);
  });

  it('answers in the shape of the wire, newest first', () => {
    const scene = newScene({ deliveryLagMs: { min: 0, max: 0 } });
    nowMs += 5500;
    encrypt(scene, scene.caller);
    const { Events } = run(scene.cloud, scene.caller, 'LookupEvents');
    expect(Events).toEqual([
      {
        EventId: expect.any(String),
        EventName: 'Encrypt',
        ReadOnly: 'true',
        AccessKeyId: scene.caller.accessKeyId,
        EventTime: startMs / 1000 + 5,
        EventSource: 'kms.amazonaws.com',
        Username: 'engine-1',
        Resources: [],
        CloudTrailEvent: expect.stringContaining('"eventName":"Encrypt"'),
      },
    ]);
    const [owners] = run(scene.cloud, scene.owner, 'LookupEvents').Events;
    expect(owners).not.toHaveProperty('AccessKeyId');
    expect(owners).not.toHaveProperty('Username');
  });

  it('filters by one attribute and by whole seconds, both ends included', () => {
    const scene = newScene({ deliveryLagMs: { min: 0, max: 0 } });
    const { cloud, owner, keyArn } = scene;
    for (let i = 0; i < 5; i += 1) {
      nowMs += 1000;
      encrypt(scene, owner);
    }
    run(cloud, owner, 'DisableKey', { KeyId: keyArn });
    const by = (AttributeKey: string, AttributeValue: string) =>
      lookupAll(cloud, owner, { LookupAttributes: [{ AttributeKey, AttributeValue }] }).length;
    expect(by('EventName', 'Encrypt')).toBe(5);
    expect(by('EventSource', 'kms.amazonaws.com')).toBe(7);
    expect(by('Username', 'admin')).toBe(9);
    expect(by('AccessKeyId', owner.accessKeyId)).toBe(10);
    expect(by('EventId', String(records(cloud, customer)[0]?.eventID))).toBe(1);
    expect(by('ResourceName', keyArn)).toBe(0);
    const range = { StartTime: startMs / 1000 + 2, EndTime: startMs / 1000 + 4 };
    expect(lookupAll(cloud, owner, range)).toHaveLength(3);
  });

  it('refuses what the real one refuses', () => {
    const { cloud, owner } = newScene();
    const bare = cloud.addPrincipal({ account: customer, kind: 'user', name: 'bare' });
    const code = (input: Record<string, unknown>, who = owner) =>
      codeOf(() => run(cloud, who, 'LookupEvents', input));
    const attribute = { AttributeKey: 'EventName', AttributeValue: 'Encrypt' };
    expect(code({ LookupAttributes: [attribute, attribute] })).toBe(
      'InvalidLookupAttributesException',
    );
    expect(code({ StartTime: 2, EndTime: 1 })).toBe('InvalidTimeRangeException');
    expect(code({ MaxResults: 51 })).toBe('InvalidMaxResultsException');
    expect(code({ MaxResults: 0 })).toBe('InvalidMaxResultsException');
    expect(code({ NextToken: 'nonsense' })).toBe('InvalidNextTokenException');
    expect(code({}, bare)).toBe('AccessDeniedException');
  });

  it('binds a token to its parameters and its account', () => {
    const scene = newScene({ deliveryLagMs: { min: 0, max: 0 } });
    const { cloud, owner, caller } = scene;
    for (let i = 0; i < 3; i += 1) encrypt(scene, caller);
    const { NextToken } = run(cloud, owner, 'LookupEvents', { MaxResults: 1 });
    const next = (who: Principal, more: object = {}) =>
      codeOf(() => run(cloud, who, 'LookupEvents', { NextToken, ...more }));
    expect(NextToken).toBeTypeOf('string');
    expect(next(owner)).toBe('none');
    expect(next(owner, { EndTime: nowMs / 1000 })).toBe('InvalidNextTokenException');
    expect(next(caller)).toBe('InvalidNextTokenException');
  });

  it('pages every event delivered at the first page exactly once while new ones arrive', () => {
    const inputs = fc.record({
      gaps: fc.array(fc.nat(4000), { minLength: 1, maxLength: 60 }),
      pageSize: fc.integer({ min: 1, max: 50 }),
      lagMax: fc.nat(20_000),
    });
    fc.assert(
      fc.property(inputs, ({ gaps, pageSize, lagMax }) => {
        nowMs = startMs;
        const scene = newScene({ deliveryLagMs: { min: 0, max: lagMax } });
        const { cloud, owner } = scene;
        for (const gap of gaps) {
          nowMs += gap;
          encrypt(scene, scene.caller);
        }
        const delivered = cloud
          .events(customer)
          .filter(({ visibleAt }) => visibleAt <= nowMs)
          .map(({ record }) => String(record.eventID))
          .reverse();
        const more = () => {
          nowMs += 1500;
          encrypt(scene, owner);
        };
        expect(lookupAll(cloud, owner, { MaxResults: pageSize }, more)).toEqual(delivered);
      }),
      { numRuns: 60 },
    );
  });

  it('throttles by account in wall time when asked to, and logs nothing of it', () => {
    const wall = { ms: 0, now: () => 0, monotonic: () => wall.ms };
    const { cloud, owner, caller } = newScene({ apiRateLimit: { perSecond: 2, wall } });
    const code = (who: Principal) => codeOf(() => run(cloud, who, 'LookupEvents'));
    const codes = [code(owner), code(owner), code(owner), code(caller)];
    expect(codes).toEqual(['none', 'none', 'ThrottlingException', 'none']);
    wall.ms += 500;
    expect(code(owner)).toBe('none');
    expect(records(cloud, customer)).toHaveLength(4);
  });
});

describe('the log', () => {
  it('keeps at most eventsMax events and drops the oldest', () => {
    const scene = newScene({ eventsMax: 10 });
    for (let i = 0; i < 3000; i += 1) {
      nowMs += 10;
      encrypt(scene, scene.caller);
    }
    const kept = scene.cloud.events(customer);
    expect(kept).toHaveLength(10);
    expect(kept.at(-1)?.at).toBe(nowMs);
    expect(kept[0]?.at).toBe(nowMs - 90);
  });

  it('forgets on prune what happened before an instant', () => {
    const scene = newScene();
    for (let i = 0; i < 10; i += 1) {
      nowMs += 1000;
      encrypt(scene, scene.owner);
    }
    expect(scene.cloud.prune(startMs + 5000)).toBe(5);
    expect(scene.cloud.events(customer)[0]?.at).toBe(startMs + 5000);
  });

  it('comes back from the journal as it was', () => {
    const lines: string[] = [];
    const scene = newScene({ journal: (event) => lines.push(JSON.stringify(event)) });
    for (let i = 0; i < 20; i += 1) {
      nowMs += 1000;
      encrypt(scene, scene.caller);
    }
    nowMs += 10 * minuteMs;
    const state = { ...scene.cloud.exportState(), events: lines.map((line) => JSON.parse(line)) };
    const again = newCloud({ state });
    expect(records(again, customer)).toEqual(records(scene.cloud, customer));
    const look = (cloud: AwsCloud, who: Principal) => run(cloud, who, 'LookupEvents').Events;
    expect(look(again, scene.owner)).toEqual(look(scene.cloud, scene.owner));
    expect(look(again, scene.caller)).toEqual(look(scene.cloud, scene.caller));
  });
});

describe('writeLogFiles', () => {
  it('writes delivered events once each in the layout of the bucket, and fast', async () => {
    const scene = newScene();
    for (let i = 0; i < 20_000; i += 1) {
      nowMs += 100;
      encrypt(scene, scene.caller);
    }
    const untilMs = nowMs;
    const delivered = scene.cloud.events(customer).filter((event) => event.visibleAt <= untilMs);
    const dir = await mkdtemp(path.join(tmpdir(), 'sandbox-trail-'));
    try {
      const from = performance.now();
      const counts = await writeLogFiles(scene.cloud, { account: customer, dir, untilMs });
      expect(performance.now() - from).toBeLessThan(2000);
      await writeLogFiles(scene.cloud, { account: customer, dir, untilMs });
      const entries = await readdir(dir, { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile());
      expect(files).toHaveLength(counts.files);
      const ids = new Set<string>();
      for (const file of files) {
        expect(file.name).toMatch(
          /^111122223333_CloudTrail_eu-central-1_20260301T00[0-4][05]Z_[0-9a-f]{16}\.json\.gz$/,
        );
        expect(path.relative(dir, file.parentPath)).toBe(
          path.join('AWSLogs', customer, 'CloudTrail', 'eu-central-1', '2026', '03', '01'),
        );
        const text = gunzipSync(await readFile(path.join(file.parentPath, file.name))).toString();
        for (const { eventID } of JSON.parse(text).Records) ids.add(eventID);
      }
      expect(ids.size).toBe(delivered.length);
      expect(counts.records).toBe(delivered.length);
    } finally {
      await rm(dir, { recursive: true });
    }
  });
});
