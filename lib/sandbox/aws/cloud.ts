/**
 * The sandbox's AWS in process: accounts, principals, KMS keys and CloudTrail logs of one Region.
 * Calls are synchronous; every one leaves its events, in the caller's account and, where it
 * succeeded on another account's key, in the key owner's. Signatures and the wire are the server's
 * business.
 */
import { tupleKey } from '../../shared/tuple-key.ts';
import { FaultPlan } from '../any-cloud/fault-plan.ts';
import { pooledRandom, type RandomBytes, uniform, uuid } from '../any-cloud/random-ids.ts';
import {
  type AwsOperation,
  type AwsOutput,
  type AwsRequest,
  isOperation,
  isTrailOperation,
} from './api.ts';
import { type ApiCall, type CallTrace, type JsonObject, newTrace } from './api-call.ts';
import { AwsFault } from './aws-fault.ts';
import { type AwsCloudOptions, type CloudState, checkCloudOptions } from './cloud-options.ts';
import { CloudTrail } from './cloudtrail.ts';
import { serviceRecord } from './cloudtrail-record.ts';
import {
  AccountLog,
  LiveEvent,
  type LogEntry,
  restoredEvent,
  type StoredEvent,
} from './event-log.ts';
import { Kms } from './kms.ts';
import { KeyRing } from './kms-keys.ts';
import { type Principal, PrincipalDirectory, type PrincipalSpec } from './principals.ts';
import { RateLimit } from './rate-limit.ts';

const eventsMaxDefault = 500_000;

export class AwsCloud {
  readonly region: string;
  readonly #options: AwsCloudOptions;
  readonly #random: RandomBytes;
  readonly #principals: PrincipalDirectory;
  readonly #ring: KeyRing;
  readonly #kms: Kms;
  readonly #rateLimit: RateLimit | null;
  readonly #logs = new Map<string, AccountLog>();
  readonly #trail: CloudTrail;
  readonly faults: FaultPlan;

