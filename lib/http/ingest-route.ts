import { AppError, type AppErrorCode } from '../domain/app-error.ts';
import { type OtlpSignal, otlpStatus } from '../services/intake/otlp-signals.ts';
import { serverContext } from '../services/server-context.ts';
import { requireIngestToken } from './guards.ts';
import { inWork } from './in-work.ts';
import { mediaType, readBody } from './read-body.ts';
import { readJson } from './read-json.ts';
import { faultOf } from './respond.ts';

const bodyBytesMax = 16 * 1024 * 1024;
/** Each of them may hold a whole body in memory. */
const boundedBatch = inWork(8);

/** An OTLP route: the token is checked before the body is read, and each sender is answered in its own form. */
export function ingestRoute(signal: OtlpSignal): (request: Request) => Promise<Response> {
  return async (request) => {
    const form = formOf(request);
    try {
      const ctx = await serverContext();
      requireIngestToken(request, ctx.ingestToken);
      const answer = await boundedBatch(async () =>
        signal.accept({ ctx, input: await read(request, form, signal) }),
      );
      return form === 'protobuf'
        ? protobufResponse(signal.encode(answer))
        : Response.json(answer, { headers: { 'cache-control': 'no-store' } });
    } catch (error) {
      return faultResponse(error, form);
    }
  };
}

/** The answer to a sender at any other path under `/api/otlp`, in its own form. */
export async function otlpNotFound(request: Request): Promise<Response> {
  const fault = new AppError(
    'not-found',
    'Nothing is taken here: send traces to /api/otlp/v1/traces and metrics to /api/otlp/v1/metrics.',
  );
  return faultResponse(fault, formOf(request));
}

/** A google.rpc.Status; as JSON, beside the form that all faults of the API have. */
function faultResponse(error: unknown, form: Form): Response {
  const { code, status, headers, view } = faultOf(error);
  const rpcStatus = { code: grpcCodes[code], message: view.error.message };
  return form === 'protobuf'
    ? protobufResponse(otlpStatus(rpcStatus), { status, headers })
    : Response.json({ ...rpcStatus, ...view }, { status, headers });
}

type Form = 'json' | 'protobuf' | null;

function formOf(request: Request): Form {
  const type = mediaType(request);
  if (type === 'application/x-protobuf' || type === 'application/protobuf') return 'protobuf';
  return type === 'application/json' ? 'json' : null;
}

async function read(request: Request, form: Form, signal: OtlpSignal): Promise<unknown> {
  if (form === 'json') return readJson(request, bodyBytesMax);
  if (form === 'protobuf') return signal.decode(await readBody(request, bodyBytesMax));
  throw new AppError(
    'unsupported',
    'Send OTLP: content-type must be application/x-protobuf or application/json.',
  );
}

function protobufResponse(body: Uint8Array<ArrayBuffer>, init: ResponseInit = {}): Response {
  const headers = new Headers(init.headers);
  headers.set('content-type', 'application/x-protobuf');
  headers.set('cache-control', 'no-store');
  return new Response(body, { ...init, headers });
}

// gRPC's numbers, which OTLP's protobuf errors carry; senders go by the HTTP status.
const grpcCodes: Record<AppErrorCode, number> = {
  'bad-request': 3,
  unauthorized: 16,
  forbidden: 7,
  'not-found': 5,
  conflict: 9,
  'in-use': 9,
  'too-large': 8,
  unsupported: 3,
  internal: 13,
  unavailable: 14,
};
