/**
 * The records in a JSON value, whichever cloud's and wherever they are: in objects and arrays, in
 * texts that are JSON, in base64 and gzip, within bounded depth and size. A record of AWS names an
 * event source and an event name, in any case; what is nearly one is rejected by what it lacks.
 */
import { gunzipSync } from 'node:zlib';
import { isAzureRow, parseAzureRow } from '../azure-monitor/parse.ts';
import { JsonValues } from '../files/json-values.ts';
import { isGcpEntry, parseGcpEntry } from '../gcp-logging/parse.ts';
import type { Parsed } from '../parsed.ts';
import { canonical, ofCells, plain, unflattened } from './canonical.ts';
import { type Fields, field, list, object } from './fields.ts';
import { fromOcsf, isOcsf } from './ocsf.ts';
import { parseCloudTrail } from './parse.ts';
import { resultSetRows, rowOf, tableRows } from './query-rows.ts';
import { namedOf, type PlainMembers, pointsAt, shapeOf } from './shapes.ts';

export interface FoundRecord {
  parsed: Parsed;
  /** What wraps it, from the inside: `EventBridge envelopes in SQS messages`. */
  shape: string;
  /** Of a row under columns' names: those columns. */
  columns?: readonly string[];
}

export interface FindOptions {
  /** The value's own text, kept as the record's where the value is itself a record. */
  raw?: string;
  /** Names of the objects around a value that was cut out of a larger one. */
  within?: readonly string[];
  /** What is known to wrap all of them, such as `Parquet rows`. */
  wrapping?: string;
}

const depthMax = 24;
/** Bytes that one value's texts may unpack to, all together. */
const unpackedMax = 64 * 1024 * 1024;
const base64Pattern = /^[A-Za-z0-9+/_-]{24,}={0,2}$/;
const wrappedPattern = /^[A-Za-z0-9+/]{60,}\r?\n[A-Za-z0-9+/=\r\n]+$/;

interface Walk {
  layers: readonly string[];
  depth: number;
  budget: { bytes: number };
  raw: string | undefined;
  /** Whether rows have all of their table's columns, empty ones too. */
  inTable?: boolean;
}

/** @see the header of this file */
export function* findRecords(
  value: unknown,
  { raw, within = [], wrapping }: FindOptions = {},
): Generator<FoundRecord> {
  const around = shapeOf(new Map(within.map((name) => [plain(name), []])));
  const layers = [wrapping, around].flatMap((layer) => layer ?? []);
  yield* walk(value, { layers, depth: 0, budget: { bytes: unpackedMax }, raw });
}

/** Records in a piece of text: JSON, or base64 of JSON or gzip. */
export function findInText(text: string, options: FindOptions = {}): FoundRecord[] {
  const layers = options.wrapping === undefined ? [] : [options.wrapping];
  return [...inText(text, { layers, depth: 0, budget: { bytes: unpackedMax }, raw: undefined })];
}

function* walk(value: unknown, at: Walk): Generator<FoundRecord> {
  if (at.depth > depthMax) {
    const reason = `nested deeper than ${depthMax} levels: no audit log writes such a record`;
    yield { parsed: { kind: 'rejected', code: 'invalid', reason }, shape: shapeText(at) };
    return;
  }
  const members = list(value);
  const whole = object(value);
  if (members !== null) yield* inList(members, at);
  else if (whole !== null) yield* inObject(whole, at);
  else if (typeof value === 'string') yield* inText(value, at);
}

function* inList(members: readonly unknown[], at: Walk): Generator<FoundRecord> {
  const row = rowOf(members);
  if (row !== null) yield* inObject(row, { ...deeper(at), raw: undefined, inTable: true });
  else for (const member of members) yield* walk(member, { ...deeper(at), raw: undefined });
}

function* inObject(whole: Fields, at: Walk): Generator<FoundRecord> {
  if (isExact(whole)) {
    yield { parsed: parseCloudTrail(whole, at.raw), shape: shapeText(at) };
    return;
  }
  const has = namedOf(whole);
  const target = pointsAt(whole, has);
  if (target !== null) {
    const reason = `a notification that only points at ${target}: fetch that object and give it`;
    yield { parsed: { kind: 'rejected', code: 'notification', reason }, shape: shapeText(at) };
    return;
  }
  const entry = entryOf(whole, has, at);
  if (entry !== null) {
    yield entry;
    return;
  }
  const shape = shapeOf(has);
  const inside = shape === null ? at : { ...at, layers: [...at.layers, shape] };
  const queried = resultSetRows(whole) ?? tableRows(whole);
  const within = queried === null ? texts(whole, inside) : [];
  const activity = ocsfOf(whole, has);
  if (queried !== null) yield* inList(queried, { ...inside, raw: undefined, inTable: true });
  else if (within.length > 0) yield* within;
  else if (activity !== null) yield record(fromOcsf(activity), whole, named(at, 'OCSF activities'));
  else if (isOtherClass(has)) yield record(canonical(whole), whole, rows(at, whole));
  else if (isRecord(has)) yield row(whole, at);
  else if (isEcs(whole)) yield record(fromEcs(whole), whole, named(at, 'Elastic documents'));
  else yield* inMembers(whole, has, inside);
}

