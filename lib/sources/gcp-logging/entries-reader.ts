/**
 * Cloud Logging as it grows: entries of the three audit logs of Cloud KMS, by when they arrived. Through the client
 * below the SDK's own, because that one cuts times to milliseconds.
 */
import { v2 } from '@google-cloud/logging-api';
import { toProto3JSON } from 'proto3-json-serializer';
import protobuf from 'protobufjs';
import { auditLogDescription, auditLogTypeUrl } from '../../domain/google-audit-log.ts';
import { type Fields, object } from '../cloudtrail/fields.ts';
import { type FoundRecord, findRecords } from '../cloudtrail/find-records.ts';
import { Intake } from '../intake.ts';
import {
  Asker,
  type LogPage,
  type LogReader,
  type Patience,
  type ReadFault,
} from '../log-reader.ts';
import { projectInspector } from './inspect-project.ts';
import { noGaxRetry } from './no-gax-retry.ts';
import type { ProjectAccess } from './project-access.ts';

export interface EntriesOptions extends ProjectAccess, Patience {
  /** Between pages: a project may ask 60 times a minute. */
  pageIntervalMs: number;
  /** Entries a page, 1,000 at most. */
  pageSize?: number;
  /** Pages to read before giving up as behind. */
  pagesMax: number;
}

const dayMs = 86_400_000;
const logs = ['data_access', 'activity', 'system_event'].map(
  (log) => `log_id("cloudaudit.googleapis.com/${log}")`,
);

const kmsEntries = 'protoPayload.serviceName="cloudkms.googleapis.com"';
/** Who may use keys is also said of their project. */
const projectPolicies =
  '(protoPayload.serviceName="cloudresourcemanager.googleapis.com" AND protoPayload.methodName=~"SetIamPolicy$")';

/**
 * What arrived in a span. The service cuts a filter that does not name `timestamp`, in lower case, to the last 24
 * hours without a word.
 */
function filterOf({ fromMs, toMs }: { fromMs: number; toMs: number }): string {
  const iso = (ms: number) => new Date(ms).toISOString();
  return [
    `(${logs.join(' OR ')})`,
    `(${kmsEntries} OR ${projectPolicies})`,
    `timestamp>="${iso(fromMs - dayMs)}"`,
    `receiveTimestamp>="${iso(fromMs)}"`,
    `receiveTimestamp<="${iso(toMs)}"`,
  ].join(' AND ');
}

export function cloudLoggingReader(options: EntriesOptions): LogReader {
  const { project, client: given = {} } = options;
  const client = new v2.LoggingServiceV2Client({ projectId: project, ...given });
  const inspector = projectInspector(options);
  return {
    kind: 'cloud-logging',
    name: 'Cloud Logging',
    silence: [
      'Cloud Logging has no use of a key. Switch Data Access logs on for Cloud KMS (DATA_READ for',
      `cloudkms.googleapis.com in the audit configuration of ${project}), exempt no member, let no sink`,
      'exclude them, and read with roles/logging.privateLogViewer: without it they are left out silently.',
    ].join(' '),
    read: (span) => readEntries(client, options, span),
    inspect: async (span) => {
      const request = requestOf(project, `${dataAccess} AND ${kmsEntries} AND ${filterOf(span)}`);
      const [entries] = await client.listLogEntries({ ...request, pageSize: 1 }, once);
      return inspector.inspect(span, { dataAccess: entries.length > 0 });
    },
    fixes: {
      unauthorized: { code: 'no-credentials', fix: 'gcloud auth application-default login' },
      forbidden: {
        code: 'no-permission',
        fix: `gcloud projects add-iam-policy-binding ${project} --role=roles/logging.privateLogViewer --member=MEMBER`,
      },
      'not-found': { code: 'no-place', fix: 'gcloud projects list' },
    },
    close: () => {
      client.close().catch(() => {});
      inspector.close();
    },
  };
}

const dataAccess = 'log_id("cloudaudit.googleapis.com/data_access")';
const once = { autoPaginate: false, retry: noGaxRetry };

const requestOf = (project: string, filter: string) => ({
  resourceNames: [`projects/${project}`],
  filter,
  orderBy: 'timestamp asc',
});

