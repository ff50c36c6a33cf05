/**
 * Makes KMS calls: numbers them, retries outages within the policy's budget, remembers refusals for a short while, and
 * reports each call with all its attempts. It knows nothing of DEKs in use.
 */
import type { Cause } from './causes.ts';
import { formatClaim } from './claim.ts';
import type { Instant, Lineage } from './dek-cache.ts';
import { CryptoCoreError } from './errors.ts';
import type { Policy } from './policy.ts';
import { type KekProvider, type KmsAnswer, KmsFault, type KmsRequest } from './provider.ts';
import type { Runtime } from './runtime.ts';
import type { KmsAttempt, KmsCall, KmsOperation, Path, TelemetrySink } from './telemetry/port.ts';

export interface CallSpec {
  operation: KmsOperation;
  workspace: string;
  keyUri: string;
  path: Path | 'validate';
  cause: Cause;
  dekId: string;
  dekAgeMs: number;
  at: number;
  generation: number;
  parentSeq?: number | undefined;
  /** Absent where this call begins a new root. */
  rootSeq?: number | undefined;
  idleMs?: number | undefined;
  forgotten?: boolean | undefined;
  tag?: string | undefined;
  /** Read when the call ends. */
  coalesced: () => number;
  fingerprint: (answer: KmsAnswer | undefined) => string | undefined;
  /** Whether success gives a lease. */
  leases: boolean;
}

export interface CallResult<T> {
  value: T;
  lineage: Lineage;
  /** When the successful attempt was sent: the lease counts from here. */
  sent: Instant;
}

interface Refusal {
  /** Monotonic: a wall clock that steps back must not lengthen a refusal. */
  until: number;
  kind: 'denied' | 'outage';
  reason: string;
}

const refusalsMax = 10_000;

export interface KmsCallerOptions {
  provider: KekProvider;
  process: string;
  boot: string;
  policy: Policy;
  runtime: Runtime;
  sinks: readonly TelemetrySink[];
}

export class KmsCaller {
  readonly #options: KmsCallerOptions;
  readonly #refusals = new Map<string, Refusal>();
  #seq = 0;

  constructor(options: KmsCallerOptions) {
    this.#options = options;
  }

  /** The remembered refusal of this operation under this key, or undefined where the KMS may be asked. */
  refusal(operation: KmsOperation, keyUri: string): Refusal | undefined {
    const refusal = this.#refusals.get(`${operation} ${keyUri}`);
    return refusal !== undefined && this.#options.runtime.monotonic() < refusal.until
      ? refusal
      : undefined;
  }

