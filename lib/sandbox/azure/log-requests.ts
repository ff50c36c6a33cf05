/** Requests for the logs of vaults, whichever way they are read: what each is for, and what is planned to go wrong. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { AzureAuditLog } from './audit-log.ts';
import { AzureFault } from './azure-fault.ts';
import { blobRequestOf, type StorageOptions } from './blob-service.ts';
import { queryRequestOf, type WorkspaceOptions } from './log-analytics.ts';
import type { AzureAnswer, AzureWireRequest } from './server.ts';
import type { AzurePrincipal } from './vault-access.ts';

export interface AzureLogsOptions {
  log: AzureAuditLog;
  /** Whose tokens may read the workspace and the blobs. */
  readers: readonly AzurePrincipal[];
  workspace: WorkspaceOptions;
  storage: StorageOptions;
  /** Asked once for every request. */
  faults?: (request: { operation: LogOperation; path: string }) => AzureLogFault | undefined;
}

export type LogOperation = 'Query' | 'ListBlobs' | 'GetBlob';

/**
 * What to do to a request instead of answering it well: an error without carrying it out, an answer that is changed,
 * held back (wall time) or broken off after so many bytes, or a connection torn down.
 */
export type AzureLogFault =
  | { fault: AzureFault; retryAfter?: number }
  | { alter: (answer: AzureAnswer) => AzureAnswer }
  | { cutAt: number }
  | { delayMs: number }
  | 'reset';

/** A request told apart, with the form that its service gives errors. */
export interface LogRequest {
  operation: LogOperation;
  /** @throws {AzureFault} */
  answer(reader: AzurePrincipal | undefined): AzureAnswer;
  failed(fault: AzureFault): AzureAnswer;
}

export async function readLogs(
  logs: AzureLogsOptions,
  request: AzureWireRequest,
  caller: AzurePrincipal | undefined,
): Promise<AzureAnswer | 'reset'> {
  const asked = queryRequestOf(logs, request) ?? blobRequestOf(logs, request);
  const path = new URL(request.info.requestUri).pathname;
  const planned = logs.faults?.({ operation: asked.operation, path });
  if (planned === 'reset') return 'reset';
  if (planned !== undefined && 'fault' in planned) {
    const { fault, retryAfter } = planned;
    const failed = asked.failed(fault);
    if (retryAfter === undefined) return failed;
    return { ...failed, headers: { ...failed.headers, 'retry-after': String(retryAfter) } };
  }
  if (planned !== undefined && 'delayMs' in planned) await sleep(planned.delayMs);
  const answer = carriedOut(asked, caller);
  if (planned !== undefined && 'alter' in planned) return planned.alter(answer);
  if (planned !== undefined && 'cutAt' in planned) return { ...answer, cutAt: planned.cutAt };
  return answer;
}

function carriedOut(asked: LogRequest, caller: AzurePrincipal | undefined): AzureAnswer {
  try {
    return asked.answer(caller);
  } catch (error) {
    if (error instanceof AzureFault) return asked.failed(error);
    throw error;
  }
}

export const mayRead = (
  { readers }: AzureLogsOptions,
  caller: AzurePrincipal | undefined,
): boolean => readers.some(({ objectId }) => objectId === caller?.objectId);
