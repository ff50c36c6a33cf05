import type { Claim } from './claim.ts';
import type { RejectedCode } from './intake-codes.ts';

export type Provider = 'aws' | 'gcp' | 'azure';

/** One event of a cloud's audit log, as every source parser yields it. Absent fields are null, never guessed. */
export interface AuditRecord {
  provider: Provider;
  /** Unique per delivered event (CloudTrail `eventID`). */
  eventId: string;
  /** Epoch ms; CloudTrail gives whole seconds, the time the request completed. */
  at: number;
  /** The cloud's own name of the operation, such as `Decrypt`. */
  operation: string;
  /** Full key ARN or URI where the record names one, else the bare id or alias it names. */
  key: string | null;
  /** Further keys that the one request used: ReEncrypt's destination. */
  otherKeys: readonly string[];
  /** Stable identity of the caller without its session: `AROA…`, a user's principal id, an ARN, or a service name. */
  principal: string;
  /** What to show for the principal: an ARN where the record has one, else account and principal. */
  principalName: string;
  /** Role session name, where the caller has one. */
  session: string | null;
  /** The caller's account. */
  account: string | null;
  /** The account whose log this copy was delivered to. */
  recipientAccount: string | null;
  requestId: string | null;
  /** Shared by the copies that one cross-account request leaves in two accounts' logs. */
  sharedEventId: string | null;
  claim: Claim | null;
  /** The cloud's own error code; null on success. */
  errorCode: string | null;
  sourceIp: string | null;
  userAgent: string | null;
  /** From the logged encryption context, where the record has it. */
  workspace: string | null;
  dekId: string | null;
  /** The whole encryption context, in the order of its names; null where there is none. */
  context: readonly (readonly [name: string, value: string])[] | null;
  /** The cloud service that asked on the caller's behalf. */
  invokedBy: string | null;
  /** The record as delivered, JSON text. */
  raw: string;
}

/** A record that could not be taken in: which file, where in it (byte or record offset), and why. */
export interface Rejected {
  file: string;
  offset: number;
  code: RejectedCode;
  reason: string;
}
