import type { AwsOperation } from './api.ts';
import type { Principal } from './principals.ts';

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}

/** What an operation notes for the audit log while it runs. After a fault: what it noted until then. */
export interface CallTrace {
  /** CloudTrail's `requestParameters`. */
  parameters: JsonObject | null;
  /** CloudTrail's `responseElements`. */
  response: JsonObject | null;
  key: { arn: string; account: string } | null;
  materialId: string | null;
  /** What the service does as a result; logged as an event of its own. */
  followedBy: { name: 'RotateKey'; details: JsonObject } | null;
  /** Set for calls that leave no event, such as throttled ones. */
  unlogged: boolean;
}

export const newTrace = (): CallTrace => ({
  parameters: null,
  response: null,
  key: null,
  materialId: null,
  followedBy: null,
  unlogged: false,
});

/**
 * One answered call, in the compact form from which audit records are built when somebody reads
 * them.
 */
export interface ApiCall {
  requestId: string;
  at: number;
  operation: AwsOperation;
  region: string;
  principal: Principal;
  sourceIp: string;
  userAgent: string;
  trace: CallTrace;
  fault: { code: string; message: string } | null;
  /** Set where the call leaves a copy in two accounts' logs. */
  sharedEventId: string | null;
}
