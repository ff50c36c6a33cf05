import { describe, expect, test } from 'vitest';
import type { AuditRecord } from '../../lib/domain/audit-record.ts';
import { parseEventTime } from '../../lib/sources/cloudtrail/event-time.ts';
import { parseCloudTrail } from '../../lib/sources/cloudtrail/parse.ts';

const keyId = '0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0';
const keyArn = `arn:aws:kms:eu-west-1:222222222222:key/${keyId}`;
const aliasArn = 'arn:aws:kms:eu-west-1:222222222222:alias/tide';
const roleArn = 'arn:aws:iam::111111111111:role/engine';
const claimText = 'keytide/1#web-1.abcd1234.17.1#load.expired#00112233aabbccdd';

const decrypt = {
  eventVersion: '1.11',
  userIdentity: {
    type: 'AssumedRole',
    principalId: 'AROAMADEUPROLE:web-1',
    arn: 'arn:aws:sts::111111111111:assumed-role/engine/web-1',
    accountId: '111111111111',
    sessionContext: { sessionIssuer: { type: 'Role', arn: roleArn } },
  },
  eventTime: '2025-03-05T21:19:44Z',
  eventSource: 'kms.amazonaws.com',
  eventName: 'Decrypt',
  awsRegion: 'eu-west-1',
  sourceIPAddress: '192.0.2.7',
  userAgent: `aws-sdk-js/3.1 os/linux ${claimText}`,
  requestParameters: {
    encryptionContext: { 'keytide:workspace': 'ws-9', 'keytide:dek': 'dek-4', other: 'x' },
  },
  requestID: 'request-1',
  eventID: 'event-1',
  sharedEventID: 'shared-1',
  readOnly: true,
  resources: [{ accountId: '222222222222', type: 'AWS::KMS::Key', ARN: keyArn }],
  eventType: 'AwsApiCall',
  recipientAccountId: '111111111111',
};

function without(...names: string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(decrypt).filter(([name]) => !names.includes(name)));
}

function record(change: Record<string, unknown>): AuditRecord {
  const parsed = parseCloudTrail({ ...decrypt, ...change });
  if (parsed.kind !== 'record') throw new Error(`${parsed.kind}: ${parsed.reason}`);
  return parsed.record;
}

describe('a KMS record', () => {
  test('gives every field the record has', () => {
    expect(parseCloudTrail(decrypt)).toEqual({
      kind: 'record',
      record: {
        provider: 'aws',
        eventId: 'event-1',
        at: Date.UTC(2025, 2, 5, 21, 19, 44),
        operation: 'Decrypt',
        action: 'decrypt',
        key: keyArn,
        otherKeys: [],
        principal: 'AROAMADEUPROLE',
        principalName: roleArn,
        session: 'web-1',
        account: '111111111111',
        recipientAccount: '111111111111',
        requestId: 'request-1',
        sharedEventId: 'shared-1',
        claim: {
          process: 'web-1',
          boot: 'abcd1234',
          seq: 17,
          attempt: 1,
          cause: 'load.expired',
          spanId: '00112233aabbccdd',
        },
        errorCode: null,
        sourceIp: '192.0.2.7',
        userAgent: `aws-sdk-js/3.1 os/linux ${claimText}`,
        workspace: 'ws-9',
        dekId: 'dek-4',
        context: [
          ['keytide:dek', 'dek-4'],
          ['keytide:workspace', 'ws-9'],
          ['other', 'x'],
        ],
        invokedBy: null,
        facts: {
          time: '2025-03-05T21:19:44Z',
          resolutionMs: 1_000,
          claimIn: 'user-agent',
          reason: null,
          error: null,
          network: [],
          ids: [],
        },
        raw: JSON.stringify(decrypt),
      },
    });
  });

  test('keeps the given text verbatim', () => {
    const text = `${JSON.stringify(decrypt, null, 2)}\n`;
    expect(parseCloudTrail(decrypt, text)).toMatchObject({ record: { raw: text } });
  });

  test('needs no more than eventSource, eventID, eventName and eventTime', () => {
    const bare = {
      eventSource: 'kms.amazonaws.com',
      eventID: 'event-2',
      eventName: 'RotateKey',
      eventTime: '2025-03-05T21:19:44Z',
    };
    expect(parseCloudTrail(bare)).toMatchObject({
      record: { key: null, principal: 'unknown', principalName: 'unknown', requestId: null },
    });
  });

  test('of a RetireGrant that names no key has no key', () => {
    const change = {
      eventName: 'RetireGrant',
      requestParameters: null,
      resources: [],
      additionalEventData: { grantId: 'grant-1' },
    };
    expect(record(change).key).toBeNull();
  });

  test('of a dry run is no use of the key', () => {
    expect(record({ errorCode: 'DryRunOperationException' }).action).toBe('other');
    expect(record({ errorCode: 'AccessDenied' }).action).toBe('decrypt');
  });

  test('carries the error code of a failure', () => {
    expect(record({ errorCode: 'DisabledException' }).errorCode).toBe('DisabledException');
  });

  test('has texts that a database takes: no NUL, no empty text, bounded', () => {
    expect(record({ requestID: '', userAgent: 'a\0b' })).toMatchObject({
      requestId: null,
      userAgent: 'a\uFFFDb',
    });
    const long = `${'x'.repeat(5000)} ${claimText}`;
    expect(record({ userAgent: long }).userAgent).toHaveLength(2048);
    expect(record({ userAgent: long }).claim?.seq).toBe(17);
  });
});

