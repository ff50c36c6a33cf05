/**
 * The sandbox's Cloud Logging on both of its wires, for the unchanged SDK: `entries.list` over gRPC, its payloads as
 * bytes of `AuditLog`, and over REST, where they are JSON.
 */
import { createRequire } from 'node:module';
import { fromProto3JSON } from 'proto3-json-serializer';
import protobuf from 'protobufjs';
import type { Clock } from '../../domain/clock.ts';
import { auditLogDescription, auditLogTypeUrl } from '../../domain/google-audit-log.ts';
import { RateLimit } from '../aws/rate-limit.ts';
import { readBody, startLoopbackHttp } from '../loopback-http.ts';
import type { GcpAuditLog, ListQuery } from './audit-log.ts';
import type { GcpCloud } from './cloud.ts';
import { GcpFault } from './gcp-fault.ts';
import { startGrpc } from './grpc-wire.ts';
import type { EntryView } from './log-entry.ts';
import type { Message } from './methods.ts';
import type { MethodTypes } from './protos.ts';
import { answerRest, jsonObject } from './rest-wire.ts';
import {
  type AnswerGcpCall,
  answering,
  type GcpServer,
  type GcpServerOptions,
  served,
} from './server.ts';

export interface GcpLoggingServerOptions extends Omit<GcpServerOptions, 'cloud'> {
  /** Says who may read: `roles/logging.viewer`, and `privateLogViewer` for Data Access. */
  cloud: GcpCloud;
  log: GcpAuditLog;
  /** `entries.list` calls a minute and project, wall time. Default none; the real one is 60. */
  quota?: { perMinute: number; wall: Clock };
}

const require = createRequire(import.meta.url);
const method = 'ListLogEntries';

export async function startGcpLoggingServer(options: GcpLoggingServerOptions): Promise<GcpServer> {
  const { cloud, log, quota, ...who } = options;
  const limit = quota && rateLimitOf(quota);
  const { answer, requests } = answering(who, (call, { email }) => {
    if (call.method !== method) throw new GcpFault('notFound', 'The requested URL was not found.');
    const query = queryOf(call.request());
    const [, project = ''] = /^projects\/([^/]+)/.exec(query.resourceNames[0] ?? '') ?? [];
    if (limit && !limit.take(project)) throw outOfQuota(project);
    const may = (permission: string) =>
      cloud.allows(email, `logging.${permission}.list`, `projects/${project}`);
    if (!may('logEntries'))
      throw new GcpFault('permissionDenied', 'Permission denied for all log views', {
        reason: 'IAM_PERMISSION_DENIED',
      });
    const { entries, nextPageToken } = log.list(query, {
      seesPrivate: may('privateLogEntries'),
    });
    const said = call.transport === 'grpc' ? entries.map(entryMessage) : entries.map(jsonOf);
    return { entries: said, nextPageToken };
  });
  const grpc = await startGrpc(new Map([[method, typesOfList()]]), answer);
  const rest = await startRest(answer);
  return served({ grpc, rest, requests });
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

function startRest(answer: AnswerGcpCall) {
  return startLoopbackHttp(async (request, response) => {
    const body = await readBody(request);
    const known = request.method === 'POST' && request.url?.split('?')[0] === '/v2/entries:list';
    const message = () => jsonObject(body);
    const wire = { request, response, answer, method: known ? method : '', message };
    await answerRest(wire, ({ entries, nextPageToken }) => ({
      entries,
      ...(nextPageToken !== '' && { nextPageToken }),
    }));
  });
}

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

const jsonOf = (entry: EntryView): Message => entry.json;

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

function typesOfList(): MethodTypes {
  const root = protobuf.Root.fromJSON(
    require('@google-cloud/logging-api/build/protos/protos.json'),
  );
  return {
    path: `/google.logging.v2.LoggingServiceV2/${method}`,
    request: root.lookupType('google.logging.v2.ListLogEntriesRequest'),
    response: root.lookupType('google.logging.v2.ListLogEntriesResponse'),
  };
}