async function* readEntries(
  client: InstanceType<typeof v2.LoggingServiceV2Client>,
  options: EntriesOptions,
  span: { fromMs: number; toMs: number },
): AsyncGenerator<LogPage> {
  const { project, pagesMax, pageIntervalMs, pageSize = 1_000, sleep } = options;
  const asker = new Asker(options, faultOf);
  let pageToken = '';
  for (let number = 1; ; number += 1) {
    if (number > 1) await sleep(pageIntervalMs);
    const request = { ...requestOf(project, filterOf(span)), pageSize, pageToken };
    const [entries, , answer] = await asker.ask(() => client.listLogEntries(request, once));
    // A page may be empty and not the last one.
    pageToken = answer?.nextPageToken ?? '';
    const isCut = pageToken !== '' && number >= pagesMax;
    yield { ...pageOf(entries, number), behind: isCut ? behind : null };
    if (pageToken === '' || isCut) return;
  }
}

const behind =
  'More entries than entries.list can give in time: export the log by a sink and read its files with `keytide import`.';

const auditLog = protobuf.Root.fromJSON(auditLogDescription).lookupType(
  'google.cloud.audit.AuditLog',
);

function pageOf(entries: readonly unknown[], number: number): Omit<LogPage, 'behind'> {
  const intake = new Intake(`entries.list page ${number}`);
  for (const entry of entries) intake.takeRow(foundIn(entry));
  const { items, ignored, rejected } = intake.drain({ last: true });
  return { records: items, ignored, rejected };
}

/** Nothing where an entry's bytes are not what they should be: it costs itself alone. */
function foundIn(entry: unknown): readonly FoundRecord[] {
  try {
    return [...findRecords(entryOf(object(entry) ?? {}))];
  } catch {
    return [];
  }
}

/** An entry as the API's JSON has it, with nanoseconds and its payload decoded. */
function entryOf(entry: Fields): Fields {
  const payload = object(entry.protoPayload);
  const decoded =
    payload?.type_url === auditLogTypeUrl && payload.value instanceof Uint8Array
      ? { protoPayload: toProto3JSON(auditLog.decode(payload.value)) }
      : {};
  const { logName, insertId, severity, resource, timestamp, receiveTimestamp, trace, spanId } =
    entry;
  const times = { timestamp: rfc3339(timestamp), receiveTimestamp: rfc3339(receiveTimestamp) };
  return { logName, insertId, severity, resource, ...times, trace, spanId, ...decoded };
}

function rfc3339(value: unknown): string | undefined {
  const parts = object(value);
  if (parts === null) return undefined;
  const second = new Date(Number(parts.seconds ?? 0) * 1000).toISOString().slice(0, 19);
  return `${second}.${String(Number(parts.nanos ?? 0)).padStart(9, '0')}Z`;
}

/** Timeouts, internal errors and unavailability pass: worth a retry. */
const passing = new Set([4, 13, 14]);

/** By the code of gRPC. */
function faultOf(cause: unknown): ReadFault {
  const code = cause instanceof Error && 'code' in cause ? Number(cause.code) : Number.NaN;
  const message = cause instanceof Error ? cause.message : '';
  if (code === 8)
    return {
      code: 'throttled',
      message: 'Cloud Logging keeps throttling (60 reads a minute): stop other readers of it.',
    };
  if (code === 7)
    return {
      code: 'forbidden',
      message:
        'Reading Cloud Logging was denied: grant roles/logging.privateLogViewer to the identity Keytide runs as.',
    };
  if (code === 16 || /default credentials|invalid_grant|getting metadata/i.test(message))
    return {
      code: 'unauthorized',
      message:
        'Credentials of Google Cloud are missing, expired or not accepted: see Application Default Credentials.',
    };
  if (code === 5) return { code: 'not-found', message: 'The project is not known: check its id.' };
  if (code === 3)
    return { code: 'bad-request', message: 'Cloud Logging did not understand what was asked.' };
  return {
    code: passing.has(code) ? 'throttled' : 'unavailable',
    message: `Cloud Logging cannot be read now (${Number.isNaN(code) ? 'no answer' : `code ${code}`}): check network and proxy.`,
  };
}