describe('the key', () => {
  const caller = { ...decrypt.userIdentity, accountId: '222222222222' };
  const inAccount = { recipientAccountId: '222222222222', userIdentity: caller };

  test.each([
    ['a key ARN before an alias ARN', [{ ARN: aliasArn }, { ARN: keyArn }], null, keyArn],
    ['a key ARN before the id the caller passed', [{ ARN: keyArn }], { keyId: 'alias/t' }, keyArn],
    [
      'the id the caller passed before an alias ARN',
      [{ ARN: aliasArn }],
      { keyId: keyArn },
      keyArn,
    ],
    ['an alias ARN where nothing else is named', [{ ARN: aliasArn }], null, aliasArn],
    ['an alias as passed', undefined, { keyId: 'alias/tide' }, 'alias/tide'],
    ['a bare id as the ARN it stands for', undefined, { keyId }, keyArn],
    ['resources of other services are none', [{ ARN: 'arn:aws:s3:::key/x' }, 7], null, null],
  ])('%s', (_, resources, requestParameters, expected) => {
    expect(record({ ...inAccount, resources, requestParameters }).key).toBe(expected);
  });

  test('of ReEncrypt is the source’s, and the destination’s beside it', () => {
    const other = keyArn.replace('0f1e', '7777');
    const reEncrypt = { eventName: 'ReEncrypt', resources: [{ ARN: keyArn }, { ARN: other }] };
    expect(record(reEncrypt)).toMatchObject({ key: keyArn, otherKeys: [other] });
    const named = { sourceKeyId: keyArn, destinationKeyId: 'alias/new' };
    expect(record({ ...reEncrypt, resources: [], requestParameters: named })).toMatchObject({
      key: keyArn,
      otherKeys: ['alias/new'],
    });
    expect(record({ resources: [{ ARN: keyArn }, { ARN: keyArn }] }).otherKeys).toEqual([]);
  });

  test('is found under a lower-case name too', () => {
    expect(record({ resources: [{ arn: keyArn }] }).key).toBe(keyArn);
  });

  test('of a service event comes from its details', () => {
    const change = {
      ...inAccount,
      userIdentity: { accountId: '222222222222', invokedBy: 'AWS Internal' },
      resources: undefined,
      requestParameters: null,
      serviceEventDetails: { keyId },
    };
    expect(record(change).key).toBe(keyArn);
  });

  test('stays a bare id where owner or Region are not certain', () => {
    const bare = { ...inAccount, resources: [], requestParameters: { keyId } };
    expect(record({ ...bare, recipientAccountId: '333333333333' }).key).toBe(keyId);
    expect(record({ ...bare, recipientAccountId: undefined }).key).toBe(keyId);
    expect(record({ ...bare, awsRegion: undefined }).key).toBe(keyId);
  });

  test('gets the partition of its Region', () => {
    const change = { ...inAccount, awsRegion: 'cn-north-1', resources: [] };
    expect(record({ ...change, requestParameters: { keyId } }).key).toBe(
      `arn:aws-cn:kms:cn-north-1:222222222222:key/${keyId}`,
    );
  });
});

