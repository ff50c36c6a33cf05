/**
 * The sandbox's Azure on the wire, for the unchanged SDKs: HTTP on loopback, where the `Host` header says which vault
 * is meant. SDKs insist on HTTPS URLs, so a client comes here by way of `toSandbox`. The logs of vaults are read here
 * too: from a Log Analytics workspace, and from blobs.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { AzureFault, badParameter } from './azure-fault.ts';
import type { AzureCloud, AzureKeyRequest, AzureRequestInfo, Vault } from './cloud.ts';
import { successOf } from './cloud.ts';
import { type AzureAnswer, type AzureWireRequest, startHttp } from './http-wire.ts';
import type { KeyVaultJson } from './key-messages.ts';
import { keyRequestOf } from './key-routes.ts';
import type { AzureLogsOptions } from './log-options.ts';
import { readLogs } from './log-requests.ts';

export interface LoggedAzureRequest extends AzureRequestInfo {
  method: string;
  /** HTTP status answered; 0 where the connection was torn down instead. */
  status: number;
}

/**
 * What to do to a request instead of answering it well: an error without carrying it out, a connection torn down, or an
 * answer that is changed, or held back (wall time).
 */
export type AzureServerFault =
  | { fault: AzureFault; retryAfter?: number }
  | { alter: (answer: KeyVaultJson) => KeyVaultJson }
  | { delayMs: number }
  | 'reset';

export interface AzureServerOptions {
  cloud: AzureCloud;
  /** Asked once for every request with a token that is known. */
  faults?: (request: Pick<AzureKeyRequest, 'operation' | 'key'>) => AzureServerFault | undefined;
  /** Where the logs are read. Default nowhere. */
  logs?: AzureLogsOptions;
}

export interface AzureServer {
  readonly url: string;
  /** The last 1,000 requests, oldest first. */
  readonly requests: readonly LoggedAzureRequest[];
  close(): Promise<void>;
}

const requestsKept = 1000;

export async function startAzureServer(options: AzureServerOptions): Promise<AzureServer> {
  const requests: LoggedAzureRequest[] = [];
  const { port, close } = await startHttp(async (request) => {
    const { cloud, logs } = options;
    const isForVault = /\.(?:vault|managedhsm)\.azure\.net$/.test(request.host);
    const answer =
      logs === undefined || isForVault
        ? await carryOut(options, request)
        : await readLogs(cloud, logs, request, cloud.principal(request.token));
    const { info, method } = request;
    requests.push({ ...info, method, status: answer === 'reset' ? 0 : answer.status });
    if (requests.length > requestsKept) requests.shift();
    return answer;
  });
  return { url: `http://127.0.0.1:${port}`, requests, close };
}

async function carryOut(
  { cloud, faults }: AzureServerOptions,
  { method, host, token, body, info }: AzureWireRequest,
): Promise<AzureAnswer | 'reset'> {
  const vault = cloud.vault(host);
  if (vault === undefined)
    return faultAnswer(new AzureFault(404, { code: 'NotFound', message: 'No such vault.' }));
  const principal = cloud.principal(token);
  if (principal === undefined) {
    cloud.challenge(vault, info);
    return challenge(cloud, vault);
  }
  try {
    const { searchParams, pathname } = new URL(info.requestUri);
    if (!searchParams.has('api-version')) throw badParameter('The api-version must be specified.');
    const wanted = keyRequestOf({ verb: method, path: pathname, body });
    const planned = faults?.(wanted);
    if (planned === 'reset') return 'reset';
    if (planned !== undefined && 'fault' in planned)
      return faultAnswer(planned.fault, planned.retryAfter);
    const answer = cloud.call(vault, principal, wanted, info);
    if (planned !== undefined && 'delayMs' in planned) await sleep(planned.delayMs);
    const altered = planned !== undefined && 'alter' in planned ? planned.alter(answer) : answer;
    return { status: successOf(wanted.operation), body: altered };
  } catch (error) {
    if (error instanceof AzureFault) return faultAnswer(error);
    throw error;
  }
}

function challenge({ tenantId }: AzureCloud, { kind }: Vault): AzureAnswer {
  const resource = kind === 'vault' ? 'https://vault.azure.net' : 'https://managedhsm.azure.net';
  const authorization = `https://login.microsoftonline.com/${tenantId}`;
  const message = 'AKV10000: Request is missing a Bearer or PoP token.';
  return {
    ...faultAnswer(new AzureFault(401, { code: 'Unauthorized', message })),
    headers: {
      'www-authenticate': `Bearer authorization="${authorization}", resource="${resource}"`,
    },
  };
}

function faultAnswer(
  { httpStatus, code, innerCode, message }: AzureFault,
  retryAfter?: number,
): AzureAnswer {
  const inner = innerCode === undefined ? {} : { innererror: { code: innerCode } };
  return {
    status: httpStatus,
    body: { error: { code, message, ...inner } },
    ...(retryAfter !== undefined && { headers: { 'retry-after': String(retryAfter) } }),
  };
}
