import type { AuditRecord } from '../../domain/audit-record.ts';
import { parseClaim } from '../../domain/claim.ts';
import { instantEnd, instantMin } from '../../domain/instant-range.ts';
import type { IgnoredReason, RejectedCode } from '../../domain/intake-codes.ts';
import { isTrailOperation, trailSource } from '../../domain/trail-operations.ts';
import { boundedRecord } from '../bounded-record.ts';
import { textBytesMax } from '../bounded-text.ts';
import { readContext } from './context.ts';
import { parseEventTime, whyNoInstant } from './event-time.ts';
import { type Fields, field, list, object, text } from './fields.ts';
import { readKeys } from './key.ts';
import { readPrincipal } from './principal.ts';

/** What one CloudTrail record turned out to be. */
export type Parsed =
  | { kind: 'record'; record: AuditRecord }
  | { kind: 'ignored'; reason: IgnoredReason }
  | { kind: 'rejected'; code: RejectedCode; reason: string };

const kmsSource = 'kms.amazonaws.com';
/**
 * CloudTrail's own ids are 36 characters; the id is part of a unique index, whose entries are
 * bounded.
 */
const eventIdLengthMax = 128;

/**
 * Reads one CloudTrail record. Never throws: what is no KMS event, nor says that
 * the trail itself is off, is ignored by class, what should
 * be one but cannot be used is rejected with a reason. `raw` is kept verbatim where given, else the
 * value is written out again.
 *
 * @example
 * const parsed = parseCloudTrail(JSON.parse(line), line);
 * if (parsed.kind === 'record') records.push(parsed.record);
 */
export function parseCloudTrail(value: unknown, raw?: string): Parsed {
  const event = object(value);
  if (!event) return rejected('invalid', 'not a JSON object: a CloudTrail record is one');
  const ignored = ignoredClass(event);
  if (ignored) return { kind: 'ignored', reason: ignored };
  const faults = mandatory(event);
  if ('reason' in faults) return faults;
  const json = raw ?? written(value);
  if (json === null)
    return rejected('invalid', 'nested too deeply to be kept: CloudTrail writes no such record');
  if (Buffer.byteLength(json) > textBytesMax.record) {
    const reason = 'longer than 1 MiB: CloudTrail writes no record beyond 256 KiB';
    return rejected('too-large', reason);
  }
  return { kind: 'record', record: toRecord(event, faults, json) };
}

type Refusal = Extract<Parsed, { kind: 'rejected' }>;

function rejected(code: RejectedCode, reason: string): Refusal {
  return { kind: 'rejected', code, reason };
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
  if (source === trailSource && isTrailOperation(text(event, 'eventName'))) return null;
  if (source !== null && source !== kmsSource) return 'not-kms';
  // What succeeded is logged once more as a management event: both would count it twice. What the
  // endpoint denied never came to KMS, so this is its only trace.
  const endpoint = eventType === 'AwsVpceEvent' || eventType === 'AwsVpceEvents';
  return endpoint && text(event, 'errorCode') === null ? 'vpce' : null;
}

interface Mandatory {
  eventId: string;
  operation: string;
  at: number;
}

/** What a record cannot do without, or the reason it is rejected. */
function mandatory(event: Fields): Mandatory | Refusal {
  const missing = (reason: string) => rejected('missing-field', reason);
  if (text(event, 'eventSource') === null)
    return missing('no eventSource: this is no CloudTrail record');
  const eventId = text(event, 'eventID');
  if (eventId === null)
    return missing('no eventID: without one a repeat could not be told from a new event');
  if (eventId.length > eventIdLengthMax)
    return rejected('invalid', `eventID longer than ${eventIdLengthMax} characters`);
  const operation = text(event, 'eventName');
  if (operation === null) return missing('no eventName: the operation is not known');
  const eventTime = field(event, 'eventTime');
  if (eventTime === undefined || eventTime === null || eventTime === '') {
    return missing('no eventTime: the event cannot be placed in time');
  }
  const at = parseEventTime(eventTime);
  const named = `eventTime ${shown(eventTime)}`;
  if (at === null) return rejected('time', `${named} is no instant: ${whyNoInstant(eventTime)}`);
  if (at < instantMin || at >= instantEnd) {
    return rejected('time', `${named} lies outside 2006 to 2100: check its unit and year`);
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
  const parameters = object(field(event, 'requestParameters'));
  const context = object(field(parameters, 'encryptionContext'));
  const [key = null, ...otherKeys] = readKeys(event);
  const userAgent = text(event, 'userAgent');
  // The one place where texts are bounded; whatever is read of them is read before.
  return boundedRecord({
    provider: 'aws',
    eventId,
    at,
    operation,
    key,
    otherKeys,
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
    context: readContext(parameters),
    invokedBy: invokedBy(event),
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