describe('the principal', () => {
  test.each([
    [
      'of a user is its id, shown by ARN',
      { type: 'IAMUser', principalId: 'AIDAMADEUP', arn: 'arn:u', accountId: '1' },
      ['AIDAMADEUP', 'arn:u', null, '1'],
    ],
    [
      'of another account has no ARN and is shown by account and id',
      { type: 'AWSAccount', principalId: 'AROAMADEUP:web-1', accountId: '111111111111' },
      ['AROAMADEUP', '111111111111/AROAMADEUP', 'web-1', '111111111111'],
    ],
    [
      'of an assumed role without its issuer is shown by the ARN that it has',
      { type: 'AssumedRole', principalId: 'AROAMADEUP:s', arn: 'arn:sts' },
      ['AROAMADEUP', 'arn:sts', 's', null],
    ],
    [
      'of a session is shown by its role: any of the role’s sessions would stand for all',
      {
        type: 'AssumedRole',
        principalId: 'AROAMADEUP:s',
        arn: 'arn:aws:sts::111111111111:assumed-role/web/s',
      },
      ['AROAMADEUP', 'arn:aws:sts::111111111111:assumed-role/web', 's', null],
    ],
    ['without an id is the ARN', { type: 'Role', arn: 'arn:r' }, ['arn:r', 'arn:r', null, null]],
    [
      'of an AWS service is the service',
      { type: 'AWSService', invokedBy: 'ebs.amazonaws.com' },
      ['ebs.amazonaws.com', 'ebs.amazonaws.com', null, null],
    ],
    ['without more is the type', { type: 'Unknown' }, ['Unknown', 'Unknown', null, null]],
    [
      'of a user of Identity Center is that person, or all of them would be one',
      {
        type: 'IdentityCenterUser',
        accountId: '1',
        onBehalfOf: {
          userId: 'u-1',
          identityStoreArn: 'arn:aws:identitystore::1:identitystore/d-1',
        },
      },
      ['u-1', 'arn:aws:identitystore::1:identitystore/d-1/user/u-1', null, '1'],
    ],
    [
      'of a table that has but a user name is that name',
      { userName: 'i-0a1b' },
      ['i-0a1b', 'i-0a1b', null, null],
    ],
    [
      'of a federated user is account and name, or all of them would be one',
      { type: 'FederatedUser', principalId: '111111111111:ann', arn: 'arn:f' },
      ['111111111111:ann', 'arn:f', null, null],
    ],
    ['of nobody is unknown', undefined, ['unknown', 'unknown', null, null]],
  ])('%s', (_, userIdentity, [principal, principalName, session, account]) => {
    expect(record({ userIdentity })).toMatchObject({ principal, principalName, session, account });
  });
});

describe('what is not taken in', () => {
  test.each([
    ['another service', { eventSource: 's3.amazonaws.com' }, 'not-kms'],
    ['a VPC endpoint event', { eventType: 'AwsVpceEvent' }, 'vpce'],
    [
      'an aggregated event, of whatever service',
      { eventSource: 's3.amazonaws.com', eventType: 'AwsAggregatedEvent', eventName: undefined },
      'aggregate',
    ],
    ['a VPC endpoint event, as older ones are spelt', { eventType: 'AwsVpceEvents' }, 'vpce'],
    ['an Insights event', { eventType: 'AwsCloudTrailInsight' }, 'insight'],
  ])('%s is ignored by class', (_, change, reason) => {
    expect(parseCloudTrail({ ...decrypt, ...change })).toEqual({ kind: 'ignored', reason });
  });

  test('but a denial by a VPC endpoint is the only trace of its call, and counts', () => {
    const denied = { eventType: 'AwsVpceEvent', errorCode: 'VpceAccessDenied' };
    expect(record(denied)).toMatchObject({ errorCode: 'VpceAccessDenied', key: keyArn });
  });

  test('a digest file is ignored', () => {
    const digest = { awsAccountId: '1', digestStartTime: '2025-03-05T00:00:00Z', logFiles: [] };
    expect(parseCloudTrail(digest)).toEqual({ kind: 'ignored', reason: 'digest' });
  });

  test.each(['eventSource', 'eventID', 'eventName', 'eventTime'])(
    'a record without %s is rejected by that name',
    (name) => {
      const parsed = parseCloudTrail(without(name));
      const reason = expect.stringContaining(`no ${name}`);
      expect(parsed).toEqual({ kind: 'rejected', code: 'missing-field', reason });
    },
  );

  test.each([
    ['not an object', [1], 'not a JSON object'],
    ['an id too long to index', { ...decrypt, eventID: 'e'.repeat(129) }, 'eventID longer'],
    ['no instant', { ...decrypt, eventTime: 'yesterday' }, 'eventTime "yesterday" is no instant'],
    ['second 60', { ...decrypt, eventTime: '2025-03-05T21:19:60Z' }, 'second 60'],
    [
      'a day of the week',
      { ...decrypt, eventTime: 'Wed Mar 5 21:19:44 UTC 2025' },
      'day of the week',
    ],
    ['a day without a time', { ...decrypt, eventTime: '2025-03-05' }, 'names a day'],
    ['a time that is an object', { ...decrypt, eventTime: {} }, 'eventTime of type object'],
    ['before KMS', { ...decrypt, eventTime: '2005-12-31T23:59:59Z' }, 'outside 2006 to 2100'],
    ['from 2100 on', { ...decrypt, eventTime: '2100-01-01T00:00:00Z' }, 'outside 2006 to 2100'],
  ])('%s is rejected with the reason', (_, value, reason) => {
    const parsed = parseCloudTrail(value);
    expect(parsed).toMatchObject({ kind: 'rejected', reason: expect.stringContaining(reason) });
  });

  test('nesting that cannot be written out again is rejected, not thrown', () => {
    const depth = 200_000;
    const deep: unknown = JSON.parse('['.repeat(depth) + ']'.repeat(depth));
    expect(parseCloudTrail({ ...decrypt, extra: deep })).toMatchObject({ kind: 'rejected' });
  });
});

