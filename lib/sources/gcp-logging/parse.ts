/**
 * One entry of Google Cloud's audit logs, in the form of Cloud Logging's JSON, of its BigQuery tables or of Log
 * Analytics. Google logs no request ids and no authenticated data: what there is of ours is in the request reason.
 */

import type { AuditFacts, AuditRecord } from '../../domain/audit-record.ts';
import { parseClaim } from '../../domain/claim.ts';
import { actionOf, type KmsAction } from '../../domain/kms-operations.ts';
import { unnamedPrincipal } from '../../domain/unnamed-principal.ts';
import { tupleKey } from '../../shared/tuple-key.ts';
import { boundedRecord } from '../bounded-record.ts';
import { type Fields, list, object } from '../cloudtrail/fields.ts';
import {
  contentId,
  type EventTime,
  isRefusal,
  keptText,
  type NamedReads,
  type Parsed,
  present,
  refused,
  timeOf,
} from '../parsed.ts';
import { PlainFields, structure } from '../plain-fields.ts';

const kmsService = 'cloudkms.googleapis.com';
/** Whose policies hold for all keys below a project. */
const projectService = 'cloudresourcemanager.googleapis.com';
const keyPattern =
  /(?:^|\/)(projects\/[^/\s]+\/locations\/[^/\s]+\/keyRings\/[^/\s]+\/cryptoKeys\/[^/\s]+)/;
const rotationEvent = 'CryptoKeyEvent';

/** The codes of gRPC by number: what the log has of an error but for its message. */
const codes = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
];

/** Whether a value, its names plain, is an audit entry of Google Cloud. */
export function isGcpEntry(whole: Fields, has: ReadonlyMap<string, unknown>): boolean {
  const named = ['protopayload', 'protopayloadauditlog', 'jsonpayload'].some((name) =>
    has.has(name),
  );
  if (!named) return false;
  const { payload, type } = payloadOf(new PlainFields(whole));
  return type === rotationEvent || payload.get('servicename', 'methodname') !== undefined;
}

/** Reads one entry. Never throws. `raw` is kept verbatim where given. */
export function parseGcpEntry(whole: Fields, raw?: string): Parsed {
  const entry = new PlainFields(whole);
  const { payload, type } = payloadOf(entry);
  const isRotation = type === rotationEvent;
  const service = payload.text('servicename');
  const method = payload.text('methodname')?.split('.').at(-1) ?? null;
  const isProjectPolicy = service === projectService && method === 'SetIamPolicy';
  if (service !== kmsService && !isRotation && !isProjectPolicy) {
    if (service !== null) return { kind: 'ignored', reason: 'not-kms' };
    return refused('missing-field', 'no serviceName: whose entry it is, is not known');
  }
  const operation = isRotation ? rotationEvent : method;
  if (operation === null)
    return refused('missing-field', 'no methodName: the operation is not known');
  const time = timeOf('timestamp', timestampOf(entry.get('timestamp')));
  if (isRefusal(time)) return time;
  const kept = keptText(whole, raw);
  if (typeof kept !== 'string') return kept;
  return { kind: 'record', record: recordOf({ entry, payload, operation, time }, kept) };
}

function payloadOf(entry: PlainFields): { payload: PlainFields; type: string | null } {
  const outer = entry.inner('protopayload', 'protopayloadauditlog', 'jsonpayload');
  const payload = outer.get('auditlog') === undefined ? outer : outer.inner('auditlog');
  const metadata = payload.inner('metadata', 'metadatajson');
  const types = [payload, metadata].map((one) => one.text('@type', 'atsigntype', 'type'));
  const isRotation =
    types.some((type) => type?.endsWith(`.${rotationEvent}`)) ||
    metadata.get('rotationevent') !== undefined;
  return { payload, type: isRotation ? rotationEvent : null };
}

/** Text, or seconds and nanoseconds as the API's own messages have them. */
function timestampOf(value: unknown): unknown {
  const parts = object(value);
  if (parts === null) return value;
  const seconds = Number(parts.seconds);
  if (!Number.isSafeInteger(seconds) || Math.abs(seconds) > 8e12) return null;
  const second = new Date(seconds * 1000).toISOString().slice(0, 19);
  return `${second}.${String(Number(parts.nanos ?? 0)).padStart(9, '0')}Z`;
}

interface Found {
  entry: PlainFields;
  payload: PlainFields;
  operation: string;
  time: EventTime;
}

function recordOf({ entry, payload, operation, time }: Found, raw: string): AuditRecord {
  const caller = payload.inner('authenticationinfo');
  const about = payload.inner('requestmetadata');
  const request = payload.inner('request', 'requestjson');
  const metadata = payload.inner('metadata', 'metadatajson');
  const { errorCode, error } = failureOf(payload.inner('status'));
  const principal =
    caller.text('principalemail', 'principalsubject') ??
    (errorCode === null && isSystem(entry) ? kmsService : unnamedPrincipal);
  const userAgent = about.text('callersupplieduseragent');
  const reason = about.inner('requestattributes').text('reason');
  const told = reason === null ? null : parseClaim(reason);
  const claim = told ?? (userAgent === null ? null : parseClaim(userAgent));
  const { resourceName, key } = keyOf(entry, payload, request);
  const log = entry.text('logname');
  return boundedRecord({
    provider: 'gcp',
    eventId: idOf(entry, [time.time, operation, resourceName, principal, errorCode]),
    at: time.at,
    operation,
    action:
      payload.text('servicename') === projectService ? 'identity' : actionIn(operation, request),
    key,
    otherKeys: [],
    principal,
    principalName: principal,
    session: null,
    // The owner's log has a foreign caller's denials too: there is no account that it would lack them of.
    account: null,
    recipientAccount: log?.split('/')[1] ?? null,
    requestId: null,
    sharedEventId: null,
    claim,
    errorCode,
    sourceIp: about.text('callerip'),
    userAgent,
    workspace: null,
    dekId: null,
    context: null,
    invokedBy: serviceOf({ principal, request, metadata }),
    facts: {
      time: time.time,
      resolutionMs: time.resolutionMs,
      claimIn: claim === null ? null : told === null ? 'user-agent' : 'reason',
      reason: told === null ? reason : null,
      error,
      network: present(about, networkReads),
      ids: present({ entry, payload, caller, about, resourceName }, idReads),
    },
    raw,
  });
}

