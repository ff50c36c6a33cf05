import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerErrorResponse,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { codes, type GcpFault } from './gcp-fault.ts';
import { type MethodTypes, plainMessage, statusDetails } from './protos.ts';
import type { AnswerGcpCall } from './wire-call.ts';

/** Serves these methods over gRPC in plain text. */
export async function startGrpc(
  methods: ReadonlyMap<string, MethodTypes>,
  answer: AnswerGcpCall,
): Promise<{ port: number; close(): Promise<void> }> {
  const server = new Server();
  server.addService(definition(methods), implementation(methods, answer));
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return { port, close: async () => server.forceShutdown() };
}

/** Requests and answers cross as bytes: what is in them is read and written where the method is known. */
function definition(methods: ReadonlyMap<string, MethodTypes>): ServiceDefinition {
  return Object.fromEntries(
    [...methods].map(([method, { path }]) => [
      method,
      {
        path,
        requestStream: false,
        responseStream: false,
        requestSerialize: (bytes: Buffer) => bytes,
        requestDeserialize: (bytes: Buffer) => bytes,
        responseSerialize: (bytes: Buffer) => bytes,
        responseDeserialize: (bytes: Buffer) => bytes,
      },
    ]),
  );
}

function implementation(
  methods: ReadonlyMap<string, MethodTypes>,
  answer: AnswerGcpCall,
): UntypedServiceImplementation {
  return Object.fromEntries(
    [...methods].map(([method, types]) => [method, handlerOf(method, types, answer)]),
  );
}

function handlerOf(method: string, { request, response }: MethodTypes, answer: AnswerGcpCall) {
  return async (
    call: { request: Buffer; metadata: Metadata; getPeer(): string },
    callback: (error: Partial<ServerErrorResponse> | null, bytes?: Uint8Array) => void,
  ) => {
    const header = (name: string) => call.metadata.get(name)[0]?.toString() ?? null;
    const answered = await answer({
      transport: 'grpc',
      method,
      token: header('authorization')?.replace(/^Bearer /, '') ?? null,
      callerIp: call.getPeer().replace(/:\d+$/, ''),
      userAgent: header('user-agent') ?? '',
      reason: header('x-goog-request-reason'),
      request: () => plainMessage(request, request.decode(call.request)),
    });
    // What a client sees of a connection that breaks.
    if (answered === 'reset')
      callback({ code: codes.unavailable.code, details: 'read ECONNRESET' });
    else if ('fault' in answered) callback(errorOf(answered.fault));
    else callback(null, response.encode(response.fromObject(answered.message)).finish());
  };
}

function errorOf({ status, message, details }: GcpFault): Partial<ServerErrorResponse> {
  const { code } = codes[status];
  const metadata = new Metadata();
  metadata.set('grpc-status-details-bin', statusDetails({ code, message, details }));
  return { code, details: message, metadata };
}
