/**
 * The sandbox's AWS on the wire: AWS JSON 1.1 over HTTP on loopback, for unchanged AWS SDK clients.
 * HTTP dates and signatures go by wall time, because the SDK takes a response's `Date` for its own
 * clock.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { isIPv4 } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../domain/clock.ts';
import { isOperation } from './api.ts';
import { AwsFault } from './aws-fault.ts';
import type { AwsCloud } from './cloud.ts';
import { answerS3, s3Fault, s3RequestOf } from './s3.ts';
import { claimedAccessKeyId, verifySignature } from './signature.ts';
import type { TrailBucket } from './trail-bucket.ts';
import { decodeInput, encodeFault, encodeOutput, parseTarget } from './wire.ts';

const bodyBytesMax = 1_048_576;
const requestsKept = 1000;

export interface RequestInfo {
  service: string | null;
  operation: string | null;
  /** As the request names it, whether or not its signature holds. */
  accessKeyId: string | null;
  sourceIp: string;
  userAgent: string;
}

export interface LoggedRequest extends RequestInfo {
  /** HTTP status answered; 0 where the connection was torn down instead. */
  status: number;
  requestId: string;
}

/**
 * What to do to a request instead of answering it. A status is answered without carrying the call out. `reset` tears
 * the connection down before the call, `reset-after` after it: the call is logged and never answered. `delayMs` (wall
 * time) holds the answer back, `alter` changes it, `cutAt` breaks off after so many bytes of it.
 */
export type ServerFault =
  | { status: number; code: string; message: string }
  | { delayMs: number }
  | { alter: (output: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>> }
  | { cutAt: number }
  | 'reset'
  | 'reset-after';

export interface AwsServerOptions {
  cloud: AwsCloud;
  wall: Clock;
  /** S3's buckets, on the same endpoint. Default none. */
  buckets?: readonly TrailBucket[];
  /** An address of loopback: 127.0.0.0/8 or ::1. Default 127.0.0.1. */
  host?: string;
  /** Default 0: any free port. */
  port?: number;
  /** Asked once for every request that was read whole. */
  faults?: (info: RequestInfo) => ServerFault | undefined;
}

export interface AwsServer {
  /** The endpoint for SDK clients. */
  readonly url: string;
  readonly port: number;
  /** The last 1,000 requests, oldest first. */
  readonly requests: readonly LoggedRequest[];
  close(): Promise<void>;
}

interface Answer {
  status: number;
  requestId: string;
  body: string | Buffer;
  headers?: Record<string, string>;
}

export async function startAwsServer(options: AwsServerOptions): Promise<AwsServer> {
  const { host = '127.0.0.1', port = 0, wall } = options;
  if (!isLoopback(host)) throw new RangeError(`host must be a loopback address, not ${host}`);
  const requests: LoggedRequest[] = [];
  const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000 });
  server.maxConnections = 1024;
  // Longer than SDK agents leave a connection idle, so that they do not send into one just closed.
  server.keepAliveTimeout = 65_000;
  server.on('request', (request, response) => {
    handle(request, response, { options, requests }).catch(() => {
      // Not a fault AWS would name: ours. The client gets what AWS gives when it fails inside.
      send(response, faultAnswer(new AwsFault('InternalFailure', '', 500)), wall);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, resolve);
  });
  const address = server.address();
  const bound = typeof address === 'object' && address ? address.port : port;
  return {
    url: `http://${host === '::1' ? '[::1]' : host}:${bound}`,
    port: bound,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const isLoopback = (host: string) => (isIPv4(host) ? host.startsWith('127.') : host === '::1');

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  { options, requests }: { options: AwsServerOptions; requests: LoggedRequest[] },
): Promise<void> {
  const info = infoOf(request);
  const log = (entry: { status: number; requestId: string }) => {
    requests.push({ ...info, ...entry });
    if (requests.length > requestsKept) requests.shift();
  };
  const reset = (requestId: string) => {
    log({ status: 0, requestId });
    request.socket.destroy();
  };
  const body = await readBody(request);
  if (body === null) {
    const answer = faultAnswer(new AwsFault('RequestEntityTooLargeException', '', 413));
    log(answer);
    response.setHeader('connection', 'close');
    send(response, answer, options.wall);
    return;
  }
  const fault = options.faults?.(info);
  if (fault === 'reset') return reset(randomUUID());
  const answer =
    typeof fault === 'object' && 'status' in fault
      ? faultAnswer(new AwsFault(fault.code, fault.message, fault.status), info)
      : await answerOf({ request, info, body, options });
  if (fault === 'reset-after') return reset(answer.requestId);
  if (typeof fault === 'object' && 'delayMs' in fault) await sleep(fault.delayMs);
  if (typeof fault === 'object' && 'alter' in fault && answer.status === 200)
    answer.body = JSON.stringify(fault.alter(JSON.parse(String(answer.body))));
  log(answer);
  send(
    response,
    answer,
    options.wall,
    typeof fault === 'object' && 'cutAt' in fault ? fault.cutAt : undefined,
  );
}

function infoOf(request: IncomingMessage): RequestInfo {
  const headers = headersOf(request);
  const target = parseTarget(headers['x-amz-target']) ?? s3TargetOf(request);
  return {
    service: target?.service ?? null,
    operation: target?.operation ?? null,
    accessKeyId: claimedAccessKeyId(headers.authorization),
    sourceIp: request.socket.remoteAddress ?? '',
    userAgent: headers['user-agent'] ?? '',
  };
}

const s3Of = ({ method = '', url = '/', headers }: IncomingMessage) =>
  s3RequestOf(method, url, headers.range);

function s3TargetOf(request: IncomingMessage): { service: 's3'; operation: string } | null {
  const wanted = s3Of(request);
  return wanted && { service: 's3', operation: wanted.operation };
}

function headersOf(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(',') : (value ?? ''),
    ]),
  );
}

