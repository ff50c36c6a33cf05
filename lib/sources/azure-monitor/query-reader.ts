/**
 * A Log Analytics workspace as it grows: rows of both tables of Key Vault and Managed HSM, by when they came in, for
 * they do so out of order and minutes late. An answer that is partial is none: its span is asked again in halves.
 */
import {
  LogsQueryClient,
  type LogsQueryClientOptions,
  LogsQueryResultStatus,
  type LogsTable,
} from '@azure/monitor-query-logs';
import type { LogGap } from '../../shared/connection-view.ts';
import type { Fields } from '../cloudtrail/fields.ts';
import { findRecords } from '../cloudtrail/find-records.ts';
import { Intake } from '../intake.ts';
import {
  Asker,
  type LogPage,
  type LogReader,
  type Patience,
  type ReadFault,
  type ReadSpan,
} from '../log-reader.ts';
import { noAzureCredentials, settingFix } from './azure-fixes.ts';
import { type SettingsAccess, settingGaps, toWorkspace } from './inspect-settings.ts';
import { azureReadFault } from './read-fault.ts';

export interface QueryOptions extends Patience, SettingsAccess {
  workspaceId: string;
  credential: ConstructorParameters<typeof LogsQueryClient>[0];
  /** Of the client; none for the real service. */
  client?: LogsQueryClientOptions;
  /** Rows of one answer; a span that has more is halved. Default 20,000. */
  rowsMax?: number;
  /** Answers to read before giving up as behind. */
  pagesMax: number;
}

/** A gateway or proxy answers without the body that the client takes errors from: then the status tells. */
const failsByStatus: NonNullable<LogsQueryClientOptions['additionalPolicies']>[number] = {
  position: 'perRetry',
  policy: {
    name: 'keytide-status',
    sendRequest: async (request, next) => {
      const answer = await next(request);
      const { status: statusCode, bodyAsText } = answer;
      const isToldInBody = statusCode !== 429 && statusCode < 500 && bodyAsText?.startsWith('{');
      if (statusCode < 400 || isToldInBody) return answer;
      throw Object.assign(new Error(`status ${statusCode}`), { statusCode });
    },
  },
};

const rowsMaxDefault = 20_000;
/** The server itself gives up after three minutes. */
const answerMsMaxDefault = 200_000;
const dayMs = 86_400_000;
/** The shortest span that is still halved. */
const spanMsMin = 1_000;

export function azureMonitorReader(options: QueryOptions): LogReader {
  const { workspaceId } = options;
  const client = new LogsQueryClient(options.credential, {
    retryOptions: { maxRetries: 0 },
    ...options.client,
    additionalPolicies: [...(options.client?.additionalPolicies ?? []), failsByStatus],
  });
  return {
    kind: 'azure-monitor',
    name: 'Azure Monitor',
    silence: [
      'The workspace has no use of a key: make a diagnostic setting of the vault (or Managed HSM) that',
      'sends the category AuditEvent to this workspace.',
    ].join(' '),
    read: (span) => readRows(client, options, span),
    inspect: async (span, keys) => [
      ...(await settingGaps(options, toWorkspace(workspaceId), await keys())),
      ...(await retentionGaps(client, options, span)),
    ],
    fixes: {
      unauthorized: noAzureCredentials,
      forbidden: {
        code: 'no-permission',
        fix: `az role assignment create --role "Log Analytics Reader" --assignee IDENTITY --scope $(az monitor log-analytics workspace list --query "[?customerId=='${workspaceId}'].id" --output tsv)`,
      },
      'not-found': {
        code: 'no-place',
        fix: 'az monitor log-analytics workspace list --query "[].customerId"',
      },
      // Neither table is there before the first row.
      'bad-request': { code: 'no-setting', fix: settingFix(`--workspace ${workspaceId}`) },
    },
    close: () => {},
  };
}

const olderFix = 'Give what was exported of it: npx keytide import PATH';

/** A workspace that was made with no other wish keeps what came in for so long. */
const retentionDays = 30;

/** Where more was asked for than it may keep: whether it reaches back so far. */
async function retentionGaps(
  client: LogsQueryClient,
  options: QueryOptions,
  span: ReadSpan,
): Promise<LogGap[]> {
  const days = (span.toMs - span.fromMs) / dayMs;
  if (days <= retentionDays) return [];
  const asker = new Asker(options, faultOf);
  const inSpan = `TimeGenerated >= datetime(${new Date(span.fromMs).toISOString()})`;
  const answer = await asker.ask(() =>
    client.queryWorkspace(
      options.workspaceId,
      `${unionOf(inSpan)}\n| summarize Oldest = min(TimeGenerated)`,
      { startTime: new Date(span.fromMs), endTime: new Date(span.toMs) },
    ),
  );
  const tables = answer.status === LogsQueryResultStatus.Success ? answer.tables : [];
  const oldest = tables[0]?.rows[0]?.[0];
  if (!(oldest instanceof Date)) return [];
  const missing = (oldest.getTime() - span.fromMs) / dayMs;
  if (missing < 1) return [];
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  const evidence = `It was read from ${day(span.fromMs)} on, and its oldest row is of ${day(oldest.getTime())}.`;
  return [{ code: 'retention', evidence, fix: olderFix }];
}