/** An activity, also as a table's row whose cells are texts. */
function ocsfOf(whole: Fields, has: PlainMembers): Fields | null {
  if (!has.has('api')) return null;
  const activity = typeof has.get('api') === 'string' ? ofCells(whole) : whole;
  return isOcsf(activity) ? activity : null;
}

function* inMembers(whole: Fields, has: PlainMembers, at: Walk): Generator<FoundRecord> {
  let found = false;
  for (const [name, member] of Object.entries(whole)) {
    if (typeof member !== 'object' || member === null) continue;
    const inside = { ...deeper(at), raw: undefined };
    const records = plain(name) === 'records' ? list(member) : null;
    for (const one of records === null ? walk(member, inside) : eachOf(records, inside)) {
      found = true;
      yield one;
    }
  }
  if (found) return;
  if (isNearly(has)) yield record(canonical(whole), whole, at);
  else if (typeof has.get('cloudtrailevent') === 'string') {
    const reason = 'CloudTrailEvent is not JSON: look the event up again';
    yield { parsed: { kind: 'rejected', code: 'invalid', reason }, shape: shapeText(at) };
  }
}

/** What stands among `Records` should be one: nothing of it is passed over in silence. */
function* eachOf(records: readonly unknown[], at: Walk): Generator<FoundRecord> {
  const inside = deeper(at);
  const shape = shapeText(inside);
  for (const record of records) {
    const whole = object(record);
    if (whole !== null && isExact(whole)) {
      yield { parsed: parseCloudTrail(whole), shape };
      continue;
    }
    let found = false;
    for (const one of walk(record, inside)) {
      found = true;
      yield one;
    }
    if (found) continue;
    const reason = 'no eventSource and eventName: this is no audit record';
    yield { parsed: { kind: 'rejected', code: 'missing-field', reason }, shape };
  }
}

/** Spelt as CloudTrail spells it, and no row that carries the record as text. */
function isExact(whole: Fields): boolean {
  const { eventSource, eventName, eventTime } = whole;
  return (
    typeof eventSource === 'string' &&
    typeof eventName === 'string' &&
    eventTime !== undefined &&
    !eventSource.startsWith('aws:') &&
    !('eventJson' in whole) &&
    (typeof whole.userIdentity === 'object' || 'eventVersion' in whole)
  );
}

function isRecord(has: PlainMembers): boolean {
  const source = has.get('eventsource');
  if (typeof source === 'string' && source.startsWith('aws:')) return false;
  return source !== undefined && has.has('eventname');
}

/** Digests, Insights and aggregates name no event, but are CloudTrail's own. */
function isOtherClass(has: PlainMembers): boolean {
  return (
    has.has('insightdetails') ||
    (has.has('digeststarttime') && has.has('logfiles')) ||
    (has.get('eventcategory') === 'Aggregated' && has.has('summary'))
  );
}

function isNearly(has: PlainMembers): boolean {
  const source = has.get('eventsource');
  return (
    (typeof source === 'string' && !source.startsWith('aws:')) ||
    (has.has('eventname') && (has.has('eventid') || has.has('useridentity'))) ||
    (has.has('eventid') && has.has('useridentity'))
  );
}

/** An audit record of another cloud. */
function entryOf(whole: Fields, has: PlainMembers, at: Walk): FoundRecord | null {
  if (isAzureRow(has)) {
    const parsed = parseAzureRow(whole, at.raw);
    return { parsed, shape: shapeText(named(at, 'rows of Azure’s logs')) };
  }
  // The console's CSV has a column for each member of an entry.
  const flat = [...has.keys()].some((name) => name.startsWith('protopayload.'));
  const entry = flat ? unflattened(whole) : whole;
  if (!isGcpEntry(entry, flat ? namedOf(entry) : has)) return null;
  const parsed = parseGcpEntry(entry, at.raw);
  return { parsed, shape: shapeText(named(at, 'entries of Cloud Logging')) };
}

/** Elastic's own fields, where the original was not kept. */
function isEcs(whole: Fields): boolean {
  const event = object(field(whole, 'event'));
  return (
    object(field(object(field(whole, 'aws')), 'cloudtrail')) !== null &&
    typeof field(event, 'action') === 'string' &&
    typeof field(event, 'provider') === 'string'
  );
}

