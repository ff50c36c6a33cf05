import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { findInText, findRecords } from '../../lib/sources/cloudtrail/find-records.ts';

const keyArn = 'arn:aws:kms:eu-west-1:222222222222:key/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0';
const record = {
  eventVersion: '1.11',
  userIdentity: {
    type: 'AssumedRole',
    principalId: 'AROAMADEUPROLE:web-1',
    accountId: '222222222222',
    sessionContext: { sessionIssuer: { arn: 'arn:aws:iam::222222222222:role/engine' } },
  },
  eventTime: '2026-11-20T08:00:00Z',
  eventSource: 'kms.amazonaws.com',
  eventName: 'Decrypt',
  awsRegion: 'eu-west-1',
  requestParameters: { encryptionContext: { Tenant_Id: 't-1' } },
  requestID: 'r-1',
  eventID: 'e-1',
  resources: [{ accountId: '222222222222', type: 'AWS::KMS::Key', ARN: keyArn }],
  eventType: 'AwsApiCall',
  recipientAccountId: '222222222222',
};
const text = JSON.stringify(record);
const base64 = (content: string | Buffer) => Buffer.from(content).toString('base64');
const envelope = {
  'detail-type': 'AWS API Call via CloudTrail',
  source: 'aws.kms',
  detail: record,
};
const subscription = {
  messageType: 'DATA_MESSAGE',
  logGroup: 'ct',
  logEvents: [{ id: '1', timestamp: 1, message: text }],
};

function renamed(value: unknown, name: (name: string) => string): unknown {
  if (Array.isArray(value)) return value.map((one) => renamed(one, name));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([given, member]) => [
      name(given),
      given === 'requestParameters' ? JSON.stringify(member) : renamed(member, name),
    ]),
  );
}
const lower = (name: string) => name.toLowerCase();
const snake = (name: string) => name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase();

const shapes: [shape: string, value: unknown][] = [
  ['single records', record],
  ['single records', [record]],
  ['CloudTrail files', { Records: [record] }],
  ['LookupEvents output', { Events: [{ EventId: 'e-1', EventTime: 1, CloudTrailEvent: text }] }],
  ['LookupEvents output', [{ EventId: 'e-1', Resources: [], CloudTrailEvent: text }]],
  // `--query 'Events[].CloudTrailEvent'`, and of several columns.
  ['single records', [text]],
  ['single records', [['2026-11-20T08:00:00Z', 'Decrypt', text]]],
  ['single records', text],
  ['CloudWatch Logs subscription messages', subscription],
  ['CloudWatch Logs events', { events: [{ timestamp: 1, message: text, ingestionTime: 2 }] }],
  [
    'CloudWatch Logs subscription messages in CloudWatch Logs Lambda events',
    { awslogs: { data: base64(gzipSync(JSON.stringify(subscription))) } },
  ],
  [
    'CloudWatch Logs subscription messages in Kinesis records',
    { records: [{ recordId: '1', data: base64(gzipSync(JSON.stringify(subscription))) }] },
  ],
  [
    'Kinesis records',
    {
      Records: [
        {
          eventSource: 'aws:kinesis',
          eventName: 'aws:kinesis:record',
          kinesis: { data: base64(text) },
        },
      ],
    },
  ],
  ['EventBridge envelopes', envelope],
  [
    'EventBridge envelopes in SQS messages',
    { Messages: [{ MessageId: '1', Body: JSON.stringify(envelope) }] },
  ],
  [
    'EventBridge envelopes in SNS messages in SQS messages',
    {
      MessageId: '1',
      Body: JSON.stringify({ TopicArn: 'arn', Message: JSON.stringify(envelope) }),
    },
  ],
  ['OpenSearch hits', { hits: { hits: [{ _index: 'ct', _source: record }] } }],
  ['Splunk results', { preview: false, result: { _raw: text, _time: 'x' } }],
  ['Splunk results', { sourcetype: 'aws:cloudtrail', event: record }],
  ['Splunk results', { result: { _raw: `Nov 20 08:00:00 host ct: ${text}` } }],
  ['Elastic documents', { '@timestamp': 'x', event: { original: text } }],
  [
    'Steampipe rows',
    { event_source: 'kms.amazonaws.com', event_name: 'Decrypt', cloud_trail_event: text },
  ],
  ['CloudTrail Lake rows', { QueryResultRows: [[{ eventID: 'e-1' }, { eventJson: text }]] }],
  ['rows with column names', renamed(record, lower)],
  ['rows with column names', renamed(record, snake)],
  ['single records', renamed(record, (name) => name.toUpperCase())],
];

