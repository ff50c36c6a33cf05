import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { readWireBody, startLoopbackHttp } from '../any-cloud/loopback-http.ts';
import type { AzureRequestInfo } from './cloud.ts';
import type { KeyVaultJson } from './key-messages.ts';

/** A request as received, not yet validated. */
export interface AzureWireRequest {
  method: string;
  host: string;
  token: string;
  body: string;
  headers: ReadonlyMap<string, string>;
  info: AzureRequestInfo;
}

export interface AzureAnswer {
  status: number;
  /** JSON, or what is sent as it is. */
  body: KeyVaultJson | string | Uint8Array;
  headers?: Record<string, string>;
  /** The connection breaks off after so many bytes. */
  cutAt?: number;
}

export type AnswerAzureRequest = (request: AzureWireRequest) => Promise<AzureAnswer | 'reset'>;

/** Serves Azure over HTTP in plain text; each answer names its request. */
export function startHttp(
  answer: AnswerAzureRequest,
): Promise<{ port: number; close(): Promise<void> }> {
  return startLoopbackHttp(async (request, response) => {
    const { headers, method = '' } = request;
    const info = infoOf(request);
    const answered = await answer({
      method,
      host: headers.host ?? '',
      token: headers.authorization?.replace(/^Bearer /, '') ?? '',
      body: await readWireBody(request),
      headers: headersOf(request),
      info,
    });
    if (answered === 'reset') {
      request.socket.destroy();
      return;
    }
    const { status, body, headers: more, cutAt } = answered;
    const isJson = !(typeof body === 'string' || body instanceof Uint8Array);
    const bytes = isJson ? Buffer.from(JSON.stringify(body)) : Buffer.from(body);
    response.writeHead(status, {
      'content-type': isJson ? 'application/json; charset=utf-8' : 'application/octet-stream',
      'content-length': status === 204 ? 0 : bytes.length,
      'x-ms-request-id': info.requestId,
      ...more,
    });
    if (cutAt === undefined) response.end(status === 204 || method === 'HEAD' ? '' : bytes);
    else response.write(bytes.subarray(0, cutAt), () => response.destroy());
  });
}

const headersOf = ({ headers }: IncomingMessage): ReadonlyMap<string, string> =>
  new Map(Object.entries(headers).map(([name, value]) => [name, String(value ?? '')]));

function infoOf({ headers, url = '', socket }: IncomingMessage): AzureRequestInfo {
  return {
    requestId: randomUUID(),
    clientRequestId: headers['x-ms-client-request-id']?.toString() ?? null,
    userAgent: headers['user-agent'] ?? '',
    callerIp: socket.remoteAddress ?? '',
    requestUri: `https://${headers.host ?? ''}${url}`,
  };
}
