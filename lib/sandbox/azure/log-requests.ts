/** Requests for the logs of vaults, whichever way they are read: what each is for, and what is planned to go wrong. */
import { setTimeout as sleep } from 'node:timers/promises';
import { AzureFault } from './azure-fault.ts';
import { blobRequestOf } from './blob-service.ts';
import type { AzureCloud } from './cloud.ts';
import type { AzureAnswer, AzureWireRequest } from './http-wire.ts';
import { queryRequestOf } from './log-analytics.ts';
import type { AzureLogsOptions, LogRequest } from './log-options.ts';
import { managementRequestOf } from './management.ts';
import type { AzurePrincipal } from './vault-access.ts';

export async function readLogs(
  cloud: AzureCloud,
  logs: AzureLogsOptions,
  request: AzureWireRequest,
  caller: AzurePrincipal | undefined,
): Promise<AzureAnswer | 'reset'> {
  const asked =
    queryRequestOf(logs, request) ??
    managementRequestOf(logs, cloud, request) ??
    blobRequestOf(logs, request);
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