  /**
   * Calls until an attempt succeeds or no further one is allowed. `accept` turns the answer into a value; a `KmsFault`
   * it throws is the call's outcome though the attempt succeeded.
   * @throws {KmsFault}
   */
  async call<T>(
    spec: CallSpec,
    send: (request: KmsRequest) => Promise<KmsAnswer>,
    accept: (answer: KmsAnswer) => T,
  ): Promise<CallResult<T>> {
    this.#seq += 1;
    const seq = this.#seq;
    const rootSeq = spec.rootSeq ?? seq;
    const ids = { traceId: this.#hex(16), spanId: this.#hex(8) };
    const attempts: KmsAttempt[] = [];
    const record = (outcome: KmsCall['outcome'], answer?: KmsAnswer, leaseEndsAt?: number) =>
      this.#report({ spec, seq, rootSeq, ids, attempts, outcome, answer, leaseEndsAt });
    try {
      const { answer, sent } = await this.#attemptAll(spec, seq, attempts, send);
      const value = accept(answer);
      this.#refusals.delete(`${spec.operation} ${spec.keyUri}`);
      record('ok', answer, spec.leases ? sent.wall + this.#options.policy.ttlMs : undefined);
      return { value, lineage: { seq, rootSeq, generation: spec.generation }, sent };
    } catch (error) {
      const fault = error instanceof KmsFault ? error : unknownFault(error);
      this.#remember(spec, fault);
      record(fault.kind);
      throw fault;
    }
  }

  async #attemptAll(
    spec: CallSpec,
    seq: number,
    attempts: KmsAttempt[],
    send: (request: KmsRequest) => Promise<KmsAnswer>,
  ): Promise<{ answer: KmsAnswer; sent: Instant }> {
    const { runtime, policy, process, boot } = this.#options;
    const begun = runtime.monotonic();
    for (let number = 1; ; number += 1) {
      const spanId = this.#hex(8);
      const claim = formatClaim({ process, boot, seq, attempt: number, cause: spec.cause, spanId });
      const sent = { wall: runtime.now(), monotonic: runtime.monotonic() };
      const attempt = (
        outcome: KmsAttempt['outcome'],
        details: Partial<KmsAttempt>,
      ): KmsAttempt => ({
        attempt: number,
        spanId,
        sentAt: sent.wall,
        durationMs: runtime.monotonic() - sent.monotonic,
        sent: true,
        outcome,
        ...details,
      });
      try {
        const context = { workspace: spec.workspace, dekId: spec.dekId };
        const answer = await send({ keyUri: spec.keyUri, context, claim });
        attempts.push(
          attempt('ok', {
            ...(answer.requestId && { requestId: answer.requestId }),
            httpStatus: 200,
          }),
        );
        return { answer, sent };
      } catch (error) {
        const fault = error instanceof KmsFault ? error : unknownFault(error);
        attempts.push(
          attempt(fault.kind, {
            sent: fault.sent,
            reason: fault.reason,
            ...(fault.requestId !== undefined && { requestId: fault.requestId }),
            ...(fault.httpStatus !== undefined && { httpStatus: fault.httpStatus }),
          }),
        );
        const waitMs = policy.backoffMs * 2 ** (number - 1) * runtime.random();
        const spentMs = runtime.monotonic() - begun + waitMs;
        if (
          fault.kind !== 'outage' ||
          number >= policy.attemptsMax ||
          spentMs > policy.retryBudgetMs
        )
          throw fault;
        await runtime.sleep(waitMs);
      }
    }
  }

  #remember(spec: CallSpec, fault: KmsFault): void {
    if (fault.kind === 'wrong-key') return;
    const { policy, runtime } = this.#options;
    const memoryMs = fault.kind === 'denied' ? policy.denialMemoryMs : policy.outageMemoryMs;
    const until = runtime.monotonic() + memoryMs;
    if (this.#refusals.size >= refusalsMax) this.#refusals.clear();
    this.#refusals.set(`${spec.operation} ${spec.keyUri}`, {
      until,
      kind: fault.kind,
      reason: fault.reason,
    });
  }

  #report(done: {
    spec: CallSpec;
    seq: number;
    rootSeq: number;
    ids: { traceId: string; spanId: string };
    attempts: KmsAttempt[];
    outcome: KmsCall['outcome'];
    answer: KmsAnswer | undefined;
    leaseEndsAt: number | undefined;
  }): void {
    const {
      coalesced,
      fingerprint,
      leases: _,
      parentSeq,
      idleMs,
      forgotten,
      tag,
      rootSeq: _root,
      ...spec
    } = done.spec;
    const edekFingerprint = fingerprint(done.answer);
    const call: KmsCall = {
      ...spec,
      ...done.ids,
      seq: done.seq,
      rootSeq: done.rootSeq,
      provider: this.#options.provider.name,
      endedAt: this.#options.runtime.now(),
      coalesced: coalesced(),
      outcome: done.outcome,
      attempts: done.attempts,
      ...(edekFingerprint !== undefined && { edekFingerprint }),
      ...(parentSeq !== undefined && { parentSeq }),
      ...(idleMs !== undefined && { idleMs }),
      ...(forgotten && { forgotten }),
      ...(tag !== undefined && { tag }),
      ...(done.leaseEndsAt !== undefined && { leaseEndsAt: done.leaseEndsAt }),
    };
    for (const sink of this.#options.sinks) sink.call(call);
  }

  #hex(bytes: number): string {
    const buffer = Buffer.allocUnsafe(bytes);
    this.#options.runtime.fill(buffer);
    return buffer.toString('hex');
  }
}

/** What a provider did not classify is treated as an outage: nobody said anything about the key. */
function unknownFault(cause: unknown): KmsFault {
  return new KmsFault('outage', cause instanceof Error ? cause.name : 'Unknown', {
    sent: true,
    cause,
  });
}

/** The error a caller sees for a refused call; it never names key or context. */
export function refusedError(
  kind: 'denied' | 'outage',
  operation: KmsOperation,
  reason: string,
): CryptoCoreError {
  return kind === 'denied'
    ? new CryptoCoreError(
        'denied',
        `The customer's KMS refuses ${operation} (${reason}). Check that the key exists and is enabled and that its policy allows this service.`,
      )
    : new CryptoCoreError(
        'unavailable',
        `The customer's KMS could not be asked to ${operation} (${reason}) and no lease is left. Try again shortly.`,
      );
}
