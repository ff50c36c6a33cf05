/** Records of uses of keys as each log writes them, changed as a test wants. */
import { azureRow, gcpEntry, logAnalyticsRow } from './cloud-records.ts';
import type { Changed } from './log-wire.ts';

const region = 'eu-central-1';
const account = '200000000001';

const timeOf = (number: number, { year = 2026 }: Changed) =>
  `${year}-11-23T12:${String(Math.floor(number / 60) % 60).padStart(2, '0')}:${String(number % 60).padStart(2, '0')}`;

function nested(depth: number): unknown {
  let value: unknown = 'end';
  for (let level = 0; level < depth; level += 1) value = { inner: value };
  return value;
}

const requestParameters = ({ depth = 0 }: Changed) =>
  depth === 0 ? { encryptionContext: { tenant: 'acme' } } : nested(depth);

export const cloudTrail = (number: number, changed: Changed = {}) =>
  JSON.stringify({
    eventVersion: '1.11',
    userIdentity: {
      type: 'AssumedRole',
      arn: `arn:aws:sts::${changed.account ?? account}:assumed-role/engine/one`,
      accountId: changed.account ?? account,
    },
    eventTime: `${timeOf(number, changed)}Z`,
    eventSource: changed.service ? 's3.amazonaws.com' : 'kms.amazonaws.com',
    eventName: changed.service ? 'GetObject' : 'Decrypt',
    awsRegion: region,
    sourceIPAddress: '203.0.113.9',
    userAgent: 'aws-sdk-js/3',
    requestParameters: requestParameters(changed),
    requestID: `request-${number}`,
    eventID: `event-${number}`,
    readOnly: true,
    resources: [{ ARN: `arn:aws:kms:${region}:${account}:key/one`, accountId: account }],
    eventType: 'AwsApiCall',
    recipientAccountId: changed.account ?? account,
  });

export const cloudLogging = (number: number, changed: Changed = {}) => {
  const entry = gcpEntry({
    timestamp: `${timeOf(number, changed)}.123456789Z`,
    insertId: `insert-${number}`,
  });
  if (changed.service) entry.protoPayload.serviceName = 'storage.googleapis.com';
  return JSON.stringify({ ...entry, depth: changed.depth });
};

const azureGiven = (number: number, changed: Changed) => ({
  time: `${timeOf(number, changed)}.1234567Z`,
  correlationId: `00000000-1111-2222-3333-${String(number).padStart(12, '0')}`,
  ...(changed.depth && { properties: { more: nested(changed.depth) } }),
  ...(changed.service && { operation: 'SecretGet' }),
});

export const blobRow = (number: number, changed: Changed = {}) =>
  JSON.stringify(azureRow(azureGiven(number, changed)));

export const workspaceRow = (number: number, changed: Changed = {}) =>
  JSON.stringify({
    ...logAnalyticsRow(azureGiven(number, changed)),
    Properties: changed.depth ? nested(changed.depth) : '',
  });