describe('parseEventTime', () => {
  const at = Date.UTC(2025, 2, 5, 21, 19, 44);
  test.each<[unknown, number | null]>([
    ['2025-03-05T21:19:44Z', at],
    ['2025-03-05 21:19:44.000000000', at],
    ['2025-03-05T21:19:44', at],
    ['2025-03-05T23:19:44+02:00', at],
    ['2025-03-05T21:19:44.987654Z', at + 987],
    ['Mar 5, 2025 9:19:44 PM', at],
    ['Mar 5, 2025, 9:19:44\u202fPM', at],
    ['Jan 1, 2019 12:00:00 AM', Date.UTC(2019, 0, 1)],
    ['Jan 1, 2019 12:00:00 PM', Date.UTC(2019, 0, 1, 12)],
    [at / 1000, at],
    [at, at],
    // ISO 8601: reduced precision, offsets of whole hours, lower case, basic, week and ordinal forms.
    ['2025-03-05T21:19Z', at - 44_000],
    ['2025-03-05T21Z', Date.UTC(2025, 2, 5, 21)],
    ['2025-03-05T22:19:44+01', at],
    ['2025-03-05T21:19:44+0000', at],
    ['2025-03-05t21:19:44z', at],
    ['2025-03-05T21:19:44,5Z', at + 500],
    ['2025-03-05T21:19.5Z', at - 14_000],
    ['20250305T211944Z', at],
    ['2025-W10-3T21:19:44Z', at],
    ['2025-064T21:19:44Z', at],
    ['2025-03-05T21:19:44.000 UTC', at],
    ['2025-03-05 21:19:44 UTC', at],
    [' 2025-03-05T21:19:44Z\n', at],
    ['1741209584', at],
    ['1741209584.000', at],
    ['1741209584000', at],
    ['March 5, 2025, 22:19:44 (UTC+01:00)', at],
    ['March 5, 2025, 21:19:44 (UTC)', at],
    ['2025-03-05', null],
    ['20250305', null],
    ['2025-366T00:00:00Z', null],
    ['2025-000T00:00:00Z', null],
    ['2025-03-05T21:19:60Z', null],
    ['2025-03-05T21:19:44+24:00', null],
    ['Wed Mar 5 21:19:44 UTC 2025', null],
    ['', null],
    ['2025-02-30T00:00:00Z', null],
    ['2025-13-01T00:00:00Z', null],
    ['2025-03-05T24:00:00Z', Date.UTC(2025, 2, 6)],
    ['2025-03-05T24:00:01Z', null],
    ['Foo 1, 2019 12:00:00 AM', null],
    ['anJ 1, 2019 12:00:00 AM', null],
    ['Jan 1, 2019 13:00:00 AM', null],
    [Number.NaN, null],
    [-1, null],
    [true, null],
  ])('%j is %j', (value, expected) => {
    expect(parseEventTime(value)).toBe(expected);
  });
});