describe('records are found in', () => {
  test.each(shapes)('%s', (shape, value) => {
    const found = [...findRecords(value)];
    expect(found).toMatchObject([
      {
        shape,
        parsed: {
          kind: 'record',
          record: {
            eventId: 'e-1',
            at: Date.UTC(2026, 10, 20, 8),
            operation: 'Decrypt',
            key: keyArn,
            principal: 'AROAMADEUPROLE',
            session: 'web-1',
            principalName: 'arn:aws:iam::222222222222:role/engine',
          },
        },
      },
    ]);
  });

  test('OCSF of Security Lake', () => {
    const ocsf = {
      metadata: { product: { name: 'CloudTrail' }, uid: 'e-1', version: '1.1.0' },
      time: Date.UTC(2026, 10, 20, 8),
      api: {
        operation: 'Decrypt',
        service: { name: 'kms.amazonaws.com' },
        request: { uid: 'r-1', data: JSON.stringify(record.requestParameters) },
        response: { error: 'AccessDenied' },
      },
      cloud: { region: 'eu-west-1', account: { uid: '222222222222' } },
      actor: { user: { type: 'AssumedRole', uid: 'arn:aws:sts::2:r/s', uid_alt: 'AROAX:s' } },
      src_endpoint: { ip: '192.0.2.7' },
      resources: [{ uid: keyArn }],
    };
    expect([...findRecords(ocsf)]).toMatchObject([
      {
        shape: 'OCSF activities',
        parsed: {
          record: {
            eventId: 'e-1',
            requestId: 'r-1',
            key: keyArn,
            principal: 'AROAX',
            session: 's',
            errorCode: 'AccessDenied',
            sourceIp: '192.0.2.7',
            recipientAccount: '222222222222',
          },
        },
      },
    ]);
  });

  test('columns of Athena as it prints structures, and of names with dots', () => {
    const athena = {
      eventsource: 'kms.amazonaws.com',
      eventname: 'Decrypt',
      eventid: 'e-1',
      eventtime: '2026-11-20T08:00:00Z',
      useridentity:
        '{type=AssumedRole, principalid=AROAX:web-1, sessioncontext={attributes={mfaauthenticated=false}, sessionissuer={arn=arn:aws:iam::2:role/e}}}',
      resources: `[{arn=${keyArn}, accountid=2, type=AWS::KMS::Key}]`,
    };
    const dotted = {
      eventSource: 'kms.amazonaws.com',
      eventName: 'Decrypt',
      eventID: 'e-1',
      eventTime: '2026-11-20T08:00:00Z',
      'userIdentity.principalId': 'AROAX:web-1',
      'userIdentity.sessionContext.sessionIssuer.arn': 'x',
      'requestParameters.encryptionContext.keytide:dek': 'd.1',
      resources: [{ ARN: keyArn }],
    };
    for (const row of [athena, dotted])
      expect([...findRecords(row)]).toMatchObject([
        { parsed: { record: { principal: 'AROAX', session: 'web-1', key: keyArn } } },
      ]);
    expect([...findRecords(dotted)]).toMatchObject([{ parsed: { record: { dekId: 'd.1' } } }]);
  });

  test('base64 of values back to back', () => {
    expect(findInText(base64(`${text}${text}`))).toHaveLength(2);
    expect(findInText(base64('nothing of use here at all, really nothing'))).toEqual([]);
  });
});

describe('what is no record', () => {
  const pointing: [string, unknown][] = [
    [
      'S3',
      {
        Records: [
          {
            eventSource: 'aws:s3',
            eventName: 'ObjectCreated:Put',
            s3: { bucket: { name: 'b' }, object: { key: 'k.gz' } },
          },
        ],
      },
    ],
    [
      'a trail’s topic',
      {
        Message: JSON.stringify({ s3Bucket: 'b', s3ObjectKey: ['k.gz'], more: 'x'.repeat(40) }),
        TopicArn: 'a',
      },
    ],
    [
      'EventBridge',
      {
        'detail-type': 'Object Created',
        detail: { bucket: { name: 'b' }, object: { key: 'k.gz' } },
      },
    ],
  ];
  test.each(pointing)('a notification of %s names the object it points at', (_, value) => {
    expect([...findRecords(value)]).toMatchObject([
      {
        parsed: {
          kind: 'rejected',
          code: 'notification',
          reason: expect.stringContaining('s3://b/k.gz'),
        },
      },
    ]);
  });

  test.each([
    ['not-kms', { protoPayload: { serviceName: 'storage.googleapis.com', methodName: 'get' } }],
    [
      'not-kms',
      {
        records: [
          { time: 't', operationName: 'SecretGet', resourceId: '/S', category: 'AuditEvent' },
        ],
      },
    ],
    [
      'aggregate',
      { Records: [{ eventCategory: 'Aggregated', eventSource: 'kms.amazonaws.com', summary: {} }] },
    ],
    ['not-kms', { eventSource: 's3.amazonaws.com' }],
  ])('%s is ignored by name', (reason, value) => {
    expect([...findRecords(value)]).toMatchObject([{ parsed: { kind: 'ignored', reason } }]);
  });

  test('nearly a record is rejected by what it lacks', () => {
    const { eventName: _, ...nameless } = record;
    for (const value of [nameless, { Records: [nameless] }])
      expect([...findRecords(value)]).toMatchObject([
        { parsed: { kind: 'rejected', reason: expect.stringContaining('no eventName') } },
      ]);
  });

  test('neither depth nor a bomb costs more than is bounded', () => {
    const deep: unknown = JSON.parse(`${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`);
    expect([...findRecords(deep)]).toMatchObject([{ parsed: { kind: 'rejected' } }]);
    const bomb = base64(gzipSync(Buffer.alloc(200 * 1024 * 1024)));
    expect([...findRecords({ data: bomb })]).toEqual([]);
    expect([...findRecords({ __proto__x: 1, constructor: { prototype: 1 } })]).toEqual([]);
  });
});
