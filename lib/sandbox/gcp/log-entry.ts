/** One entry of a Cloud Audit Log, in the JSON that REST gives and Cloud Logging's filters name fields of. */

import { auditLogTypeUrl } from '../../domain/google-audit-log.ts';
import type { GcpKmsEntry } from './kms-entry.ts';
import type { Filtered } from './log-filter.ts';
import { isMethod, type Message, specOf } from './methods.ts';

/** An event as it is kept: JSON is made of it when somebody reads it. */
export interface LoggedEvent {
  readonly event: GcpKmsEntry;
  readonly project: string;
  readonly insertId: string;
  /** The part of its time below a millisecond, in nanoseconds. */
  readonly nanos: number;
  /** Whether `x-goog-request-reason` is written down: unverified of the real one. */
  readonly recordsReasons: boolean;
}

const service = 'cloudkms.googleapis.com';
const kmsTypes = 'type.googleapis.com/google.cloud.kms.v1';

/** RFC 3339 with nanoseconds. */
const nanoTime = (ms: number, nanos: number): string =>
  `${new Date(ms).toISOString().slice(0, -1)}${String(nanos).padStart(6, '0')}Z`;

const logNameOf = ({ project, event }: LoggedEvent): string =>
  `projects/${project}/logs/cloudaudit.googleapis.com%2F${event.log}`;

/** An entry whose costly parts are made once, and only if they are read. */
export class EntryView implements Filtered {
  readonly logged: LoggedEvent;
  readonly #arrivedAt: number;
  #payload: Message | undefined;

  constructor(logged: LoggedEvent, arrivedAt: number) {
    this.logged = logged;
    this.#arrivedAt = arrivedAt;
  }

  get timestamp(): string {
    return nanoTime(this.logged.event.at, this.logged.nanos);
  }

  get receiveTimestamp(): string {
    return nanoTime(this.#arrivedAt, this.logged.nanos);
  }

  get payload(): Message {
    this.#payload ??= payloadOf(this.logged, this.timestamp);
    return this.#payload;
  }

  get json(): Message {
    const { event, insertId } = this.logged;
    return {
      protoPayload: { '@type': auditLogTypeUrl, ...this.payload },
      insertId,
      resource: resourceOf(event.resourceName),
      timestamp: this.timestamp,
      severity: event.fault !== null ? 'ERROR' : event.log === 'data_access' ? 'INFO' : 'NOTICE',
      logName: logNameOf(this.logged),
      receiveTimestamp: this.receiveTimestamp,
    };
  }

  valuesOf(path: readonly string[]): readonly unknown[] {
    const [field = ''] = path;
    // As numbers: most filters are decided by them, for every entry there is.
    if (field === 'timestamp') return [this.#nanosAt(this.logged.event.at)];
    if (field === 'receiveTimestamp') return [this.#nanosAt(this.#arrivedAt)];
    if (field === 'logName') return [logNameOf(this.logged)];
    return valuesIn(this.json, path);
  }

  #nanosAt(ms: number): bigint {
    return BigInt(ms) * 1_000_000n + BigInt(this.logged.nanos);
  }

  text(): string {
    return JSON.stringify(this.json);
  }
}

function valuesIn(value: unknown, [name, ...rest]: readonly string[]): readonly unknown[] {
  if (Array.isArray(value))
    return value.flatMap((one) => valuesIn(one, name === undefined ? [] : [name, ...rest]));
  if (name === undefined) return value === undefined || value === null ? [] : [value];
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? valuesIn(Reflect.get(value, name), rest)
    : [];
}

function payloadOf({ event, recordsReasons }: LoggedEvent, time: string): Message {
  const { methodName, resourceName, caller, fault, permission, log } = event;
  const status = fault === null ? {} : { code: fault.code, message: fault.message };
  const [, location] = /^projects\/[^/]+\/locations\/([^/]+)/.exec(resourceName) ?? [];
  const common = {
    serviceName: service,
    methodName,
    resourceName,
    ...(location !== undefined && { resourceLocation: { currentLocations: [location] } }),
  };
  if (caller === null) {
    const type = 'type.googleapis.com/google.cloud.kms.logging.v1.CryptoKeyEvent';
    return { ...common, status, metadata: { '@type': type, rotationEvent: { status } } };
  }
  const reason = recordsReasons && caller.reason !== null ? { reason: caller.reason } : {};
  const provided = caller.providedContext;
  return {
    ...common,
    status,
    authenticationInfo: {
      principalEmail: caller.email,
      principalSubject: memberOf(caller.email),
    },
    requestMetadata: {
      callerIp: caller.callerIp,
      callerSuppliedUserAgent: caller.userAgent,
      requestAttributes: { time, ...reason, auth: {} },
      destinationAttributes: {},
    },
    authorizationInfo: [
      {
        resource: resourceName,
        permission: permission ?? '',
        granted: fault?.code !== 7,
        permissionType: log === 'activity' ? 'ADMIN_WRITE' : 'DATA_READ',
      },
    ],
    request: {
      '@type': requestTypeOf(methodName),
      ...event.request,
      ...(provided !== undefined && { caller_provided_context: provided }),
    },
    // The older place and the newer one: the real log is between the two.
    ...(provided !== undefined && {
      metadata: { entries: { caller_provided_context: provided } },
    }),
  };
}

const requestTypeOf = (method: string) =>
  isMethod(method) && specOf(method).service === 'iam'
    ? `type.googleapis.com/google.iam.v1.${method}Request`
    : `${kmsTypes}.${method}Request`;

/** What a request says but for bytes and their sums, which are in no log; a field mask as JSON has it. */
export function loggable(request: Message): Message {
  const fields = Object.entries(request).flatMap(([name, value]) => {
    if (value instanceof Uint8Array || name.endsWith('Crc32c')) return [];
    if (name === 'updateMask' && typeof value === 'object' && value !== null)
      return [[name, [Reflect.get(value, 'paths')].flat().join()]];
    return [[name, value]];
  });
  return Object.fromEntries(fields);
}

/** The monitored resource that a key, a version or a key ring is. */
function resourceOf(name: string): Message {
  const [, project_id, , location, , key_ring_id, , crypto_key_id, , version] = name.split('/');
  const type =
    version !== undefined
      ? 'cryptokeyversion'
      : crypto_key_id !== undefined
        ? 'cryptokey'
        : 'keyring';
  const labels = {
    project_id,
    location,
    key_ring_id,
    ...(crypto_key_id !== undefined && { crypto_key_id }),
    ...(version !== undefined && { crypto_key_version_id: version }),
  };
  return { type: `cloudkms_${type}`, labels };
}

export const memberOf = (email: string): string =>
  email.endsWith('.gserviceaccount.com') ? `serviceAccount:${email}` : `user:${email}`;
