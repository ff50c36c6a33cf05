/**
 * The engine's telemetry. It consists of KMS calls, each reported as it ends, and of counts, which a reader takes when
 * it wants them. Neither holds key material, plaintext or context values.
 */
import type { Cause } from '../causes.ts';
import type { Policy } from '../policy.ts';
import type { KmsFaultKind } from '../provider.ts';

export type KmsOperation = 'Encrypt' | 'Decrypt';
export type Path = 'encrypt' | 'decrypt';
export type CallOutcome = 'ok' | KmsFaultKind;

/** One attempt of a KMS call. */
export interface KmsAttempt {
  /** 1 for the first. */
  attempt: number;
  spanId: string;
  /** Epoch ms. */
  sentAt: number;
  durationMs: number;
  /** False if the request was never sent (credentials, DNS, connection, aborted). */
  sent: boolean;
  outcome: CallOutcome;
  /** The provider's error code, if it failed. */
  reason?: string;
  requestId?: string;
  httpStatus?: number;
}

/** One logical KMS call with its cause and all its attempts. */
export interface KmsCall {
  /** Numbers the calls of one (process, boot) from 1, without gaps. */
  seq: number;
  /** The lookup's instant, epoch ms. */
  at: number;
  endedAt: number;
  provider: string;
  operation: KmsOperation;
  workspace: string;
  keyUri: string;
  path: Path | 'validate';
  cause: Cause;
  dekId: string;
  dekAgeMs: number;
  /** The first 16 hex digits of the eDEK's SHA-256; absent if wrapping failed. */
  edekFingerprint?: string;
  /** Other lookups that waited for this call. */
  coalesced: number;
  generation: number;
  rootSeq: number;
  parentSeq?: number;
  /** Ms since the end of the lease before this load. */
  idleMs?: number;
  /** The memory of DEKs that were once held is full: `load.first` may stand for another cause. */
  forgotten?: boolean;
  /** Opaque conversation tag of the message scope. */
  tag?: string;
  /** Until when the DEK this call gave may be used, epoch ms. */
  leaseEndsAt?: number;
  outcome: CallOutcome;
  traceId: string;
  spanId: string;
  attempts: KmsAttempt[];
}

/** How a DEK lookup ended; the last six are refusals. */
export const lookupOutcomes = [
  'hit',
  'coalesced',
  'miss',
  'denial',
  'outage',
  'waiters',
  'aborted',
  'closed',
  'directory',
] as const;
export type LookupOutcome = (typeof lookupOutcomes)[number];

export const scopes = ['message', 'outside'] as const;
/** Whether an operation ran inside a message scope. */
export type Scope = (typeof scopes)[number];

/** Lookups of one workspace in one minute since the counts were last taken. */
export interface OperationCount {
  minute: number;
  workspace: string;
  keyUri: string;
  scope: Scope;
  path: Path;
  outcome: LookupOutcome;
  n: number;
}

export interface MessageCount {
  minute: number;
  workspace: string;
  keyUri: string;
  n: number;
}

/** Use of one DEK in one minute since the counts were last taken. */
export interface DekActivity {
  minute: number;
  workspace: string;
  dekId: string;
  uses: number;
  bytes: number;
}

/** Deltas since the last taking; `minute` is epoch ms of the minute's start, by the lookup's instant. */
export interface RollUp {
  /** Numbers the roll-ups of one (process, boot) from 1. */
  seq: number;
  /**
   * All lookups that began before this whole minute (epoch ms) are counted in this roll-up or an earlier one, and all
   * their calls have been reported.
   */
  completeUntil: number;
  /** All calls up to this number have been reported. */
  callsTold: number;
  /** The engine is closed and sends nothing more. */
  last: boolean;
  operations: OperationCount[];
  messages: MessageCount[];
  deks: DekActivity[];
  /** `deks` holds one DEK in so many, sampled by a hash of its id; absent or 1 if it holds all. */
  dekOneIn?: number;
  /** Lookups and messages whose counts were dropped because no reader took them; absent or 0 if none. */
  lost?: number;
}

/** Sums since the engine began, for metrics. */
export interface Totals {
  operations: { path: Path; outcome: LookupOutcome; n: number }[];
  messages: number;
  entries: number;
  /** How often a telemetry sink threw, rejected or did not close in time. */
  sinkFaults: number;
}

/** Upper bounds of the counts of entries by remaining lease, ms. */
export const leaseBucketsMs = [
  60_000,
  300_000,
  900_000,
  1_800_000,
  3_600_000,
  14_400_000,
  Number.POSITIVE_INFINITY,
] as const;

/** The leases that run at this instant. */
export interface Leases {
  /** How many end within each of `leaseBucketsMs` and not within the one before. */
  remaining: number[];
  /** Ms since the KMS call was sent that gave the oldest lease; always less than the TTL. */
  oldestMs: number;
}

/** The engine as a telemetry reader sees it. */
export interface TelemetrySource {
  readonly process: string;
  readonly boot: string;
  /** When this boot began, epoch ms. */
  readonly startedAt: number;
  readonly policy: Readonly<Policy>;
  totals(): Totals;
  leases(): Leases;
  /** Takes the deltas, so each count is given once. Undefined if nothing happened and no minute has ended. */
  takeRollUp(): RollUp | undefined;
}

/**
 * A receiver of telemetry. It must not block, and must bound what it keeps. If it throws, that is counted in
 * `Totals.sinkFaults` and has no other effect. It gets frozen objects, which other sinks get too.
 */
export interface TelemetrySink {
  attach(source: TelemetrySource): void;
  call(call: KmsCall): void;
  /** Sends what is left of a source, which calls it once from its own `close()`. It must not keep the source. */
  close(source: TelemetrySource): Promise<void>;
}
