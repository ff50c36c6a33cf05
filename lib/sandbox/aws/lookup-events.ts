/**
 * CloudTrail's LookupEvents over one account's log: newest first, delivered events only, in stable
 * pages.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { AwsOutputs, LookedUpEvent } from './api.ts';
import type { CallTrace } from './api-call.ts';
import { AwsFault } from './aws-fault.ts';
import { cloudTrailDate } from './cloudtrail-record.ts';
import type { AccountLog, LogEntry } from './event-log.ts';
import type { Principal } from './principals.ts';
import { objectList, optionalMember, optionalNumber, requiredText } from './request-fields.ts';

const pageMax = 50;
const retentionMs = 90 * 86_400_000;

type Input = Readonly<Record<string, unknown>>;

interface Query {
  attribute: { key: string; value: string } | null;
  startMs: number | null;
  endMs: number | null;
  insights: boolean;
}

/**
 * Where the next page begins: below this event, among those delivered when the first page was asked
 * for.
 */
const cursorSchema = z.strictObject({
  asOf: z.number(),
  at: z.number(),
  eventId: z.string(),
  query: z.string(),
});
type Cursor = z.infer<typeof cursorSchema>;

export function lookupPage(call: {
  log: AccountLog;
  principal: Principal;
  now: number;
  input: Input;
  trace: CallTrace;
}): AwsOutputs['LookupEvents'] {
  const { log, principal, now, input, trace } = call;
  const query = readQuery(input, trace);
  const bound = queryHash(principal.account, query);
  const cursor = readCursor(input, bound);
  const asOf = cursor?.asOf ?? now;
  const page = query.insights ? [] : matching(log, { query, cursor, asOf, limit: query.limit + 1 });
  const events = page.slice(0, query.limit);
  const last = events.at(-1);
  const more = page.length > events.length && last !== undefined;
  return {
    Events: events.map(lookedUp),
    ...(more
      ? { NextToken: encodeCursor({ asOf, at: last.at, eventId: last.eventId, query: bound }) }
      : {}),
  };
}

function readQuery(input: Input, trace: CallTrace): Query & { limit: number } {
  const attributes = objectList(input, 'LookupAttributes').map((one) => ({
    key: requiredText(one, 'AttributeKey'),
    value: requiredText(one, 'AttributeValue'),
  }));
  const startMs = msOf(optionalNumber(input, 'StartTime'));
  const endMs = msOf(optionalNumber(input, 'EndTime'));
  const limit = optionalNumber(input, 'MaxResults') ?? pageMax;
  const category = optionalMember(input, 'EventCategory');
  const token = optionalMember(input, 'NextToken');
  trace.parameters = {
    ...(attributes.length === 0
      ? {}
      : {
          lookupAttributes: attributes.map(({ key, value }) => ({
            attributeKey: key,
            attributeValue: value,
          })),
        }),
    ...(startMs === null ? {} : { startTime: cloudTrailDate(startMs) }),
    ...(endMs === null ? {} : { endTime: cloudTrailDate(endMs) }),
    maxResults: limit,
    ...(category === undefined ? {} : { eventCategory: category }),
    ...(token === undefined ? {} : { nextToken: token }),
  };
  const [attribute = null] = attributes;
  if (attributes.length > 1 || (attribute && !attributeReaders.has(attribute.key))) {
    throw new AwsFault(
      'InvalidLookupAttributesException',
      'You can only specify one valid lookup attribute per request.',
    );
  }
  if (startMs !== null && endMs !== null && startMs > endMs) {
    throw new AwsFault('InvalidTimeRangeException', 'Start time must be before end time.');
  }
  if (!Number.isInteger(limit) || limit < 1 || limit > pageMax) {
    throw new AwsFault('InvalidMaxResultsException', `Max results must be 1 to ${pageMax}.`);
  }
  if (category !== undefined && category !== 'insight') {
    throw new AwsFault('InvalidEventCategoryException', `Invalid event category ${category}.`);
  }
  return { attribute, startMs, endMs, insights: category === 'insight', limit };
}

const msOf = (seconds: number | undefined) => (seconds === undefined ? null : seconds * 1000);

/**
 * What each lookup attribute compares; KMS events carry no outer resources, so those two find none.
 */
const attributeReaders = new Map<string, (entry: LogEntry) => string | null>([
  ['EventId', (entry) => entry.eventId],
  ['EventName', (entry) => entry.eventName],
  ['EventSource', (entry) => entry.eventSource],
  ['ReadOnly', (entry) => String(entry.record.readOnly)],
  ['Username', (entry) => entry.username],
  ['AccessKeyId', (entry) => entry.accessKeyId],
  ['ResourceType', () => null],
  ['ResourceName', () => null],
]);

function matching(
  log: AccountLog,
  input: { query: Query; cursor: Cursor | null; asOf: number; limit: number },
): LogEntry[] {
  const { query, cursor, asOf, limit } = input;
  const { attribute, endMs } = query;
  const startMs = Math.max(query.startMs ?? 0, asOf - retentionMs);
  const read = attributeReaders.get(attribute?.key ?? '');
  const found: LogEntry[] = [];
  let reached = cursor === null;
  for (const entry of log.newestFirst(cursor?.at ?? Number.MAX_SAFE_INTEGER)) {
    if (cursor && !reached) {
      reached = entry.eventId === cursor.eventId || entry.at < cursor.at;
      if (entry.at === cursor.at) continue;
    }
    const eventTimeMs = Math.floor(entry.at / 1000) * 1000;
    if (eventTimeMs < startMs) break;
    if (endMs !== null && eventTimeMs > endMs) continue;
    if (entry.visibleAt > asOf) continue;
    if (attribute && read?.(entry) !== attribute.value) continue;
    found.push(entry);
    if (found.length === limit) break;
  }
  return found;
}

function lookedUp(entry: LogEntry): LookedUpEvent {
  const { record } = entry;
  return {
    EventId: entry.eventId,
    EventName: entry.eventName,
    ReadOnly: record.readOnly === true ? 'true' : 'false',
    ...(entry.accessKeyId === null ? {} : { AccessKeyId: entry.accessKeyId }),
    EventTime: Math.floor(entry.at / 1000),
    EventSource: entry.eventSource,
    ...(entry.username === null ? {} : { Username: entry.username }),
    Resources: [],
    CloudTrailEvent: JSON.stringify(record),
  };
}

/** Ties a token to the account and the parameters it was given for; the page size may change. */
function queryHash(account: string, { attribute, startMs, endMs, insights }: Query): string {
  const text = JSON.stringify([account, attribute, startMs, endMs, insights]);
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}

const encodeCursor = (cursor: Cursor) => Buffer.from(JSON.stringify(cursor)).toString('base64url');

function readCursor(input: Input, query: string): Cursor | null {
  const token = optionalMember(input, 'NextToken');
  if (token === undefined) return null;
  const cursor = decodeCursor(token);
  if (cursor?.query !== query) {
    const message = 'Invalid token, or it belongs to a request with other parameters.';
    throw new AwsFault('InvalidNextTokenException', message);
  }
  return cursor;
}

function decodeCursor(token: string): Cursor | null {
  try {
    return cursorSchema.parse(JSON.parse(Buffer.from(token, 'base64url').toString()));
  } catch {
    return null;
  }
}
