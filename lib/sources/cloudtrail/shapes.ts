/** What wraps the records that people have in hand, and how each wrapping is called. */
import { plain } from './canonical.ts';
import { type Fields, field, list, object } from './fields.ts';

/** A value with its members by plain name, so that nobody's spelling matters. */
export type PlainMembers = ReadonlyMap<string, unknown>;

export function namedOf(value: Fields): PlainMembers {
  return new Map(Object.entries(value).map(([name, member]) => [plain(name), member]));
}

const shapes: readonly (readonly [name: string, fits: (has: PlainMembers) => boolean])[] = [
  ['CloudTrail Lake rows', (has) => has.has('queryresultrows') || has.has('eventjson')],
  ['Athena query results', (has) => has.has('resultset')],
  ['Logs Insights results', (has) => list(list(has.get('results'))?.[0]) !== null],
  ['CloudWatch Logs subscription messages', (has) => isList(has, 'logevents')],
  ['CloudWatch Logs Lambda events', (has) => has.has('awslogs')],
  ['CloudWatch Logs events', (has) => holds(has, 'events', 'message')],
  ['LookupEvents output', (has) => isList(has, 'events') || isLookup(has)],
  ['EventBridge envelopes', (has) => has.has('detailtype') && has.has('detail')],
  ['SNS messages', (has) => has.has('topicarn') && has.has('message')],
  ['SNS messages', (has) => has.has('sns') && has.get('eventsource') === 'aws:sns'],
  ['SQS messages', (has) => has.has('body') && (has.has('messageid') || has.has('receipthandle'))],
  ['SQS messages', (has) => holds(has, 'messages', 'body')],
  ['Kinesis records', (has) => has.has('kinesis') || holds(has, 'records', 'data')],
  ['OpenSearch hits', (has) => has.has('hits') || (has.has('source') && has.has('index'))],
  ['Splunk results', (has) => has.has('raw') || (has.has('event') && has.has('sourcetype'))],
  ['Elastic documents', (has) => namedMember(has, 'event')?.has('original') === true],
  ['Steampipe rows', (has) => has.has('cloudtrailevent') && has.has('eventsource')],
  ['CloudTrail files', (has) => isList(has, 'records')],
];

/** The wrapping that a value is, or null. */
export function shapeOf(has: PlainMembers): string | null {
  return shapes.find(([, fits]) => fits(has))?.[0] ?? null;
}

const isList = (has: PlainMembers, name: string): boolean => list(has.get(name)) !== null;

const isLookup = (has: PlainMembers): boolean =>
  has.has('cloudtrailevent') && (has.has('resources') || !has.has('eventsource'));

function namedMember(has: PlainMembers, name: string): PlainMembers | null {
  const member = object(has.get(name));
  return member === null ? null : namedOf(member);
}

function holds(has: PlainMembers, name: string, member: string): boolean {
  const first = object(list(has.get(name))?.[0]);
  return first !== null && namedOf(first).has(member);
}

/**
 * The object that a notification points at, where the value is one: of S3 itself, of EventBridge,
 * of a trail's SNS topic.
 */
export function pointsAt(value: Fields, has: PlainMembers): string | null {
  const s3 = object(field(value, 's3'));
  const detail = object(has.get('detail'));
  const ofTrail = has.get('s3bucket');
  if (s3 !== null) return locate(field(object(s3.bucket), 'name'), field(object(s3.object), 'key'));
  if (typeof ofTrail === 'string')
    return locate(ofTrail, list(has.get('s3objectkey'))?.[0] ?? has.get('s3objectkey'));
  if (detail !== null && object(detail.bucket) && object(detail.object) && !has.has('eventname'))
    return locate(field(object(detail.bucket), 'name'), field(object(detail.object), 'key'));
  return null;
}

function locate(bucket: unknown, key: unknown): string | null {
  return typeof bucket === 'string' && typeof key === 'string'
    ? `s3://${bucket}/${key}`.slice(0, 300)
    : null;
}
