/**
 * The sandbox's Cloud KMS on both of its wires, for the unchanged SDK: gRPC and REST, in plain text on loopback. Over
 * gRPC the SDK sends no token in plain text, so that those calls are the server's own caller's.
 */
import type { GcpCaller, GcpCloud } from './cloud.ts';
import { GcpFault, type GcpStatus } from './gcp-fault.ts';
import { startGrpc } from './grpc-wire.ts';
import type { Message } from './methods.ts';
import { kmsTypes } from './protos.ts';
import { startRest } from './rest-wire.ts';

export interface LoggedGcpRequest extends GcpCaller {
  transport: 'grpc' | 'rest';
  method: string;
  /** Null where the call went well, or was torn down. */
  fault: GcpStatus | null;
}

/**
 * What to do to a call instead of answering it well: an error without carrying it out, a connection torn down, or an
 * answer that is changed, or held back (wall time).
 */
export type GcpServerFault =
  | { status: GcpStatus; message: string }
  | { alter: (answer: Message) => Message }
  | { delayMs: number }
  | 'reset';

export interface GcpServerOptions {
  cloud: GcpCloud;
  /** Who calls over gRPC, and over REST without a token. */
  caller: string;
  /** The owner of each bearer token. */
  tokens?: ReadonlyMap<string, string>;
  /** Asked once for every call. */
  faults?: (call: { method: string; email: string }) => GcpServerFault | undefined;
}

export interface GcpServer {
  readonly grpcPort: number;
  readonly restPort: number;
  /** The last 1,000 calls, oldest first. */
  readonly requests: readonly LoggedGcpRequest[];
  close(): Promise<void>;
}

/** A call as it came, before anybody knows whether it is one. */
export interface GcpWireCall {
  transport: 'grpc' | 'rest';
  method: string;
  token: string | null;
  callerIp: string;
  userAgent: string;
  reason: string | null;
  request: () => Message;
}

export type GcpAnswer = { message: Message } | { fault: GcpFault } | 'reset';
export type AnswerGcpCall = (call: GcpWireCall) => Promise<GcpAnswer>;

const requestsKept = 1000;

export async function startGcpServer(options: GcpServerOptions): Promise<GcpServer> {
  const { cloud, ...who } = options;
  const { answer, requests } = answering(who, ({ method, request }, caller) =>
    cloud.call(method, request(), caller),
  );
  const grpc = await startGrpc(kmsTypes(), answer);
  const rest = await startRest(answer);
  return served({ grpc, rest, requests });
}

type Listening = { port: number; close(): Promise<void> };

export const served = (server: {
  grpc: Listening;
  rest: Listening;
  requests: readonly LoggedGcpRequest[];
}): GcpServer => ({
  grpcPort: server.grpc.port,
  restPort: server.rest.port,
  requests: server.requests,
  close: async () => {
    await Promise.all([server.grpc.close(), server.rest.close()]);
  },
});

type Perform = (call: GcpWireCall, caller: GcpCaller) => Message;

/** Carries calls out with who makes them and what is planned to go wrong, and notes each. */
export function answering(
  options: Omit<GcpServerOptions, 'cloud'>,
  perform: Perform,
): { answer: AnswerGcpCall; requests: readonly LoggedGcpRequest[] } {
  const requests: LoggedGcpRequest[] = [];
  const answer: AnswerGcpCall = async (call) => {
    const { transport, method, callerIp, userAgent, reason } = call;
    const email =
      (call.token === null ? undefined : options.tokens?.get(call.token)) ?? options.caller;
    const caller = { email, callerIp, userAgent, reason };
    const planned = options.faults?.({ method, email });
    const answered = await carryOut(() => perform(call, caller), planned);
    const fault =
      typeof answered === 'object' && 'fault' in answered ? answered.fault.status : null;
    requests.push({ transport, method, ...caller, fault });
    if (requests.length > requestsKept) requests.shift();
    return answered;
  };
  return { answer, requests };
}

async function carryOut(
  perform: () => Message,
  fault: GcpServerFault | undefined,
): Promise<GcpAnswer> {
  if (fault === 'reset') return 'reset';
  if (fault !== undefined && 'status' in fault)
    return { fault: new GcpFault(fault.status, fault.message) };
  try {
    const message = perform();
    if (fault !== undefined && 'delayMs' in fault)
      await new Promise((resolve) => setTimeout(resolve, fault.delayMs).unref());
    return { message: fault !== undefined && 'alter' in fault ? fault.alter(message) : message };
  } catch (error) {
    if (error instanceof GcpFault) return { fault: error };
    return { fault: new GcpFault('internal', 'Internal error encountered.') };
  }
}