  constructor(options: AwsCloudOptions) {
    checkCloudOptions(options);
    const { region, propagationMs, state, apiRateLimit } = options;
    const random = pooledRandom(options.random);
    this.region = region;
    this.#options = options;
    this.#random = random;
    this.faults = new FaultPlan(options.clock, options.draw ?? (() => uniform(random)));
    this.#principals = new PrincipalDirectory(random, state?.principals ?? []);
    this.#ring = new KeyRing(region, state?.keys ?? [], state?.aliases);
    this.#kms = new Kms({ ring: this.#ring, random, propagationMs });
    this.#rateLimit = apiRateLimit ? new RateLimit(apiRateLimit) : null;
    this.#trail = new CloudTrail({
      region,
      random,
      queryMs: options.queryMs ?? 0,
      trailBucket: options.trailBucket ?? 'acme-cloudtrail',
      logOf: (account) => this.#log(account),
    });
    for (const event of state?.events ?? []) this.#log(event.account).add(restoredEvent(event));
  }

  /** Adds a user, or a session of a role, with credentials of its own. */
  addPrincipal(spec: PrincipalSpec): Principal {
    return this.#principals.add(spec, this.#options.clock.now());
  }

  principal(accessKeyId: string): Principal | undefined {
    return this.#principals.find(accessKeyId);
  }

  principals(): Principal[] {
    return this.#principals.list();
  }

  /** Answers one call, or throws the `AwsFault` that AWS would answer with. */
  call<O extends string>(
    principal: Principal,
    request: AwsRequest<O>,
  ): { requestId: string; output: AwsOutput<O> } {
    const requestId = uuid(this.#random);
    const { service, sourceIp, userAgent } = request;
    const operation: string = request.operation;
    if (!isOperation(service, operation)) {
      throw withRequestId(new AwsFault('UnknownOperationException', ''), requestId);
    }
    const at = this.#options.clock.now();
    const { region } = this;
    this.#endKeys(at);
    const trace = newTrace();
    const call = { requestId, at, operation, region, principal, sourceIp, userAgent, trace };
    try {
      const output = this.#perform(operation, { principal, now: at, input: request.input, trace });
      this.#record({ ...call, fault: null, sharedEventId: null });
      return { requestId, output: outputOf<O>(output) };
    } catch (error) {
      if (!(error instanceof AwsFault)) throw error;
      const fault = { code: error.code, message: error.message };
      this.#record({ ...call, fault, sharedEventId: null });
      throw withRequestId(error, requestId);
    }
  }

  /** Every event in an account's log, oldest first, delivered or not. */
  events(account: string): StoredEvent[] {
    this.#endKeys(this.#options.clock.now());
    return this.#logs.get(account)?.list() ?? [];
  }

  /** Forgets what happened before an instant, in every log; returns how many events that were. */
  prune(beforeMs: number): number {
    let count = 0;
    for (const log of this.#logs.values()) count += log.prune(beforeMs);
    return count;
  }

  /** Keys and principals; events are kept by way of `journal`. */
  exportState(): CloudState {
    return {
      keys: this.#ring.export(),
      aliases: this.#ring.exportAliases(),
      principals: structuredClone(this.principals()),
    };
  }

  #perform(
    operation: AwsOperation,
    call: {
      principal: Principal;
      now: number;
      input: Readonly<Record<string, unknown>>;
      trace: CallTrace;
    },
  ): AwsOutput<AwsOperation> {
    if (operation === 'Encrypt' || operation === 'Decrypt') this.#failAsPlanned(call);
    if (!isTrailOperation(operation)) return this.#kms.perform(operation, call);
    if (this.#rateLimit && !this.#rateLimit.take(tupleKey(call.principal.account, operation))) {
      call.trace.unlogged = true;
      throw new AwsFault('ThrottlingException', 'Rate exceeded');
    }
    return this.#trail.perform(operation, call);
  }

  /** Whether the account's trail left KMS events out of its files at the time of the event. */
  trailExcludes(event: StoredEvent): boolean {
    return this.#trail.excludes(event);
  }

  /** Deletes the keys whose time has come, and logs it. */
  #endKeys(now: number): void {
    for (const { record, reference } of this.#ring.takeDeleted(now))
      this.#recordService('DeleteKey', { key: reference, at: record.deletionAt ?? now });
  }

  #recordService(
    name: 'RotateKey' | 'DeleteKey',
    about: { key: { arn: string; account: string }; at: number; details?: JsonObject },
  ): void {
    const { account } = about.key;
    const eventId = uuid(this.#random);
    const record = serviceRecord({ name, region: this.region, eventId, ...about });
    const visibleAt = this.#options.clock.now() + this.#lag(this.#options.deliveryLagMs);
    this.#keep(restoredEvent({ record, account, at: about.at, visibleAt }));
  }

  /** What KMS turns away before it looks at the request is not logged. */
  #failAsPlanned({ trace }: { trace: CallTrace }): void {
    const kind = this.faults.next();
    if (kind === null) return;
    trace.unlogged = true;
    throw kind === 'throttled'
      ? new AwsFault('ThrottlingException', 'You have exceeded the rate at which you may call KMS.')
      : new AwsFault('KMSInternalException', 'The request failed for an internal reason.', 500);
  }

  #record(call: ApiCall): void {
    const { recordEvents = true } = this.#options;
    if (!recordEvents || call.trace.unlogged) return;
    const owner = call.trace.key?.account ?? call.principal.account;
    const shared = owner !== call.principal.account && call.fault === null;
    if (shared) call.sharedEventId = uuid(this.#random);
    this.#deliver(call, call.principal.account);
    if (shared) this.#deliver(call, owner);
    const { key, followedBy } = call.trace;
    if (call.fault !== null || key === null || followedBy === null) return;
    this.#recordService(followedBy.name, { key, at: call.at, details: followedBy.details });
  }

  #deliver(call: ApiCall, account: string): void {
    const { deliveryLagMs, late, updatedShare = 0 } = this.#options;
    const isLate = late !== undefined && this.#draws(late.share);
    const visibleAt = call.at + this.#lag(isLate ? late.lagMs : deliveryLagMs);
    const eventId = uuid(this.#random);
    const addendum = isLate ? { addendum: { reason: 'DELIVERY_DELAY' } } : {};
    this.#keep(new LiveEvent(call, { account, eventId, visibleAt, ...addendum }));
    if (!this.#draws(updatedShare)) return;
    const updated = {
      reason: 'UPDATED_DATA',
      updatedFields: 'eventID',
      originalRequestID: call.requestId,
      originalEventID: eventId,
    };
    const again = { eventId: uuid(this.#random), addendum: updated };
    const againAt = visibleAt + this.#lag(deliveryLagMs);
    this.#keep(new LiveEvent(call, { account, visibleAt: againAt, ...again }));
  }

  #keep(event: LogEntry): void {
    this.#log(event.account).add(event);
    this.#options.journal?.(event);
  }

  #lag({ min, max }: { min: number; max: number }): number {
    return Math.round(min + uniform(this.#random) * (max - min));
  }

  #draws(share: number): boolean {
    return share > 0 && uniform(this.#random) < share;
  }

  #log(account: string): AccountLog {
    let log = this.#logs.get(account);
    if (!log) {
      log = new AccountLog(this.#options.eventsMax ?? eventsMaxDefault);
      this.#logs.set(account, log);
    }
    return log;
  }
}

export function createAwsCloud(options: AwsCloudOptions): AwsCloud {
  return new AwsCloud(options);
}

function withRequestId(fault: AwsFault, requestId: string): AwsFault {
  fault.requestId = requestId;
  return fault;
}

/** Guarantee: `#perform` answers an operation with that operation's output. */
const outputOf = <O extends string>(output: AwsOutput<AwsOperation>): AwsOutput<O> =>
  output as AwsOutput<O>;
