/**
 * A record as CloudTrail spells it, of one whose names came through a database or a search engine:
 * in another case, with underscores or blanks, with dots for nesting, with parameters as JSON text
 * or as Athena prints structures. Names inside parameters are data and stay as they are.
 */
import { type Fields, list, object } from './fields.ts';
import { parseStruct } from './struct-text.ts';

const names = [
  'eventVersion userIdentity type principalId arn accountId accessKeyId userName invokedBy',
  'sessionContext sessionIssuer attributes creationDate onBehalfOf userId identityStoreArn',
  'eventTime eventSource eventName awsRegion sourceIPAddress userAgent errorCode errorMessage',
  'requestParameters responseElements additionalEventData requestID eventID readOnly resources',
  'eventType apiVersion managementEvent recipientAccountId serviceEventDetails sharedEventID',
  'vpcEndpointId vpcEndpointAccountId eventCategory insightDetails addendum tlsDetails',
  'digestStartTime logFiles keyId encryptionContext grantId sourceKeyId destinationKeyId',
  'sourceEncryptionContext destinationEncryptionContext summary timeWindow',
].flatMap((line) => line.split(' '));
const known = new Map(names.map((name) => [plain(name), name]));
/** Names that other tools have for a record's own. */
const aliases = new Map([
  ['resourcename', 'resourceName'],
  ['sourceip', 'sourceIPAddress'],
  ['awsaccesskey', 'accessKeyId'],
  ['username', 'userName'],
  ['eventjson', 'eventJson'],
]);
/** Members whose own names are data, or may be. */
const kept = new Set(['requestParameters', 'responseElements', 'additionalEventData']);
const depthMax = 8;

/** A name without case and without what separates its words. */
export function plain(name: string): string {
  return name.toLowerCase().replace(/[\s_-]/g, '');
}

/** @see the header of this file */
export function canonical(record: Fields): Fields {
  return withIdentity(withResources(renamed(unflattened(record), 0)));
}

/** `userIdentity.arn` as a member of `userIdentity`, deeper ones likewise. */
export function unflattened(record: Fields): Fields {
  if (!Object.keys(record).some((name) => name.includes('.'))) return record;
  const whole = new Map<string, unknown>();
  const nested = new Map<string, [path: string, value: unknown][]>();
  for (const [name, value] of Object.entries(record)) {
    const dot = name.indexOf('.');
    if (dot <= 0) whole.set(name, value);
    else {
      const head = name.slice(0, dot);
      const members = nested.get(head) ?? [];
      members.push([name.slice(dot + 1), value]);
      nested.set(head, members);
    }
  }
  for (const [head, members] of nested) {
    if (whole.has(head)) continue;
    const isContext = plain(head).endsWith('encryptioncontext');
    const inner = Object.fromEntries(members);
    whole.set(head, isContext ? inner : unflattened(inner));
  }
  return Object.fromEntries(whole);
}

function renamed(from: Fields, depth: number): Fields {
  return Object.fromEntries(
    Object.entries(from).map(([given, value]) => {
      const name = known.get(plain(given)) ?? aliases.get(plain(given)) ?? given;
      return [name, member(name, value, depth)];
    }),
  );
}

function member(name: string, given: unknown, depth: number): unknown {
  const value = typeof given === 'string' ? structured(given) : given;
  if (depth >= depthMax) return value;
  const parts = list(value);
  if (parts) return parts.map((part) => member(name, part, depth + 1));
  const whole = object(value);
  if (whole === null) return value;
  return kept.has(name) ? parametersOf(whole) : renamed(whole, depth + 1);
}

/** Only the names that are read are put right; what is in a context is the caller's. */
function parametersOf(parameters: Fields): Fields {
  return Object.fromEntries(
    Object.entries(parameters).map(([given, value]) => {
      const name = known.get(plain(given)) ?? given;
      return [name, typeof value === 'string' ? structured(value) : value];
    }),
  );
}

/** A row whose cells are texts, with the structures that they stand for. */
export const ofCells = (row: Fields): Fields =>
  Object.fromEntries(
    Object.entries(row).map(([name, cell]) => [
      name,
      typeof cell === 'string' ? structured(cell) : cell,
    ]),
  );

/** JSON text or a structure as Athena prints it, as the value it stands for. */
function structured(text: string): unknown {
  const given = text.trim();
  if (!/^[[{]/.test(given)) return text;
  try {
    return JSON.parse(given);
  } catch {
    return parseStruct(given) ?? text;
  }
}

/** The console's `Resource name` column lists what `resources` holds; LookupEvents names each. */
function withResources(record: Fields): Fields {
  const { resourceName } = record;
  const given = list(record.resources);
  if (given !== null) {
    const resources = given.map((one) => {
      const resource = object(one);
      return resource?.arn === undefined && typeof resource?.resourceName === 'string'
        ? { ...resource, ARN: resource.resourceName }
        : one;
    });
    return { ...record, resources };
  }
  if (typeof resourceName !== 'string') return record;
  const resources = resourceName.split(/[,;\s]+/).flatMap((name) => (name ? [{ ARN: name }] : []));
  return { ...record, resources };
}

/** Tables that have but a user's name have no identity around it. */
function withIdentity(record: Fields): Fields {
  const { userName, userIdentity } = record;
  if (object(userIdentity) || typeof userName !== 'string') return record;
  return { ...record, userIdentity: { userName } };
}