async function* readRows(
  client: LogsQueryClient,
  options: QueryOptions,
  whole: ReadSpan,
): AsyncGenerator<LogPage> {
  const { workspaceId, pagesMax, rowsMax = rowsMaxDefault } = options;
  const asker = new Asker({ answerMsMax: answerMsMaxDefault, ...options }, faultOf);
  const open: ReadSpan[] = [whole];
  for (let page = 1; ; page += 1) {
    const span = open.shift();
    if (span === undefined) return;
    const answer = await asker.ask((abortSignal) =>
      client.queryWorkspace(
        workspaceId,
        queryOf(span, rowsMax),
        // A row may describe any time before its arrival.
        { startTime: new Date(span.fromMs - dayMs), endTime: new Date(span.toMs) },
        { serverTimeoutInSeconds: 180, abortSignal },
      ),
    );
    const tables = answer.status === LogsQueryResultStatus.Success ? answer.tables : null;
    const rows = tables?.flatMap(rowsOf) ?? [];
    const isWhole = tables !== null && rows.length <= rowsMax;
    const canHalve = span.toMs - span.fromMs > spanMsMin;
    const isCut = page >= pagesMax && (open.length > 0 || !isWhole);
    if (isWhole || !canHalve) yield pageOf(rows, page, isWhole && !isCut ? null : behind);
    else {
      const middle = Math.floor((span.fromMs + span.toMs) / 2);
      open.unshift({ ...span, toMs: middle }, { ...span, fromMs: middle });
      if (isCut) yield pageOf([], page, behind);
    }
    if (isCut) return;
  }
}

const behind =
  'More rows than queries can give in time: export the log into a storage account and read its files with `keytide import`.';

/** Each table has its own columns; times come as text besides, for the client cuts them to milliseconds. */
function queryOf({ fromMs, toMs }: ReadSpan, rowsMax: number): string {
  const at = (ms: number) => `datetime(${new Date(ms).toISOString()})`;
  const came = `ingestion_time() >= ${at(fromMs)} and ingestion_time() < ${at(toMs)}`;
  return [
    unionOf(came),
    '| extend ExactTime = tostring(TimeGenerated)',
    `| take ${rowsMax + 1}`,
  ].join('\n');
}

/** Rows of both tables of Key Vault and Managed HSM. */
const unionOf = (condition: string): string =>
  [
    'union isfuzzy=true',
    `(AZKVAuditLogs | where ${condition}),`,
    `(AzureDiagnostics | where ResourceProvider == "MICROSOFT.KEYVAULT" and Category == "AuditEvent" and ${condition})`,
  ].join('\n');

/** Rows by their columns' names, without what is empty. */
function rowsOf({ columnDescriptors, rows }: LogsTable): Fields[] {
  return rows.map((row) => {
    const cells = columnDescriptors.flatMap(({ name = '' }, index): [string, unknown][] => {
      const value = row[index];
      const isEmpty = value === null || value === undefined || value === '';
      return isEmpty || value instanceof Date ? [] : [[name, value]];
    });
    const { ExactTime, ...rest } = Object.fromEntries(cells);
    return { TimeGenerated: ExactTime, ...rest };
  });
}

function pageOf(rows: readonly Fields[], page: number, isBehind: string | null): LogPage {
  const intake = new Intake(`answer ${page} of Azure Monitor`);
  for (const row of rows) intake.takeRow(findRecords(row));
  const { items, ignored, rejected } = intake.drain({ last: true });
  return { records: items, ignored, rejected, behind: isBehind };
}

const faultOf = (cause: unknown): ReadFault =>
  azureReadFault(cause, {
    throttled:
      'Azure Monitor keeps throttling or failing (200 queries in 30 seconds): stop other readers, or try later.',
    forbidden:
      'Reading the workspace was denied: grant Log Analytics Reader to the identity Keytide runs as.',
    notFound: 'There is no such workspace: check its id.',
    badRequest:
      'The workspace did not understand the query: it has neither AZKVAuditLogs nor AzureDiagnostics yet; make a diagnostic setting of the vault.',
    unavailable: 'Azure Monitor cannot be reached: check network, proxy and credentials.',
  });
