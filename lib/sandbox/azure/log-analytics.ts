/** A Log Analytics workspace: `POST /v1/workspaces/ID/query`, as the unchanged SDK sends it. */
import { RateLimit } from '../aws/rate-limit.ts';
import { AzureFault } from './azure-fault.ts';
import type { AzureAnswer, AzureWireRequest } from './http-wire.ts';
import type { KeyVaultJson } from './key-messages.ts';
import { type QueryAnswer, runQuery } from './kql/query.ts';
import { KqlFault, parseTicks, ticksOf, wireOf } from './kql/values.ts';
import {
  type AzureLogsOptions,
  type LogRequest,
  mayRead,
  type WorkspaceOptions,
} from './log-options.ts';

const rowsMaxDefault = 500_000;
const limits = new WeakMap<WorkspaceOptions, RateLimit>();

/** Undefined where the request is not for a workspace. */
export function queryRequestOf(
  logs: AzureLogsOptions,
  { method, body, info }: AzureWireRequest,
): LogRequest | undefined {
  const path = new URL(info.requestUri).pathname;
  const [, id] = /^\/(?:v1\/)?workspaces\/([^/]+)\/query$/.exec(path) ?? [];
  if (id === undefined || method !== 'POST') return undefined;
  return {
    operation: 'Query',
    failed: errorAnswer,
    answer: (caller) => {
      const { workspace } = logs;
      if (caller === undefined)
        throw new AzureFault(401, {
          code: 'InvalidTokenError',
          message: 'The provided authentication is not valid',
        });
      if (id !== workspace.id)
        throw new AzureFault(404, {
          code: 'WorkspaceNotFoundError',
          message: 'The workspace could not be found',
        });
      if (!mayRead(logs, caller))
        throw new AzureFault(403, {
          code: 'InsufficientAccessError',
          message:
            'The provided credentials have insufficient access to perform the requested operation',
        });
      if (!limitOf(workspace).take(caller.objectId))
        throw new AzureFault(429, {
          code: 'ThrottledError',
          message: 'Too many requests, please try again later',
        });
      return answerQuery(logs, body);
    },
  };
}

function limitOf(workspace: WorkspaceOptions): Pick<RateLimit, 'take'> {
  if (workspace.quota === undefined) return { take: () => true };
  const known = limits.get(workspace);
  if (known !== undefined) return known;
  const { per30Seconds, wall } = workspace.quota;
  const limit = new RateLimit({ perSecond: per30Seconds / 30, burst: per30Seconds, wall });
  limits.set(workspace, limit);
  return limit;
}

function answerQuery({ log, workspace }: AzureLogsOptions, body: string): AzureAnswer {
  const { query, timespan } = requestOf(body);
  const { rowsMax = rowsMaxDefault } = workspace;
  const { now } = log;
  let answer: QueryAnswer;
  try {
    answer = runQuery(query, { tables: log.tables(), now, timespan: timespanOf(timespan, now) });
  } catch (error) {
    if (!(error instanceof KqlFault)) throw error;
    const message = 'The request had some invalid properties';
    throw new AzureFault(400, {
      code: 'BadArgumentError',
      message: `${message}: ${error.message}`,
      innerCode: 'SemanticError',
    });
  }
  const partial = answer.rows.length > rowsMax;
  const rows = answer.rows
    .slice(0, rowsMax)
    .map((row) =>
      row.map((value, index) => wireOf(answer.columns[index]?.type ?? 'string', value)),
    );
  const tables = [{ name: 'PrimaryResult', columns: answer.columns, rows }];
  return { status: 200, body: { tables, ...(partial && { error: tooMany(rowsMax) }) } };
}

const tooMany = (rowsMax: number): KeyVaultJson => ({
  code: 'PartialError',
  message: 'There were some errors when processing your query.',
  details: [
    {
      code: 'EngineError',
      message: `Query result set has exceeded the internal record count limit ${rowsMax}`,
    },
  ],
});

function requestOf(body: string): { query: string; timespan: string } {
  try {
    const { query, timespan = '' } = Object(JSON.parse(body));
    if (typeof query === 'string' && typeof timespan === 'string') return { query, timespan };
  } catch {}
  throw new AzureFault(400, {
    code: 'BadArgumentError',
    message: 'The request had some invalid properties',
  });
}

/** `FROM/TO`, either of which may be a duration; a duration alone ends now. */
function timespanOf(text: string, now: number): { from: bigint; to: bigint } | null {
  if (text === '') return null;
  const [first = '', second = ''] = text.split('/');
  const [lengthBefore, lengthAfter] = [durationTicks(first), durationTicks(second)];
  const to = lengthBefore === null ? null : second === '' ? ticksOf(now) : parseTicks(second);
  if (lengthBefore !== null && to !== null) return { from: to - lengthBefore, to };
  const from = parseTicks(first);
  const end = from !== null && lengthAfter !== null ? from + lengthAfter : parseTicks(second);
  if (from !== null && end !== null) return { from, to: end };
  throw new AzureFault(400, {
    code: 'BadArgumentError',
    message: `The timespan ${text} is not valid`,
  });
}

function durationTicks(text: string): bigint | null {
  const [whole, days = 0, hours = 0, minutes = 0, seconds = 0] =
    /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(text) ?? [];
  if (whole === undefined) return null;
  const total = ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds);
  return ticksOf(total * 1000);
}

export const errorAnswer = ({ httpStatus, code, message, innerCode }: AzureFault): AzureAnswer => ({
  status: httpStatus,
  body: {
    error: { code, message, ...(innerCode !== undefined && { innererror: { code: innerCode } }) },
  },
});
