import type { GcpFault } from './gcp-fault.ts';
import type { Message } from './methods.ts';

/** A call as received, not yet validated. */
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
