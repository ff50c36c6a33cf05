import type { Claim } from './claim.ts';
import type { RejectedCode } from './intake-codes.ts';
import type { KmsAction } from './kms-operations.ts';

export type Provider = 'aws' | 'gcp' | 'azure';

/** One event of a cloud's audit log, as every source parser yields it. Absent fields are null, never guessed. */
export interface AuditRecord {
  provider: Provider;
  /**
   * Unique per delivered event, the same in whatever form it is exported: CloudTrail's `eventID`, Cloud Logging's log
   * and `insertId`; Azure's rows have none, so it is a hash of what they hold.
   */
  eventId: string;
  /** Epoch ms, cut; `facts` has the time as the log wrote it. */
  at: number;
  /** The cloud's own name of the operation, such as `Decrypt` or `KeyUnwrap`. */
  operation: string;
  /** What it does: of one name it can be two things, told by the request. */
  action: KmsAction;
  /** The key's id as `parseKeyUri` of crypto-core gives it; a bare id or an alias of AWS as it is. */
  key: string | null;
  /** Further keys that the one request used: ReEncrypt's destination. */
  otherKeys: readonly string[];
  /**
   * Stable identity of the caller without its session: `AROA…`, a user's principal id, an ARN, an e-mail address, an
   * application's or object's id, or a service name.
   */
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
  /**
   * The whole encryption context, in the order of its names; null where there is none, empty where the export leaves
   * requests out, so that nobody knows.
   */
  context: readonly (readonly [name: string, value: string])[] | null;
  /** The cloud service that asked on the caller's behalf. */
  invokedBy: string | null;
  facts: AuditFacts;
  /** The record as delivered, JSON text. */
  raw: string;
}

/** What is shown of an event and never compared, but for the claim's place and the time's resolution. */
export interface AuditFacts {
  /** As the log wrote it, with all its digits. */
  time: string;
  /** What the log's own digits leave open: CloudTrail 1,000, Azure 0.0001, Google Cloud 0.000001. */
  resolutionMs: number;
  /** Where the claim was found; null where there is none. */
  claimIn: ClaimPlace | null;
  /** Why the caller says it asks, where that is no claim of ours. */
  reason: string | null;
  /** The failure in the cloud's words. */
  error: string | null;
  /** What the record says of network and encryption on the way, and of the access check. */
  network: readonly (readonly [name: string, value: string])[];
  /** Every other id: of materials, versions, traces, assignments. */
  ids: readonly (readonly [name: string, value: string])[];
}

/** `client-id`: the request id that the client chose (`x-ms-client-request-id`). */
export type ClaimPlace = 'user-agent' | 'reason' | 'client-id';

/** A record that could not be taken in: which file, where in it (byte or record offset), and why. */
export interface Rejected {
  file: string;
  offset: number;
  code: RejectedCode;
  reason: string;
}

/** Where it was and why, in one line; a whole file has no place. */
export const rejectedText = ({ file, offset, reason }: Rejected): string =>
  `${file}${offset === 0 ? '' : ` at ${offset}`}: ${reason}`;