const isSystem = (entry: PlainFields) => entry.text('logname')?.endsWith('system_event') === true;

/** The entry's own id, with its log; an export that has none is told apart by what it holds. */
function idOf(entry: PlainFields, content: readonly (string | null)[]): string {
  const insertId = entry.text('insertid');
  return insertId === null
    ? contentId('gcp', ...content)
    : tupleKey(entry.text('logname') ?? '', insertId);
}

function failureOf(
  status: PlainFields,
): Pick<AuditRecord, 'errorCode'> & Pick<AuditFacts, 'error'> {
  const code = Number(status.text('code') ?? 0);
  if (code === 0) return { errorCode: null, error: null };
  const error = status.text('message');
  const state = /current state is: (\w+)/.exec(error ?? '')?.[1];
  const undecryptable = code === 3 && error?.startsWith('Decryption failed') === true;
  const name = undecryptable ? 'DECRYPTION_FAILED' : (codes[code] ?? `CODE_${code}`);
  return { errorCode: state === undefined ? name : `KEY_${state}`, error };
}

/** The key whose material is used, or that is changed; a version is its key's. */
function keyOf(
  entry: PlainFields,
  payload: PlainFields,
  request: PlainFields,
): { resourceName: string | null; key: string | null } {
  const resourceName = payload.text('resourcename');
  const labels = entry.inner('resource').inner('labels');
  const told = [
    resourceName,
    request.text('name', 'resource'),
    request.inner('cryptokeyversion', 'cryptokey').text('name'),
    [
      `projects/${labels.text('projectid')}/locations/${labels.text('location')}`,
      `keyRings/${labels.text('keyringid')}/cryptoKeys/${labels.text('cryptokeyid')}`,
    ].join('/'),
  ];
  const [name] = told.flatMap((text) => keyPattern.exec(text ?? '')?.[1] ?? []);
  const known = name !== undefined && !/\/null(?:\/|$)/.test(name);
  return { resourceName, key: known ? `gcp-kms:${name}` : null };
}

const states = new Map<unknown, KmsAction>([
  ['ENABLED', 'enable'],
  [1, 'enable'],
  ['DISABLED', 'disable'],
  [2, 'disable'],
]);

/** One method sets a version's state among other things, another a key's rotation. */
function actionIn(operation: string, request: PlainFields): KmsAction {
  const mask = structure(request.get('updatemask'))?.paths ?? request.get('updatemask');
  const fields = (list(mask)?.map(String) ?? String(mask ?? '').split(',')).map((name) =>
    name.toLowerCase().replaceAll('_', ''),
  );
  if (operation === 'UpdateCryptoKeyVersion' && fields.includes('state'))
    return states.get(request.inner('cryptokeyversion').get('state')) ?? 'other';
  const rotates = fields.some((name) => name === 'rotationperiod' || name === 'nextrotationtime');
  if (operation === 'UpdateCryptoKey' && rotates) return 'rotation';
  return actionOf(operation);
}

/** Google's services call as agents of their own, `service-NUMBER@SERVICE.iam.gserviceaccount.com`. */
const agentPattern = /^service-\d+[@-]([\w-]+)\.iam\.gserviceaccount\.com$/;

/** The service of Google's that asks for somebody: by its agent's name, else by the context it gives. */
function serviceOf({
  principal,
  request,
  metadata,
}: Pick<AuditRecord, 'principal'> & { request: PlainFields; metadata: PlainFields }) {
  const agent = agentPattern.exec(principal)?.[1];
  if (agent !== undefined) return agent;
  const given =
    metadata.inner('entries').get('callerprovidedcontext') ?? request.get('callerprovidedcontext');
  if (given === undefined) return null;
  return typeof given === 'string' ? given : JSON.stringify(given);
}

const networkReads: NamedReads<PlainFields> = [
  ['callerNetwork', (about) => about.get('callernetwork')],
];

interface IdPlaces extends Pick<Found, 'entry' | 'payload'> {
  caller: PlainFields;
  about: PlainFields;
  resourceName: string | null;
}

const idReads: NamedReads<IdPlaces> = [
  ['insertId', ({ entry }) => entry.get('insertid')],
  // Of what is done to a whole project, or a whole ring.
  ['project', ({ resourceName }) => /^projects\/([^/]+)$/.exec(resourceName ?? '')?.[1]],
  [
    'ring',
    ({ resourceName }) =>
      /^projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+$/.exec(resourceName ?? '')?.[0],
  ],
  [
    'cryptoKeyVersion',
    ({ resourceName }) => /\/cryptoKeyVersions\/(\d+)/.exec(resourceName ?? '')?.[1],
  ],
  ['principalSubject', ({ caller }) => caller.get('principalsubject')],
  ['serviceAccountKeyName', ({ caller }) => caller.get('serviceaccountkeyname')],
  ['requestAttributes.id', ({ about }) => about.inner('requestattributes').get('id')],
  ['trace', ({ entry }) => entry.get('trace')],
  ['spanId', ({ entry }) => entry.get('spanid')],
  [
    'operation',
    ({ payload, entry }) =>
      payload.inner('operation').get('id') ?? entry.inner('operation').get('id'),
  ],
];
