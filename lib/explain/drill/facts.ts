/** What a drill is told: changes, answers of the KMS and what telemetry tells of processes. Instants are epoch ms. */
import { errorClassOf } from '../../domain/error-class.ts';
import type { ChangeNature } from '../../domain/key-changes.ts';
import { tupleKey } from '../../shared/tuple-key.ts';

/** A change that succeeded. */
export interface KeyChange extends ChangeNature {
  eventId: string;
  at: number;
  resolutionMs: number;
  operation: string;
  by: string;
}

/** Whether a key's state, a missing permission, or another key refused; outages and throttling are no answers. */
export type Refusal = 'state' | 'permission' | 'wrong-key';

/** What the KMS answered to a use of the key: of the log, else of telemetry where the log lacks it. */
export interface KmsAnswer {
  at: number;
  resolutionMs: number;
  operation: 'encrypt' | 'decrypt';
  /** Null where it was granted. */
  refusal: Refusal | null;
  caller: AnswerCaller;
}

export interface AnswerCaller {
  /** The process, where telemetry tells of it. */
  process: string | null;
  principal: string | null;
  session: string | null;
}

/** A start of a process, and how far its telemetry goes. */
export interface DrillBoot {
  process: string;
  boot: string;
  startedAt: number;
  /** Null where it was not told. */
  ttlMs: number | null;
  /** All its calls and counts before this are told, but for the gaps; null where its sender does not say. */
  toldUntil: number | null;
  /** It said that nothing follows. */
  ended: boolean;
  /** Where calls or counts are missing. */
  gaps: readonly { from: number; to: number }[];
}

export interface DrillFacts {
  key: string;
  /** What somebody said is promised. */
  promisedTtlMs: number | null;
  /** What the log covers; null where there is none. */
  log: { from: number; to: number } | null;
  /** Changes that succeeded, in order. */
  changes: readonly KeyChange[];
  /** In order of time. */
  answers: readonly KmsAnswer[];
  boots: readonly DrillBoot[];
  /** Minutes in which a process used a data key under the key that it held. */
  hits: readonly { process: string; at: number }[];
  /** Of calls that succeeded: until when the data key may be used. */
  leases: readonly { process: string; at: number; endsAt: number }[];
  /** Granted attempts that the log lacks though it covers them. */
  unlogged: readonly number[];
  /** When something was done to the log itself. */
  logOff: readonly number[];
  /** Callers from other accounts than the log's use the key: their refusals are not in it. */
  refusalsAbsent: boolean;
}

const ofState =
  /Disabled|InvalidState|NotFound|PendingDel|^KEY_|NOT_FOUND|Deleted|BeingDeleted|Conflict/;

/** What an error code says of the key; null for what is no answer. */
export function kmsRefusal(errorCode: string): Refusal | null {
  const told = errorClassOf(errorCode);
  if (told === 'wrong-key') return 'wrong-key';
  if (told !== 'denied') return null;
  return ofState.test(errorCode) ? 'state' : 'permission';
}

/** What answers are told apart by: a session that bears a process's name is not that process. */
export const callerId = ({ process, principal, session }: AnswerCaller): string =>
  process === null ? tupleKey(principal, session) : tupleKey(process);

export const answerCallerName = ({ process, principal, session }: AnswerCaller): string =>
  process ?? session ?? principal ?? 'unknown';
