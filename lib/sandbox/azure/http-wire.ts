import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { readBody, startLoopbackHttp } from '../loopback-http.ts';
import type { AzureRequestInfo } from './cloud.ts';
import type { AnswerAzureRequest } from './server.ts';

/** Serves Key Vault over HTTP in plain text; each answer names its request. */
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
      body: await readBody(request),
      info,
    });
    if (answered === 'reset') {
      request.socket.destroy();
      return;
    }
    response.writeHead(answered.status, {
      'content-type': 'application/json; charset=utf-8',
      'x-ms-request-id': info.requestId,
      'x-ms-keyvault-region': 'westeurope',
      ...answered.headers,
    });
    response.end(answered.status === 204 ? undefined : JSON.stringify(answered.body));
  });
}

function infoOf({ headers, url = '', socket }: IncomingMessage): AzureRequestInfo {
  return {
    requestId: randomUUID(),
    clientRequestId: headers['x-ms-client-request-id']?.toString() ?? null,
    userAgent: headers['user-agent'] ?? '',
    callerIp: socket.remoteAddress ?? '',
    requestUri: `https://${headers.host ?? ''}${url}`,
  };
}
