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
/** What is asked about a project's logging; of the last two, Resource Manager over REST alone. */
const loggingMethods = [
  listLogEntries,
  'ListSinks',
  'GetBucket',
  'GetProjectPolicy',
  'TestPermissions',
] as const;
export type LoggingMethod = (typeof loggingMethods)[number];

export const isLoggingMethod = (name: string): name is LoggingMethod =>
  loggingMethods.some((method) => method === name);

interface Asker {
  email: string;
  transport: 'grpc' | 'rest';
}

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
  call(method: LoggingMethod, request: Message, asker: Asker): Message {
    const name = String(request.parent ?? request.name ?? '');
    const [resource = ''] = /^projects\/[^/]+/.exec(name) ?? [];
    const { exclusion, retentionDays } = this.#log.switches;
    switch (method) {
      case listLogEntries:
        return this.#list(request, asker);
      case 'ListSinks': {
        this.#check(asker, { permission: 'logging.sinks.list', resource });
        const exclusions = exclusion === '' ? [] : [{ name: 'excluded', filter: exclusion }];
        return { sinks: [{ name: '_Required' }, { name: '_Default', exclusions }] };
      }
      case 'GetBucket':
        this.#check(asker, { permission: 'logging.buckets.get', resource });
        return { name, retentionDays };
      case 'GetProjectPolicy':
        this.#check(asker, { permission: 'resourcemanager.projects.getIamPolicy', resource });
        return { auditConfigs: this.#auditConfigs() };
      case 'TestPermissions': {
        const { permissions } = request;
        const asked = Array.isArray(permissions) ? permissions.map(String) : [];
        const may = (permission: string) =>
          this.#cloud.allows(asker.email, { permission, resource });
        return { permissions: asked.filter(may) };
      }
    }
  }

  #auditConfigs(): Message[] {
    const { dataAccess, exemptedMembers } = this.#log.switches;
    if (!dataAccess) return [];
    const members = exemptedMembers.map((email) => `serviceAccount:${email}`);
    const exempted = members.length === 0 ? {} : { exemptedMembers: members };
    const auditLogConfigs = [{ logType: 'DATA_READ', ...exempted }];
    return [{ service: 'cloudkms.googleapis.com', auditLogConfigs }];
  }

  #check({ email }: Asker, asked: { permission: string; resource: string }): void {
    if (!this.#cloud.allows(email, asked))
      throw new GcpFault('permissionDenied', `Permission '${asked.permission}' denied.`, {
        reason: 'IAM_PERMISSION_DENIED',
      });
  }

  #list(request: Message, { email, transport }: Asker): Message {
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

/** What is served over gRPC. */
export function loggingTypes(): ReadonlyMap<LoggingMethod, MethodTypes> {
  const root = protobuf.Root.fromJSON(
    require('@google-cloud/logging-api/build/protos/protos.json'),
  );
  const of = (
    method: LoggingMethod,
    { service, response }: { service: string; response: string },
  ): [LoggingMethod, MethodTypes] => [
    method,
    {
      path: `/google.logging.v2.${service}/${method}`,
      request: root.lookupType(`google.logging.v2.${method}Request`),
      response: root.lookupType(`google.logging.v2.${response}`),
    },
  ];
  return new Map([
    of(listLogEntries, { service: 'LoggingServiceV2', response: 'ListLogEntriesResponse' }),
    of('ListSinks', { service: 'ConfigServiceV2', response: 'ListSinksResponse' }),
    of('GetBucket', { service: 'ConfigServiceV2', response: 'LogBucket' }),
  ]);
}
