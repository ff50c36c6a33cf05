import type { AuditRecord } from '../../domain/audit-record.ts';
import { parseClaim } from '../../domain/claim.ts';
import { instantEnd, instantMin } from '../../domain/instant-range.ts';
import { boundedRecord } from '../bounded-record.ts';
import { textBytesMax } from '../bounded-text.ts';
import { parseEventTime } from './event-time.ts';
import { type Fields, field, list, object, text } from './fields.ts';
import { readKey } from './key.ts';
import { readPrincipal } from './principal.ts';

/** What one CloudTrail record turned out to be. */
export type Parsed =
  | { kind: 'record'; record: AuditRecord }
  | { kind: 'ignored'; reason: IgnoredReason }
  | { kind: 'rejected'; reason: string };

export type IgnoredReason = 'not-kms' | 'vpce' | 'digest' | 'insight';

const kmsSource = 'kms.amazonaws.com';
/**
 * CloudTrail's own ids are 36 characters; the id is part of a unique index, whose entries are
 * bounded.
 */
const eventIdLengthMax = 128;

/**
 * Reads one CloudTrail record. Never throws: what is no KMS event is ignored by class, what should
 * be one but cannot be used is rejected with a reason. `raw` is kept verbatim where given, else the
 * value is written out again.
 *
 * @example
 * const parsed = parseCloudTrail(JSON.parse(line), line);
 * if (parsed.kind === 'record') records.push(parsed.record);
 */
export function parseCloudTrail(value: unknown, raw?: string): Parsed {
  const event = object(value);
  if (!event) return rejected('not a JSON object: a CloudTrail record is one');
  const ignored = ignoredClass(event);
  if (ignored) return { kind: 'ignored', reason: ignored };
  const faults = mandatory(event);
  if (typeof faults === 'string') return rejected(faults);
  const json = raw ?? written(value);
  if (json === null)
    return rejected('nested too deeply to be kept: CloudTrail writes no such record');
  if (Buffer.byteLength(json) > textBytesMax.record)
    return rejected('longer than 1 MiB: CloudTrail writes no record beyond 256 KiB');
  return { kind: 'record', record: toRecord(event, faults, json) };
}

function rejected(reason: string): Parsed {
  return { kind: 'rejected', reason };
}

function ignoredClass(event: Fields): IgnoredReason | null {
  const eventType = text(event, 'eventType');
  if (eventType === 'AwsCloudTrailInsight' || object(field(event, 'insightDetails'))) {
    return 'insight';
  }
  if (text(event, 'digestStartTime') && list(field(event, 'logFiles'))) return 'digest';
  const source = text(event, 'eventSource');
  if (source !== null && source !== kmsSource) return 'not-kms';
  // The same request is logged once more as a management event: both would count it twice.
  if (eventType === 'AwsVpceEvent' || eventType === 'AwsVpceEvents') return 'vpce';
  return null;
}

interface Mandatory {
  eventId: string;
  operation: string;
  at: number;
}

/** What a record cannot do without, or the reason it is rejected. */
function mandatory(event: Fields): Mandatory | string {
  if (text(event, 'eventSource') === null) return 'no eventSource: this is no CloudTrail record';
  const eventId = text(event, 'eventID');
  if (eventId === null)
    return 'no eventID: without one a repeat could not be told from a new event';
  if (eventId.length > eventIdLengthMax)
    return `eventID longer than ${eventIdLengthMax} characters`;
  const operation = text(event, 'eventName');
  if (operation === null) return 'no eventName: the operation is not known';
  const eventTime = field(event, 'eventTime');
  if (eventTime === undefined || eventTime === null || eventTime === '') {
    return 'no eventTime: the event cannot be placed in time';
  }
  const at = parseEventTime(eventTime);
  if (at === null) return `eventTime ${shown(eventTime)} is no instant: write it as ISO 8601`;
  if (at < instantMin || at >= instantEnd) {
    return `eventTime ${shown(eventTime)} lies outside 2006 to 2100: check its unit and year`;
  }
  return { eventId, operation, at };
}

function shown(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number'
    ? JSON.stringify(value).slice(0, 50)
    : `of type ${typeof value}`;
}

/** JSON.parse survives nesting that JSON.stringify, being recursive, does not. */
function written(value: unknown): string | null {
  try {
    return JSON.stringify(value);
  } catch {
    return null;
  }
}

function toRecord(event: Fields, { eventId, operation, at }: Mandatory, raw: string): AuditRecord {
  const context = object(field(object(field(event, 'requestParameters')), 'encryptionContext'));
  const userAgent = text(event, 'userAgent');
  // The one place where texts are bounded; whatever is read of them is read before.
  return boundedRecord({
    provider: 'aws',
    eventId,
    at,
    operation,
    key: readKey(event),
    ...readPrincipal(object(field(event, 'userIdentity'))),
    recipientAccount: text(event, 'recipientAccountId'),
    requestId: text(event, 'requestID'),
    sharedEventId: text(event, 'sharedEventID'),
    claim: userAgent === null ? null : parseClaim(userAgent),
    errorCode: text(event, 'errorCode'),
    sourceIp: text(event, 'sourceIPAddress'),
    userAgent,
    workspace: text(context, 'keytide:workspace'),
    dekId: text(context, 'keytide:dek'),
    raw,
  });
}