/**
 * The whole body; null where it is larger than AWS would take. What is past the limit is read and
 * thrown away.
 */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    // Reading on a while lets the client see the answer instead of a broken connection.
    if (bytes > bodyBytesMax * 8) break;
    if (bytes <= bodyBytesMax) chunks.push(chunk);
  }
  return bytes > bodyBytesMax ? null : Buffer.concat(chunks);
}

async function answerOf(input: {
  request: IncomingMessage;
  info: RequestInfo;
  body: Buffer;
  options: AwsServerOptions;
}): Promise<Answer> {
  try {
    return await carryOut(input);
  } catch (error) {
    if (error instanceof AwsFault) return faultAnswer(error, input.info);
    throw error;
  }
}

async function carryOut(input: Parameters<typeof answerOf>[0]): Promise<Answer> {
  const { request, info, body } = input;
  const { cloud, wall, buckets = [] } = input.options;
  const headers = headersOf(request);
  const find = (accessKeyId: string) => cloud.principal(accessKeyId);
  const verifier = { region: cloud.region, wall, find };
  const signed = { method: request.method ?? '', url: request.url ?? '/', headers, body };
  const wanted = s3Of(request);
  if (wanted !== null) {
    const reader = await verifySignature(signed, { service: 's3', verifier });
    return { requestId: randomUUID(), ...answerS3(buckets, reader, wanted) };
  }
  const target = parseTarget(headers['x-amz-target']);
  if (request.method !== 'POST' || !target || !isOperation(target.service, target.operation)) {
    throw new AwsFault('UnknownOperationException', '');
  }
  const principal = await verifySignature(signed, { service: target.service, verifier });
  const { sourceIp, userAgent } = info;
  const { requestId, output } = cloud.call(principal, {
    ...target,
    input: decodeInput(body),
    sourceIp,
    userAgent,
  });
  return { status: 200, requestId, body: encodeOutput(output) };
}

function faultAnswer(fault: AwsFault, info?: RequestInfo): Answer {
  const requestId = fault.requestId || randomUUID();
  if (info?.service === 's3') return { requestId, ...s3Fault(fault, requestId) };
  return { status: fault.httpStatus, requestId, body: encodeFault(fault) };
}

function send(response: ServerResponse, answer: Answer, wall: Clock, cutAt?: number): void {
  if (response.headersSent || response.destroyed) return;
  response.sendDate = false;
  response.writeHead(answer.status, {
    'content-type': 'application/x-amz-json-1.1',
    'content-length': Buffer.byteLength(answer.body),
    'x-amzn-requestid': answer.requestId,
    date: new Date(wall.now()).toUTCString(),
    ...answer.headers,
  });
  if (cutAt === undefined) response.end(answer.body);
  else response.write(Buffer.from(answer.body).subarray(0, cutAt), () => response.destroy());
}
