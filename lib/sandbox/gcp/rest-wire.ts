import type { IncomingMessage, ServerResponse } from 'node:http';
import { fromProto3JSON, toProto3JSON } from 'proto3-json-serializer';
import { readBody, startLoopbackHttp } from '../loopback-http.ts';
import { codes, GcpFault } from './gcp-fault.ts';
import { type Message, type Method, methodNames, specOf } from './methods.ts';
import { jsonDetails, plainMessage, typesOf } from './protos.ts';
import type { AnswerGcpCall } from './server.ts';

/** Serves Cloud KMS and IAM over HTTP/1.1 and JSON in plain text. */
export function startRest(
  answer: AnswerGcpCall,
): Promise<{ port: number; close(): Promise<void> }> {
  return startLoopbackHttp(async (request, response) => {
    const route = routeOf(request);
    const body = await readBody(request);
    const message = () => messageOf(route, body);
    const answered = { request, response, answer, method: route?.method ?? '', message };
    await answerRest(answered, (given) => {
      if (route === null) return {};
      const { response: type } = typesOf(route.method);
      return toProto3JSON(type.fromObject(given), { numericEnums: true });
    });
  });
}

/** Answers one request, in JSON made by `jsonOf`. */
export async function answerRest(
  wire: {
    request: IncomingMessage;
    response: ServerResponse;
    answer: AnswerGcpCall;
    method: string;
    message: () => Message;
  },
  jsonOf: (message: Message) => unknown,
): Promise<void> {
  const { request, response, answer, method, message } = wire;
  const header = (name: string) => request.headers[name]?.toString() ?? null;
  const answered = await answer({
    transport: 'rest',
    method,
    token: header('authorization')?.replace(/^Bearer /, '') ?? null,
    callerIp: request.socket.remoteAddress ?? '',
    userAgent: header('user-agent') ?? '',
    reason: header('x-goog-request-reason'),
    request: message,
  });
  if (answered === 'reset') {
    request.socket.destroy();
    return;
  }
  if ('fault' in answered) {
    const { name, http } = codes[answered.fault.status];
    const { message: text, details } = answered.fault;
    const error = { code: http, message: text, status: name, details: jsonDetails(details) };
    send(response, http, { error });
    return;
  }
  send(response, 200, jsonOf(answered.message));
}

interface Route {
  method: Method;
  name: string;
  query: URLSearchParams;
}

/** The method that a request is for; longest suffix first, for every path ends in the empty one. */
function routeOf({ method: verb, url = '' }: IncomingMessage): Route | null {
  const { pathname, searchParams } = new URL(url, 'http://sandbox');
  if (!pathname.startsWith('/v1/')) return null;
  const path = decodeURIComponent(pathname.slice('/v1/'.length));
  const fits = methodNames.filter((method) => {
    const [wanted, suffix] = specOf(method).rest;
    const isVersion = /\/cryptoKeyVersions\/\d+$/.test(path);
    const ofVersion = /^(?:Get|Update)CryptoKeyVersion$/.test(method);
    return wanted === verb && path.endsWith(suffix) && (suffix !== '' || isVersion === ofVersion);
  });
  const longest = fits.sort((a, b) => specOf(b).rest[1].length - specOf(a).rest[1].length)[0];
  if (longest === undefined) return null;
  const name = path.slice(0, path.length - specOf(longest).rest[1].length);
  return { method: longest, name, query: searchParams };
}

/** A request's message: path, query and body put together. @throws {GcpFault} where it is none */
function messageOf(route: Route | null, body: string): Message {
  if (route === null) throw new GcpFault('notFound', 'The requested URL was not found.');
  const { name: nameField, body: bodyField } = specOf(route.method);
  const [outer = '', inner] = nameField.split('.');
  // A part of the request that is not given is an empty text there.
  const none = body === '' || (bodyField !== undefined && body === '""');
  const given = none ? {} : jsonObject(body);
  const message: Record<string, unknown> = bodyField === undefined ? { ...given } : {};
  if (bodyField !== undefined) message[bodyField] = given;
  for (const field of ['keyRingId', 'cryptoKeyId', 'updateMask']) {
    const value = route.query.get(field);
    if (value !== null) message[field] = value;
  }
  message[outer] = inner === undefined ? route.name : { ...given, [inner]: route.name };
  const { request } = typesOf(route.method);
  try {
    const decoded = fromProto3JSON(request, jsonObject(JSON.stringify(message)));
    if (decoded !== null) return plainMessage(request, decoded);
  } catch {}
  throw new GcpFault('invalidArgument', 'Invalid JSON payload received.');
}

type JsonObject = Extract<Parameters<typeof fromProto3JSON>[1], { [key: string]: unknown }>;

/** @throws {GcpFault} where the text is no JSON object */
export function jsonObject(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {}
  throw new GcpFault('invalidArgument', 'Invalid JSON payload received.');
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' });
  response.end(JSON.stringify(body));
}
