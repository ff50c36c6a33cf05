import type { AuditRecord } from '../../domain/audit-record.ts';
import { parseClaim } from '../../domain/claim.ts';
import type { IgnoredReason } from '../../domain/intake-codes.ts';
import { actionOf } from '../../domain/kms-operations.ts';
import { boundedRecord } from '../bounded-record.ts';
import {
  type EventTime,
  isRefusal,
  keptText,
  type NamedReads,
  type Parsed,
  present,
  type RefusedRecord,
  refused,
  timeOf,
} from '../parsed.ts';
import { readContext } from './context.ts';
import { type Fields, field, list, object, text } from './fields.ts';
import { readKeys } from './key.ts';
import { readPrincipal } from './principal.ts';

const kmsSource = 'kms.amazonaws.com';
/** Of these services only what changes the log or who may use a key is kept. */
const asideSources = new Map([
  ['cloudtrail.amazonaws.com', 'trail'],
  ['iam.amazonaws.com', 'identity'],
]);
/**
 * CloudTrail's own ids are 36 characters; the id is part of a unique index, whose entries are
 * bounded.
 */
const eventIdLengthMax = 128;

/**
 * Reads one CloudTrail record and never throws. What is no event of KMS or of the trail itself is ignored; what should
 * be one but cannot be used is rejected with a reason. `raw` is kept as it is; without it the value is written out
 * again.
 * @example
 * const parsed = parseCloudTrail(JSON.parse(line), line);
 * if (parsed.kind === 'record') records.push(parsed.record);
 */
export function parseCloudTrail(value: unknown, raw?: string): Parsed {
  const event = object(value);
  if (!event) return refused('invalid', 'not a JSON object: a CloudTrail record is one');
  const ignored = ignoredClass(event);
  if (ignored) return { kind: 'ignored', reason: ignored };
  const faults = mandatory(event);
  if (isRefusal(faults)) return faults;
  const json = keptText(value, raw);
  if (typeof json !== 'string') return json;
  return { kind: 'record', record: toRecord(event, faults, json) };
}

function ignoredClass(event: Fields): IgnoredReason | null {
  const eventType = text(event, 'eventType');
  if (eventType === 'AwsCloudTrailInsight' || object(field(event, 'insightDetails'))) {
    return 'insight';
  }
  if (text(event, 'digestStartTime') && list(field(event, 'logFiles'))) return 'digest';
  if (eventType === 'AwsAggregatedEvent' || text(event, 'eventCategory') === 'Aggregated') {
    return 'aggregate';
  }
  const source = text(event, 'eventSource')?.toLowerCase() ?? null;
  const aside = asideSources.get(source ?? '');
  if (aside !== undefined && aside === actionOf(text(event, 'eventName') ?? '')) return null;
  if (source !== null && source !== kmsSource) return 'not-kms';
  // What succeeded is logged once more as a management event: both would count it twice. What the
  // endpoint denied never came to KMS, so this is its only trace.
  const endpoint = eventType === 'AwsVpceEvent' || eventType === 'AwsVpceEvents';
  return endpoint && text(event, 'errorCode') === null ? 'vpce' : null;
}

interface Mandatory extends EventTime {
  eventId: string;
  operation: string;
}

/** What a record cannot do without, or the reason it is rejected. */
function mandatory(event: Fields): Mandatory | RefusedRecord {
  const missing = (reason: string) => refused('missing-field', reason);
  if (text(event, 'eventSource') === null)
    return missing('no eventSource: this is no CloudTrail record');
  const eventId = text(event, 'eventID');
  if (eventId === null)
    return missing('no eventID: without one a repeat could not be told from a new event');
  if (eventId.length > eventIdLengthMax)
    return refused('invalid', `eventID longer than ${eventIdLengthMax} characters`);
  const operation = text(event, 'eventName');
  if (operation === null) return missing('no eventName: the operation is not known');
  const time = timeOf('eventTime', field(event, 'eventTime'));
  return isRefusal(time) ? time : { eventId, operation, ...time };
}

function toRecord(
  event: Fields,
  { eventId, operation, at, time, resolutionMs }: Mandatory,
  raw: string,
): AuditRecord {
  const parameters = object(field(event, 'requestParameters'));
  const context = object(field(parameters, 'encryptionContext'));
  const [key = null, ...otherKeys] = readKeys(event);
  const userAgent = text(event, 'userAgent');
  const errorCode = text(event, 'errorCode');
  const claim = userAgent === null ? null : parseClaim(userAgent);
  // The one place where texts are bounded; whatever is read of them is read before.
  return boundedRecord({
    provider: 'aws',
    eventId,
    at,
    operation,
    // A dry run asks for permission alone: nothing was done with the key.
    action: errorCode === 'DryRunOperationException' ? 'other' : actionOf(operation),
    key,
    otherKeys,
    ...readPrincipal(object(field(event, 'userIdentity'))),
    recipientAccount: text(event, 'recipientAccountId'),
    requestId: text(event, 'requestID'),
    sharedEventId: text(event, 'sharedEventID'),
    claim,
    errorCode,
    sourceIp: text(event, 'sourceIPAddress'),
    userAgent,
    workspace: text(context, 'keytide:workspace'),
    dekId: text(context, 'keytide:dek'),
    context: readContext(event),
    invokedBy: invokedBy(event),
    facts: {
      time,
      resolutionMs,
      claimIn: claim === null ? null : 'user-agent',
      reason: null,
      error: text(event, 'errorMessage'),
      network: present(event, networkReads),
      ids: present(event, idReads),
    },
    raw,
  });
}

/** The service that asked for somebody: named as such, or where an address or an agent would be. */
function invokedBy(event: Fields): string | null {
  const named = text(object(field(event, 'userIdentity')), 'invokedBy');
  if (named !== null) return named;
  const source = text(event, 'sourceIPAddress');
  return source !== null && /^[\w.-]+\.amazonaws\.com$/.test(source) ? source : null;
}

const inside = (event: Fields, outer: string, inner: string): unknown =>
  field(object(field(event, outer)), inner);

const networkReads: NamedReads<Fields> = [
  ['vpcEndpointId', (event) => field(event, 'vpcEndpointId')],
  ['tlsVersion', (event) => inside(event, 'tlsDetails', 'tlsVersion')],
  ['cipherSuite', (event) => inside(event, 'tlsDetails', 'cipherSuite')],
  ['host', (event) => inside(event, 'tlsDetails', 'clientProvidedHostHeader')],
];

const idReads: NamedReads<Fields> = [
  ['alias', (event) => inside(event, 'requestParameters', 'aliasName')],
  // Of IAM: whose rights are changed.
  ['role', (event) => inside(event, 'requestParameters', 'roleName')],
  ['user', (event) => inside(event, 'requestParameters', 'userName')],
  ['accessKeyId', (event) => inside(event, 'userIdentity', 'accessKeyId')],
  [
    'keyMaterialId',
    (event) =>
      inside(event, 'additionalEventData', 'keyMaterialId') ??
      inside(event, 'serviceEventDetails', 'currentKeyMaterialId'),
  ],
  [
    'previousKeyMaterialId',
    (event) => inside(event, 'serviceEventDetails', 'previousKeyMaterialId'),
  ],
  ['grantId', (event) => inside(event, 'additionalEventData', 'grantId')],
  ['originalEventID', (event) => inside(event, 'addendum', 'originalEventID')],
];
