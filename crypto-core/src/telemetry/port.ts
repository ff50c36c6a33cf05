/**
 * What the engine tells about itself. Two things flow: each KMS call, as it ends; and counts, which the engine keeps as
 * integers and a reader takes when it wants them. No key material, plaintext or context value is in either.
 */
import type { Cause } from '../causes.ts';
import type { Policy } from '../policy.ts';
import type { KmsFaultKind } from '../provider.ts';

export type KmsOperation = 'Encrypt' | 'Decrypt';
export type Path = 'encrypt' | 'decrypt';
export type CallOutcome = 'ok' | KmsFaultKind;

/** One attempt of a KMS call, as it went over the wire. */
export interface KmsAttempt {
  /** 1 for the first. */
  attempt: number;
  spanId: string;
  /** Epoch ms. */
  sentAt: number;
  durationMs: number;
  /** False where the request never left (credentials, DNS, connection, aborted). */
  sent: boolean;
  outcome: CallOutcome;
  /** The provider's error code, where it failed. */
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
  /** First 16 hex digits of the eDEK's SHA-256; absent where wrapping failed. */
  edekFingerprint?: string;
  /** Other lookups that waited for this call. */
  coalesced: number;
  generation: number;
  rootSeq: number;
  parentSeq?: number;
  /** Since the lease before this load ended. */
  idleMs?: number;
  /** The memory of DEKs once held has overflowed: `load.first` may hide an older cause. */
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
   * Every lookup that began before this whole minute (epoch ms) is counted in this roll-up or one before it, and every
   * call of one has been told.
   */
  completeUntil: number;
  /** The calls up to this number have been told. */
  callsTold: number;
  /** The engine is closed: nothing follows. */
  last: boolean;
  operations: OperationCount[];
  messages: MessageCount[];
  deks: DekActivity[];
  /** One DEK in so many, by a hash of its id, is in `deks`; absent or 1 where all are. */
  dekOneIn?: number;
  /** Lookups and messages that were dropped uncounted because nobody took them; absent or 0 where none. */
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
  /** Since the KMS call that gave the oldest was sent; never as much as the TTL. */
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
  /** Takes the deltas: each count is given exactly once. Undefined where nothing happened and no minute has ended. */
  takeRollUp(): RollUp | undefined;
}

/**
 * A receiver of telemetry; it must not block or keep references to what it is given beyond its bound. What it throws is
 * counted in `Totals.sinkFaults` and ends nothing. What it is given is frozen: other sinks get the same.
 */
export interface TelemetrySink {
  attach(source: TelemetrySource): void;
  call(call: KmsCall): void;
  /** Sends what is left of a source; called once for each, by its `close()`. The source must not be kept. */
  close(source: TelemetrySource): Promise<void>;
}
