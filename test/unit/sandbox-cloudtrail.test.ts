import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { AwsCloud } from '../../lib/sandbox/aws/cloud.ts';
import type { StoredEvent } from '../../lib/sandbox/aws/event-log.ts';
import type { Principal } from '../../lib/sandbox/aws/principals.ts';
import {
  allow,
  codeOf,
  customer,
  encrypt,
  minuteMs,
  newScene,
  records,
  run,
  service,
  startMs,
  time,
} from '../support/cloud-scene.ts';

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
  time.nowMs = startMs;
});

describe('records', () => {
  it('of a success across accounts are two copies that share sharedEventID and requestID', () => {
    const scene = newScene();
    time.nowMs += 1999;
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
    time.nowMs = (created?.visibleAt ?? 0) - 1;
    expect(lookupAll(cloud, owner)).toEqual([]);
    time.nowMs += 1;
    expect(lookupAll(cloud, owner)).toEqual([created?.record.eventID]);
    time.nowMs += minuteMs;
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
    time.nowMs += 5500;
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
      time.nowMs += 1000;
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
    expect(next(owner, { EndTime: time.nowMs / 1000 })).toBe('InvalidNextTokenException');
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
        time.nowMs = startMs;
        const scene = newScene({ deliveryLagMs: { min: 0, max: lagMax } });
        const { cloud, owner } = scene;
        for (const gap of gaps) {
          time.nowMs += gap;
          encrypt(scene, scene.caller);
        }
        const delivered = cloud
          .events(customer)
          .filter(({ visibleAt }) => visibleAt <= time.nowMs)
          .map(({ record }) => String(record.eventID))
          .reverse();
        const more = () => {
          time.nowMs += 1500;
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
