import { field, list, object, text } from './fields.ts';
import { type Parsed, parseCloudTrail } from './parse.ts';

/**
 * The records a JSON value carries: `{"Records":[…]}` as CloudTrail writes to S3, `{"Events":[…]}`
 * as LookupEvents answers (each with the record as a JSON string), an array of either, or one
 * alone. `raw` is the text of the value, kept where the value is itself a record.
 */
export function* parseContainer(value: unknown, raw?: string): Generator<Parsed> {
  const whole = object(value);
  const members = list(value) ?? list(field(whole, 'Records')) ?? list(field(whole, 'Events'));
  if (members) for (const member of members) yield parseMember(member);
  else yield parseMember(value, raw);
}

function parseMember(value: unknown, raw?: string): Parsed {
  const event = object(value);
  const json = field(event, 'CloudTrailEvent');
  if (typeof json === 'string') return parseInner(json);
  if (text(event, 'EventId') !== null) {
    return { kind: 'rejected', reason: 'no CloudTrailEvent: the record itself is missing' };
  }
  return parseCloudTrail(value, raw);
}

function parseInner(json: string): Parsed {
  let inner: unknown;
  try {
    inner = JSON.parse(json);
  } catch {
    return { kind: 'rejected', reason: 'CloudTrailEvent is not JSON: look the event up again' };
  }
  return parseCloudTrail(inner, json);
}
