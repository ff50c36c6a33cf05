/**
 * Makes KMS calls: numbers them, bounds how many attempts run at once, retries outages within the policy's budget,
 * remembers refusals for a short while, and reports each call with all its attempts. It knows nothing of the DEK cache.
 */
import type { Cause } from './causes.ts';
import { formatClaim } from './claim.ts';
import { withinDeadline } from './deadline.ts';
import type { Lineage } from './dek-memory.ts';
import { closedError } from './errors.ts';
import { FairGate } from './fair-gate.ts';
import type { Policy } from './policy.ts';
import {
  type KekProvider,
  type KekRouter,
  type KmsAnswer,
  KmsFault,
  type KmsRequest,
} from './provider.ts';
import { type Refusal, Refusals, RememberedRefusal } from './refusals.ts';
import type { Runtime } from './runtime.ts';
import type { Instant, SteadyClock } from './steady-clock.ts';
import type { KmsAttempt, KmsCall, KmsOperation, Path } from './telemetry/port.ts';
import type { Sinks } from './telemetry/sinks.ts';

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
  /** Absent if this call begins a new chain. */
  rootSeq?: number | undefined;
  idleMs?: number | undefined;
  forgotten?: boolean | undefined;
  tag?: string | undefined;
  /** Read when the call ends. */
  coalesced: () => number;
  fingerprint: (answer: KmsAnswer | undefined) => string | undefined;
  /** How long a lease this call gives if it succeeds; 0 for none. */
  leaseMs: number;
}

export interface CallResult<T> {
  value: T;
  lineage: Lineage;
  /** When the successful attempt was sent: the lease counts from here. */
  sent: Instant;
  leaseMs: number;
}

/** One attempt, sent through the provider of the call's key. */
type Send = (provider: KekProvider, request: KmsRequest) => Promise<KmsAnswer>;

export interface KmsCallerOptions {
  provider: KekProvider | KekRouter;
  process: string;
  boot: string;
  policy: Policy;
  runtime: Runtime;
  clock: SteadyClock;
  sinks: Sinks;
  /** The key URI that is registered for a key's id. */
  spelling: (workspace: string, keyId: string) => string;
}

/** An answer, and when its attempt was sent. */
interface Answered {
  answer: KmsAnswer;
  sent: Instant;
}

/** Which attempt of a call it is, from 1, and when (monotonic) the call began. */
interface Turn {
  number: number;
  begun: number;
}

/** A call that has not ended. */
interface Running {
  spec: CallSpec;
  provider: KekProvider;
  seq: number;
  ids: { traceId: string; spanId: string };
  attempts: KmsAttempt[];
  /** The attempt that is running, as it is reported if its answer never comes. */
  pending: (() => KmsAttempt) | undefined;
  /** Ends the wait for the attempt that is running. */
  giveUp: AbortController | undefined;
  reported: boolean;
}

export class KmsCaller {
  readonly #options: KmsCallerOptions;
  readonly #refusals = new Refusals();
  readonly #gate: FairGate;
  readonly #running = new Map<Running, Promise<unknown>>();
  readonly #closing = new AbortController();
  #seq = 0;

  constructor(options: KmsCallerOptions) {
    this.#options = options;
    this.#gate = new FairGate(options.policy.kmsConcurrencyMax);
  }

  /** The remembered refusal of this operation under this key, or undefined if the KMS may be asked. */
  refusal(operation: KmsOperation, keyUri: string): Refusal | undefined {
    return this.#refusals.get(operation, keyUri, this.#options.runtime.monotonic());
  }

  /** Since when (epoch ms) a key's operation is refused or unanswered; undefined if it was last granted. */
  readonly refusedSince = (operation: KmsOperation, keyUri: string): number | undefined =>
    this.#refusals.last(operation, keyUri)?.since;

  /** The provider of a key. @throws what a router throws if it has none */
  providerFor({ workspace, keyUri }: { workspace: string; keyUri: string }): KekProvider {
    const { provider, spelling } = this.#options;
    if (!('providerFor' in provider)) return provider;
    return provider.providerFor(spelling(workspace, keyUri));
  }