function fromEcs(whole: Fields): Fields {
  const trail = object(field(object(field(whole, 'aws')), 'cloudtrail'));
  const event = object(field(whole, 'event'));
  const flattened = object(field(trail, 'flattened'));
  return canonical({
    ...trail,
    eventSource: field(event, 'provider'),
    eventName: field(event, 'action'),
    eventID: field(event, 'id'),
    eventTime: field(whole, '@timestamp'),
    awsRegion: field(object(field(whole, 'cloud')), 'region'),
    sourceIPAddress: field(object(field(whole, 'source')), 'address'),
    userAgent: field(object(field(whole, 'user_agent')), 'original'),
    requestParameters: field(flattened, 'request_parameters') ?? field(trail, 'request_parameters'),
  });
}

function record(fields: Fields, whole: Fields, at: Walk): FoundRecord {
  return { parsed: parseCloudTrail(fields, at.raw ?? written(whole)), shape: shapeText(at) };
}

/** JSON.parse survives nesting that JSON.stringify, being recursive, does not. */
function written(whole: Fields): string | undefined {
  try {
    return JSON.stringify(whole, (_, value) => (typeof value === 'bigint' ? Number(value) : value));
  } catch {
    return undefined;
  }
}

/** What names its parts in a query's or a table's way may lack some that answers rest on. */
const row = (whole: Fields, at: Walk): FoundRecord => ({
  ...record(canonical(whole), whole, rows(at, whole)),
  // Outside of a table what succeeded has no error to name.
  columns: [...Object.keys(whole), ...(at.inTable ? [] : ['errorCode'])],
});

/** Names all in lower case are those of a query's columns. */
function rows(at: Walk, whole: Fields): Walk {
  const columns = Object.keys(whole).every((name) => name === name.toLowerCase());
  return columns && at.layers.length === 0 ? named(at, 'rows with column names') : at;
}

const named = (at: Walk, layer: string): Walk =>
  at.layers.includes(layer) ? at : { ...at, layers: [...at.layers, layer] };

const deeper = (at: Walk): Walk => ({ ...at, depth: at.depth + 1 });

function shapeText({ layers }: Walk): string {
  const distinct = layers.filter((layer, index) => layers.indexOf(layer) === index);
  // `Records` is also what Lambda calls its batches, and Azure its exports.
  if (distinct[0] === 'CloudTrail files' && distinct.length > 1) distinct.shift();
  return distinct.length === 0 ? 'single records' : distinct.reverse().join(' in ');
}

/** The records in an object's own texts: those are the originals of what stands beside them. */
function texts(whole: Fields, at: Walk): FoundRecord[] {
  return Object.values(whole).flatMap((member) =>
    typeof member === 'string' && member.length > 40
      ? [...inText(member, { ...deeper(at), raw: undefined })]
      : [],
  );
}

function* inText(text: string, at: Walk): Generator<FoundRecord> {
  const given = text.trim();
  if (at.depth > depthMax || given.length === 0) return;
  // Mail and shells break base64 into lines.
  const packed = wrappedPattern.test(given) ? given.replace(/\s+/g, '') : given;
  if (base64Pattern.test(packed)) {
    const inner = unpacked(packed, at.budget);
    if (inner !== null) yield* inText(inner, deeper(at));
    return;
  }
  // A line of syslog has its record behind a prefix.
  const from = /^[[{"]/.test(given) ? 0 : /eventsource/i.test(given) ? given.indexOf('{') : -1;
  if (from === -1 || at.budget.bytes < given.length) return;
  at.budget.bytes -= given.length;
  for (const part of values(given.slice(from))) {
    yield* walk(part.value, { ...deeper(at), raw: part.text });
  }
}

/** The JSON values of a text, one or several, back to back too. */
function values(text: string): { value: unknown; text: string }[] {
  const reader = new JsonValues();
  return [...reader.push(Buffer.from(text)), ...reader.end()].flatMap((found) =>
    found.kind === 'value' ? [found] : [],
  );
}

/** What base64 of JSON, of gzip or of base64 stands for; null where it stands for something else. */
function unpacked(text: string, budget: { bytes: number }): string | null {
  const bytes = Buffer.from(text, 'base64');
  if (bytes[0] === 0x7b || bytes[0] === 0x5b) return bytes.toString('utf8');
  const again = bytes.toString('latin1').trim();
  if (base64Pattern.test(again)) return again;
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b || budget.bytes <= 0) return null;
  try {
    const whole = gunzipSync(bytes, { maxOutputLength: budget.bytes });
    budget.bytes -= whole.length;
    return whole.toString('utf8');
  } catch {
    return null;
  }
}
