/** Cloud Logging's `entries.list`: over gRPC its payloads are bytes of `AuditLog`, over REST they are JSON. */
import { createRequire } from 'node:module';
import { fromProto3JSON } from 'proto3-json-serializer';
import protobuf from 'protobufjs';
import type { Clock } from '../../domain/clock.ts';
import { auditLogDescription, auditLogTypeUrl } from '../../domain/google-audit-log.ts';
import { RateLimit } from '../aws/rate-limit.ts';
import type { GcpAuditLog, ListQuery } from './audit-log.ts';
import type { GcpCloud } from './cloud.ts';
import { GcpFault } from './gcp-fault.ts';
import type { EntryView } from './log-entry.ts';
import type { Message } from './methods.ts';
import { jsonObject } from './proto-json.ts';
import type { MethodTypes } from './protos.ts';

export interface LoggingOptions {
  log: GcpAuditLog;
  /** `entries.list` calls a minute and project, wall time. Default none; the real one is 60. */
  quota?: { perMinute: number; wall: Clock };
}

export const listLogEntries = 'ListLogEntries';

/** Who asks reads what `roles/logging.viewer` lets them, and Data Access only by `privateLogViewer`. */
export class LoggingService {
  readonly #cloud: GcpCloud;
  readonly #log: GcpAuditLog;
  readonly #limit: RateLimit | undefined;

  constructor(cloud: GcpCloud, { log, quota }: LoggingOptions) {
    this.#cloud = cloud;
    this.#log = log;
    this.#limit = quota && rateLimitOf(quota);
  }

  /** @throws {GcpFault} */
  list(request: Message, { email, transport }: { email: string; transport: 'grpc' | 'rest' }) {
    const query = queryOf(request);
    const [, project = ''] = /^projects\/([^/]+)/.exec(query.resourceNames[0] ?? '') ?? [];
    if (this.#limit && !this.#limit.take(project)) throw outOfQuota(project);
    const may = (permission: string) =>
      this.#cloud.allows(email, {
        permission: `logging.${permission}.list`,
        resource: `projects/${project}`,
      });
    if (!may('logEntries'))
      throw new GcpFault('permissionDenied', 'Permission denied for all log views', {
        reason: 'IAM_PERMISSION_DENIED',
      });
    const seesPrivate = may('privateLogEntries');
    const { entries, nextPageToken } = this.#log.list(query, { seesPrivate });
    const said = entries.map((entry) => (transport === 'grpc' ? entryMessage(entry) : entry.json));
    return { entries: said, ...(nextPageToken !== '' && { nextPageToken }) };
  }
}

const rateLimitOf = ({ perMinute, wall }: { perMinute: number; wall: Clock }) =>
  new RateLimit({ perSecond: perMinute / 60, burst: perMinute, wall });

const outOfQuota = (project: string) =>
  new GcpFault(
    'resourceExhausted',
    "Quota exceeded for quota metric 'Read requests' and limit 'Read requests per minute' " +
      `of service 'logging.googleapis.com' for consumer 'project_number:${project}'.`,
    { reason: 'RATE_LIMIT_EXCEEDED' },
  );

function queryOf(request: Message): ListQuery {
  const text = (name: string) => (typeof request[name] === 'string' ? request[name] : '');
  const { resourceNames, pageSize } = request;
  return {
    resourceNames: Array.isArray(resourceNames) ? resourceNames.map(String) : [],
    filter: text('filter'),
    orderBy: text('orderBy'),
    pageSize: typeof pageSize === 'number' ? pageSize : 0,
    pageToken: text('pageToken'),
  };
}

const auditLog = protobuf.Root.fromJSON(auditLogDescription).lookupType(
  'google.cloud.audit.AuditLog',
);

function entryMessage(entry: EntryView): Message {
  const payload = fromProto3JSON(auditLog, jsonObject(JSON.stringify(entry.payload)));
  if (payload === null) throw new TypeError('an entry without a payload');
  const { resource, severity, insertId, logName } = entry.json;
  return {
    logName,
    resource,
    severity,
    insertId,
    timestamp: timestampOf(entry.timestamp),
    receiveTimestamp: timestampOf(entry.receiveTimestamp),
    protoPayload: { type_url: auditLogTypeUrl, value: auditLog.encode(payload).finish() },
  };
}

const timestampOf = (text: string): Message => ({
  seconds: Math.floor(Date.parse(text) / 1000),
  nanos: Number(text.slice(-10, -1)),
});

const require = createRequire(import.meta.url);

export function listTypes(): MethodTypes {
  const root = protobuf.Root.fromJSON(
    require('@google-cloud/logging-api/build/protos/protos.json'),
  );
  return {
    path: `/google.logging.v2.LoggingServiceV2/${listLogEntries}`,
    request: root.lookupType('google.logging.v2.ListLogEntriesRequest'),
    response: root.lookupType('google.logging.v2.ListLogEntriesResponse'),
  };
}
