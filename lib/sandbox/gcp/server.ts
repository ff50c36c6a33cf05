/**
 * The sandbox's Cloud KMS and Cloud Logging on both of their wires, for the unchanged SDKs: gRPC and REST, in plain
 * text on loopback. Over gRPC an SDK sends no token in plain text, so that those calls are the server's own caller's.
 */

import type { GcpCloud } from './cloud.ts';
import { GcpFault, type GcpStatus } from './gcp-fault.ts';
import { startGrpc } from './grpc-wire.ts';
import type { GcpCaller } from './kms-entry.ts';
import {
  isLoggingMethod,
  type LoggingOptions,
  LoggingService,
  loggingTypes,
} from './logging-service.ts';
import type { Message } from './methods.ts';
import { kmsTypes, type MethodTypes } from './protos.ts';
import { startRest } from './rest-wire.ts';
import type { AnswerGcpCall, GcpAnswer } from './wire-call.ts';

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
  /** Where calls are taken to come from. Default the address that they do come from. */
  callerIp?: string;
  /** Cloud Logging, on the same ports. Default none. */
  logging?: LoggingOptions;
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

const requestsKept = 1000;

export async function startGcpServer(options: GcpServerOptions): Promise<GcpServer> {
  const { cloud, logging } = options;
  const requests: LoggedGcpRequest[] = [];
  const service = logging && new LoggingService(cloud, logging);
  const answer: AnswerGcpCall = async (call) => {
    const { transport, method, callerIp, userAgent, reason } = call;
    const email =
      (call.token === null ? undefined : options.tokens?.get(call.token)) ?? options.caller;
    const caller = { email, callerIp: options.callerIp ?? callerIp, userAgent, reason };
    const answered = await carryOut(options.faults?.({ method, email }), () =>
      service && isLoggingMethod(method)
        ? service.call(method, call.request(), { email, transport })
        : cloud.call(method, call.request(), caller),
    );
    const fault =
      typeof answered === 'object' && 'fault' in answered ? answered.fault.status : null;
    requests.push({ transport, method, ...caller, fault });
    if (requests.length > requestsKept) requests.shift();
    return answered;
  };
  const methods = new Map<string, MethodTypes>([...kmsTypes(), ...(service ? loggingTypes() : [])]);
  const grpc = await startGrpc(methods, answer);
  const rest = await startRest(answer);
  return {
    grpcPort: grpc.port,
    restPort: rest.port,
    requests,
    close: async () => {
      await Promise.all([grpc.close(), rest.close()]);
    },
  };
}

async function carryOut(
  fault: GcpServerFault | undefined,
  perform: () => Message,
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