  /**
   * Makes attempts until one succeeds or no further one is allowed. `accept` turns the answer into a value. If it
   * throws a `KmsFault`, that is the call's outcome, although the attempt succeeded.
   * @throws {KmsFault}
   */
  async call<T>(
    spec: CallSpec,
    send: Send,
    accept: (answer: KmsAnswer) => T,
  ): Promise<CallResult<T>> {
    if (this.#closing.signal.aborted) throw closedError();
    const provider = this.providerFor(spec);
    this.#seq += 1;
    const running: Running = {
      spec,
      provider,
      seq: this.#seq,
      ids: { traceId: this.#hex(16), spanId: this.#hex(8) },
      attempts: [],
      pending: undefined,
      giveUp: undefined,
      reported: false,
    };
    const work = this.#run(running, send, accept);
    this.#running.set(running, work);
    try {
      return await work;
    } finally {
      this.#running.delete(running);
    }
  }

  /** When the earliest lookup began whose call is not reported yet, epoch ms; Infinity if there is none. */
  get openSince(): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (const { reported, spec } of this.#running.keys())
      if (!reported) earliest = Math.min(earliest, spec.at);
    return earliest;
  }

  /** All calls up to this number have been reported. */
  get told(): number {
    for (const { reported, seq } of this.#running.keys()) if (!reported) return seq - 1;
    return this.#seq;
  }

  /** Stops retrying and waits at most so long for answers to what was sent; then reports calls that are still open. */
  async close(waitMsMax: number): Promise<void> {
    this.#closing.abort();
    this.#gate.close();
    if (this.#running.size === 0) return;
    const enough = new AbortController();
    const answered = Promise.allSettled(this.#running.values()).finally(() => enough.abort());
    const waited = this.#options.runtime.sleep(waitMsMax, enough.signal).catch(() => {});
    await Promise.race([answered, waited]);
    for (const running of this.#running.keys()) {
      if (running.pending !== undefined) running.attempts.push(running.pending());
      this.#report(running, 'outage');
      running.giveUp?.abort();
    }
  }

  async #run<T>(
    running: Running,
    send: Send,
    accept: (answer: KmsAnswer) => T,
  ): Promise<CallResult<T>> {
    const { spec, seq } = running;
    const { leaseMs, generation } = spec;
    try {
      const { answer, sent } = await this.#attemptAll(running, send);
      const value = this.#accepted(spec, answer, accept);
      this.#refusals.delete(spec.operation, spec.keyUri);
      this.#report(running, 'ok', answer, leaseMs > 0 ? sent.wall + leaseMs : undefined);
      return { value, lineage: { seq, rootSeq: spec.rootSeq ?? seq, generation }, sent, leaseMs };
    } catch (error) {
      const fault = faultOf(error);
      this.#report(running, fault.kind);
      throw fault;
    }
  }

  #accepted<T>(spec: CallSpec, answer: KmsAnswer, accept: (answer: KmsAnswer) => T): T {
    try {
      return accept(answer);
    } catch (error) {
      const fault = faultOf(error);
      this.#remember(spec, fault);
      throw fault;
    }
  }

  async #attemptAll(running: Running, send: Send): Promise<Answered> {
    const { runtime } = this.#options;
    const { signal } = this.#closing;
    const begun = runtime.monotonic();
    for (let number = 1; ; number += 1) {
      const made = await this.#attempt(running, { number, begun }, send);
      if ('answer' in made) return made;
      const { fault, retryInMs } = made;
      if (retryInMs === undefined) throw fault;
      await runtime.sleep(retryInMs, signal).catch(() => {});
      if (signal.aborted) throw fault;
    }
  }

  /** How long to wait before another attempt; undefined if there must be none. */
  #retryInMs(fault: KmsFault, { number, begun }: Turn): number | undefined {
    const { runtime, policy } = this.#options;
    if (fault.kind !== 'outage' || fault instanceof RememberedRefusal) return undefined;
    const waitMs = policy.backoffMs * 2 ** (number - 1) * runtime.random();
    const spentMs = runtime.monotonic() - begun + waitMs;
    const spent = number >= policy.attemptsMax || spentMs > policy.retryBudgetMs;
    return spent || this.#closing.signal.aborted ? undefined : waitMs;
  }

  /** Makes and records one attempt. */
  async #attempt(
    running: Running,
    turn: Turn,
    send: Send,
  ): Promise<Answered | { fault: KmsFault; retryInMs: number | undefined }> {
    const { runtime, clock } = this.#options;
    const { spec, attempts } = running;
    const { number } = turn;
    const spanId = this.#hex(8);
    const open = await this.#gate.enter(spec.keyUri);
    const sent = clock.now();
    const begun = runtime.monotonic();
    const attempt = (outcome: KmsAttempt['outcome'], details: Partial<KmsAttempt>): KmsAttempt => ({
      attempt: number,
      spanId,
      sentAt: sent.wall,
      durationMs: runtime.monotonic() - begun,
      sent: true,
      outcome,
      ...details,
    });
    try {
      if (!open) throw new KmsFault('outage', 'EngineClosed', { sent: false });
      this.#refuseQueued(spec, number);
      running.pending = () => attempt('outage', { reason: 'EngineClosed' });
      const answer = await this.#send(running, { number, spanId }, send);
      const requestId = answer.requestId && { requestId: answer.requestId };
      attempts.push(attempt('ok', { ...requestId, httpStatus: 200 }));
      return { answer, sent };
    } catch (error) {
      const fault = faultOf(error);
      const { reason, requestId, httpStatus } = fault;
      attempts.push(
        attempt(fault.kind, {
          sent: fault.sent,
          reason,
          ...(requestId !== undefined && { requestId }),
          ...(httpStatus !== undefined && { httpStatus }),
        }),
      );
      const retryInMs = this.#retryInMs(fault, turn);
      // Remembered before the next attempt has its turn, because that one must not be sent.
      if (retryInMs === undefined) this.#remember(spec, fault);
      return { fault, retryInMs };
    } finally {
      running.pending = undefined;
      running.giveUp = undefined;
      if (open) this.#gate.leave(spec.keyUri);
    }
  }

