import type { IncomingMessage, ServerResponse } from 'node:http';
import { fromProto3JSON, toProto3JSON } from 'proto3-json-serializer';
import { readWireBody, startLoopbackHttp } from '../any-cloud/loopback-http.ts';
import { codes, GcpFault } from './gcp-fault.ts';
import { type LoggingMethod, listLogEntries } from './logging-service.ts';
import { type Message, type Method, methodNames, specOf } from './methods.ts';
import { jsonObject } from './proto-json.ts';
import { jsonDetails, plainMessage, typesOf } from './protos.ts';
import type { AnswerGcpCall } from './wire-call.ts';

/** Serves Cloud KMS, IAM and Cloud Logging over HTTP/1.1 and JSON in plain text. */
export function startRest(
  answer: AnswerGcpCall,
): Promise<{ port: number; close(): Promise<void> }> {
  return startLoopbackHttp((request, response) => handle(request, response, answer));
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  answer: AnswerGcpCall,
): Promise<void> {
  const route = routeOf(request);
  const body = await readWireBody(request);
  const header = (name: string) => request.headers[name]?.toString() ?? null;
  const answered = await answer({
    transport: 'rest',
    method: route?.method ?? '',
    token: header('authorization')?.replace(/^Bearer /, '') ?? null,
    callerIp: request.socket.remoteAddress ?? '',
    userAgent: header('user-agent') ?? '',
    reason: header('x-goog-request-reason'),
    request: () => messageOf(route, body),
  });
  if (answered === 'reset') {
    request.socket.destroy();
    return;
  }
  if ('fault' in answered) {
    const { name, http } = codes[answered.fault.status];
    const { message, details } = answered.fault;
    const error = { code: http, message, status: name, details: jsonDetails(details) };
    send(response, http, { error });
    return;
  }
  if (route === null) return;
  send(response, 200, 'project' in route ? answered.message : jsonOf(route, answered));
}

function jsonOf({ method }: KmsRoute, { message }: { message: Message }): unknown {
  const { response: type } = typesOf(method);
  return toProto3JSON(type.fromObject(message), { numericEnums: true });
}

interface KmsRoute {
  method: Method;
  name: string;
  query: URLSearchParams;
}

interface LoggingRoute {
  method: LoggingMethod;
  project: string;
}

type Route = KmsRoute | LoggingRoute;

const ofProjects = new Map<string, LoggingMethod>([
  ['getIamPolicy', 'GetProjectPolicy'],
  ['testIamPermissions', 'TestPermissions'],
]);

/** The method that a request is for; longest suffix first, for every path ends in the empty one. */
function routeOf({ method: verb, url = '' }: IncomingMessage): Route | null {
  const { pathname, searchParams } = new URL(url, 'http://sandbox');
  if (verb === 'POST' && pathname === '/v2/entries:list')
    return { method: listLogEntries, project: '' };
  const [, project = '', asked = ''] = /^\/v1\/projects\/([^/:]+):(\w+)$/.exec(pathname) ?? [];
  const ofProject = ofProjects.get(asked);
  if (verb === 'POST' && ofProject !== undefined) return { method: ofProject, project };
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
  if ('project' in route) return { ...jsonObject(body), name: `projects/${route.project}` };
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

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' });
  response.end(JSON.stringify(body));
}