  /**
   * The refusal of another call, made while this one waited for its turn. In an outage, a call that was already sent
   * once goes on: it may be the first to see the outage end. A validation always asks.
   */
  #refuseQueued({ operation, keyUri, path }: CallSpec, number: number): void {
    if (path === 'validate') return;
    const refusal = this.refusal(operation, keyUri);
    if (refusal !== undefined && (number === 1 || refusal.kind === 'denied'))
      throw new RememberedRefusal(refusal);
  }

  /** The provider's answer, or a fault after the policy's time, whatever the provider does. */
  async #send(
    running: Running,
    { number, spanId }: { number: number; spanId: string },
    send: Send,
  ): Promise<KmsAnswer> {
    const { runtime, policy, process, boot, spelling } = this.#options;
    const { spec, seq, provider } = running;
    const { workspace, dekId, cause } = spec;
    const keyUri = spelling(workspace, spec.keyUri);
    const claim = formatClaim({ process, boot, seq, attempt: number, cause, spanId });
    const context = { workspace, dekId };
    running.giveUp = new AbortController();
    let ignored = false;
    const answer = await withinDeadline({
      runtime,
      ms: policy.attemptTimeoutMs,
      giveUp: running.giveUp,
      work: async (signal) => {
        const given = await send(provider, { keyUri, context, claim, signal });
        // Nobody wants a DEK that comes too late, but it would stay in memory: zeroise it.
        if (ignored) given?.bytes?.fill(0);
        return given;
      },
      late: () => {
        ignored = true;
        return new KmsFault('outage', 'AttemptTimeout', { sent: true });
      },
    });
    if (!(answer?.bytes instanceof Uint8Array))
      throw new KmsFault('outage', 'MalformedAnswer', { sent: true });
    return answer;
  }

  #remember(spec: CallSpec, fault: KmsFault): void {
    if (fault.kind === 'wrong-key' || fault instanceof RememberedRefusal) return;
    const { policy, runtime } = this.#options;
    const memoryMs = fault.kind === 'denied' ? policy.denialMemoryMs : policy.outageMemoryMs;
    const { kind, reason } = fault;
    const [until, since] = [runtime.monotonic() + memoryMs, runtime.now()];
    this.#refusals.set(spec.operation, spec.keyUri, { until, kind, reason, since });
  }

  #report(
    running: Running,
    outcome: KmsCall['outcome'],
    answer?: KmsAnswer,
    leaseEndsAt?: number,
  ): void {
    if (running.reported) return;
    running.reported = true;
    const { seq, ids, attempts, spec: given } = running;
    const {
      coalesced,
      fingerprint,
      leaseMs: _,
      parentSeq,
      idleMs,
      forgotten,
      tag,
      ...spec
    } = given;
    const edekFingerprint = fingerprint(answer);
    const call: KmsCall = {
      ...spec,
      ...ids,
      seq,
      rootSeq: spec.rootSeq ?? seq,
      provider: running.provider.name,
      endedAt: this.#options.runtime.now(),
      coalesced: coalesced(),
      outcome,
      attempts,
      ...(edekFingerprint !== undefined && { edekFingerprint }),
      ...(parentSeq !== undefined && { parentSeq }),
      ...(idleMs !== undefined && { idleMs }),
      ...(forgotten && { forgotten }),
      ...(tag !== undefined && { tag }),
      ...(leaseEndsAt !== undefined && { leaseEndsAt }),
    };
    this.#options.sinks.call(call);
  }

  #hex(bytes: number): string {
    const buffer = Buffer.allocUnsafe(bytes);
    this.#options.runtime.fill(buffer);
    return buffer.toString('hex');
  }
}

/** An error that the provider did not classify is an outage: it says nothing about the key. */
function faultOf(error: unknown): KmsFault {
  if (error instanceof KmsFault) return error;
  const reason = error instanceof Error ? error.name : 'Unknown';
  return new KmsFault('outage', reason, { sent: true, cause: error });
}
