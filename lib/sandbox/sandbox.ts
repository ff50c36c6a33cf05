/**
 * The sandbox as a whole: its cloud, its fleet, its clock. It lays history in virtual time, in process; then it lives
 * on at a multiple of wall time, its engines calling the cloud over HTTP through the unchanged AWS SDK.
 */
import { randomBytes, randomFillSync } from 'node:crypto';
import { Agent } from 'node:http';
import { setImmediate, setTimeout as wait } from 'node:timers/promises';
import type { KekProvider, Policy, Runtime } from '@keytide/crypto-core';
import { awsProvider } from '@keytide/crypto-core/providers/aws';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { systemClock } from '../domain/clock.ts';
import { seededRandom } from '../domain/seeded-random.ts';
import { AwsFault } from './aws/aws-fault.ts';
import { AwsCloud } from './aws/cloud.ts';
import type { CloudState } from './aws/cloud-options.ts';
import type { StoredEvent } from './aws/event-log.ts';
import { type AwsServer, startAwsServer } from './aws/server.ts';
import { writeLogFiles } from './aws/trail-files.ts';
import { type Cast, castOf, customerAccount, guestOf } from './fleet/accounts.ts';
import { Fleet } from './fleet/fleet.ts';
import { plantAudit, plantStranger, plantSuspect } from './fleet/plants.ts';
import { type Plant, type WorkloadEvent, workload } from './fleet/workload.ts';
import { inProcessProvider } from './in-process-provider.ts';
import { SandboxClock } from './sandbox-clock.ts';

export interface SandboxOptions {
  startMs: number;
  seed: number;
  otlp: { url: string; token: string };
  /** Called for every audit event, for keeping. */
  journal?: (event: StoredEvent) => void;
  /** What an earlier run left. */
  restored?: { cloud: CloudState; cast: CastNames; disabledAt: number | null };
  messagesPerHour?: number;
  /** Engine processes. Default 6. */
  processes?: number;
  /** Default ten. */
  workspaces?: readonly string[];
  /** Of every engine. Default the engine's own. */
  policy?: Partial<Policy>;
  /** What happens besides messages, in order of time. Default the same every day. */
  plants?: readonly Plant[];
  /** While history is laid, telemetry goes out this often, ms of sandbox time. Default 4 h. */
  flushEveryMs?: number;
  onError?: (message: string) => void;
}

/** The cast by access key, as it is kept beside the cloud's state. */
export type CastNames = {
  [Role in Exclude<keyof Cast, 'engines' | 'keyArn' | 'guest'>]: string;
} & {
  engines: string[];
  keyArn: string;
  /** Not in what earlier releases kept. */
  guest?: string;
};

/** What an engine that is not the sandbox's own needs to call its cloud. */
export interface GuestAccess {
  endpoint: string;
  region: string;
  key: string;
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken: string };
}

const region = 'eu-central-1';
const processesDefault = 6;
const workspacesDefault = [
  'legal',
  'research',
  'support',
  'finance',
  'sales',
  'people',
  'design',
  'platform',
  'board',
  'press',
];
const deliveryLagMs = { min: 60_000, max: 300_000 };
const propagationMs = 5_000;
const messagesPerHourDefault = 2_000;
const flushEveryMsDefault = 4 * 3_600_000;
const liveFlushMs = 1_000;
/** On a slow machine the dashboard needs its time: sent again meanwhile, a batch would only cost it more. */
const timeoutMs = 60_000;
/** While history is laid others are heard this often: whoever asks for the clock's state. */
const hearEveryMs = 100;
const inFlightMax = 64;

export class Sandbox {
  readonly clock: SandboxClock;
  readonly cloud: AwsCloud;
  readonly cast: Cast;
  readonly #options: SandboxOptions;
  readonly #fleet: Fleet;
  readonly #events: Generator<WorkloadEvent, never>;
  readonly #live: (KekProvider | undefined)[] = [];
  /** The first event after history. */
  #next: WorkloadEvent | undefined;
  #server: AwsServer | undefined;
  #disabledAt: number | null = null;
  #stopped = false;
  #living: Promise<void> = Promise.resolve();

  constructor(options: SandboxOptions) {
    const { startMs, seed, journal, restored, policy, plants } = options;
    const { processes = processesDefault, workspaces = workspacesDefault } = options;
    this.#options = options;
    this.clock = new SandboxClock({ wall: systemClock, startMs, speed: 0 });
    this.cloud = new AwsCloud({
      clock: this.clock,
      random: randomBytes,
      region,
      deliveryLagMs,
      propagationMs,
      ...(journal && { journal }),
      ...(restored && { state: restored.cloud }),
    });
    this.cast = restored ? recast(this.cloud, restored.cast) : castOf(this.cloud, processes);
    this.#disabledAt = restored?.disabledAt ?? null;
    const random = seededRandom(seed);
    this.#events = workload({
      startMs,
      random,
      workspaces,
      processes,
      messagesPerHour: options.messagesPerHour ?? messagesPerHourDefault,
      ...(plants && { plants }),
    });
    const { onError } = options;
    this.#fleet = new Fleet({
      processes,
      keyUri: this.cast.keyArn,
      runtime: this.#runtime(random),
      ...(policy && { policy }),
      providerFor: (process) => this.#provider(process),
      // Sends by itself only once live; history sends when it says so.
      otlp: { ...options.otlp, flushEveryMs: 0, timeoutMs, ...(onError && { onError }) },
    });
  }

  get disabledAt(): number | null {
    return this.#disabledAt;
  }

  /** Lives through `[now, untilMs)` in virtual time; telemetry goes out as it would, a few hours at once. */
  async layHistory(untilMs: number, onProgress: (at: number) => void): Promise<void> {
    const everyMs = this.#options.flushEveryMs ?? flushEveryMsDefault;
    let flushAt = this.clock.now() + everyMs;
    let heardAt = performance.now();
    for (;;) {
      const event = this.#events.next().value;
      if (event.at >= untilMs) {
        this.#next = event;
        break;
      }
      this.clock.jumpTo(Math.max(event.at, this.clock.now()));
      await this.#handle(event);
      if (performance.now() - heardAt > hearEveryMs) {
        onProgress(event.at);
        await setImmediate();
        heardAt = performance.now();
      }
      if (event.at < flushAt) continue;
      await this.#fleet.flush();
      flushAt = event.at + everyMs;
    }
    this.clock.jumpTo(untilMs);
    await this.#fleet.flush();
    onProgress(untilMs);
  }

  /** Writes the customer's delivered log as CloudTrail files. */
  writeLogs(dir: string): Promise<{ files: number; records: number }> {
    return writeLogFiles(this.cloud, { account: customerAccount, dir, untilMs: this.clock.now() });
  }

  /** Opens the cloud's HTTP endpoint, moves every engine onto it, and lets time run. */
  async goLive(speed: number): Promise<{ endpoint: string; region: string }> {
    this.#server = await startAwsServer({ cloud: this.cloud, wall: systemClock });
    const endpoint = this.#server.url;
    for (const [number, principal] of this.cast.engines.entries()) {
      const { accessKeyId, secretAccessKey, sessionToken } = principal;
      this.#live[number] = awsProvider({
        region,
        endpoint,
        credentials: {
          accessKeyId,
          secretAccessKey,
          ...(sessionToken !== null && { sessionToken }),
        },
        // Each engine process calls from an address of its own, as hosts would.
        requestHandler: new NodeHttpHandler({
          httpAgent: new Agent({ keepAlive: true, localAddress: addressOf(number) }),
          requestTimeout: 5_000,
        }),
      });
    }
    this.clock.setSpeed(speed);
    this.#fleet.goLive(liveFlushMs);
    this.#living = this.#liveOn();
    return { endpoint, region };
  }

  /** For an engine of the host's own; null until the cloud has an endpoint. */
  guestAccess(): GuestAccess | null {
    if (this.#server === undefined) return null;
    const { keyArn, guest } = this.cast;
    const { accessKeyId, secretAccessKey, sessionToken } = guest;
    return {
      endpoint: this.#server.url,
      region,
      key: keyArn,
      credentials: { accessKeyId, secretAccessKey, sessionToken: sessionToken ?? '' },
    };
  }

  /** Disables or enables the customer's key, as its administrator would. */
  setKey(enabled: boolean): void {
    const { admin, keyArn } = this.cast;
    this.cloud.call(admin, {
      service: 'kms',
      operation: enabled ? 'EnableKey' : 'DisableKey',
      input: { KeyId: keyArn },
      sourceIp: '127.0.0.2',
      userAgent: 'aws-cli/2',
    });
    this.#disabledAt = enabled ? null : this.clock.now();
  }

  async close(): Promise<void> {
    this.#stopped = true;
    await this.#living;
    await this.#fleet.close();
    for (const provider of this.#live) provider?.close?.();
    await this.#server?.close();
  }

  async #liveOn(): Promise<void> {
    const inFlight = new Set<Promise<void>>();
    for (
      let event = this.#next ?? this.#events.next().value;
      !this.#stopped;
      event = this.#events.next().value
    ) {
      await this.#waitUntil(event.at);
      if (this.#stopped) break;
      const work = this.#handle(event).catch((error: unknown) => {
        this.#options.onError?.(
          `sandbox: ${error instanceof Error ? error.message : String(error)}`,
        );
      });
      inFlight.add(work);
      void work.then(() => inFlight.delete(work));
      if (inFlight.size >= inFlightMax) await Promise.race(inFlight);
    }
    await Promise.all(inFlight);
  }

  async #waitUntil(at: number): Promise<void> {
    while (!this.#stopped && this.clock.now() < at) {
      const { speed } = this.clock;
      const wallMs = speed > 0 ? (at - this.clock.now()) / speed : Number.POSITIVE_INFINITY;
      // Short waits, so that a change of speed or a stop is seen soon.
      await wait(Math.min(Math.max(1, wallMs), 250));
    }
  }

  async #handle(event: WorkloadEvent): Promise<void> {
    if (event.kind === 'message') return this.#fleet.message(event);
    if (event.kind === 'deploy') return this.#fleet.deploy(event.process);
    if (event.kind === 'crash') return this.#fleet.crash(event.process);
    if (event.kind === 'bulk') return this.#fleet.writeBulk(event.workspaces);
    if (event.kind === 'archive') return this.#fleet.readArchive(event);
    if (event.kind === 'fault') {
      const { fault: kind, share, at: from, untilMs: to } = event;
      return this.cloud.planFault({ kind, share, from, to });
    }
    try {
      if (event.kind === 'stranger') plantStranger(this.cloud, this.cast, event.times);
      else if (event.kind === 'suspect') plantSuspect(this.cloud, this.cast);
      else plantAudit(this.cloud, this.cast);
    } catch (error) {
      // With the key disabled these fail as everybody's calls do.
      if (!(error instanceof AwsFault)) throw error;
    }
  }

  #provider(process: number): KekProvider {
    const { cloud } = this;
    const principal = this.cast.engines[process];
    if (principal === undefined) throw new RangeError(`there is no engine ${process}`);
    const direct = inProcessProvider({ cloud, principal, sourceIp: addressOf(process) });
    const now = () => this.#live[process] ?? direct;
    return {
      name: 'aws',
      wrap: (plaintext, request) => now().wrap(plaintext, request),
      unwrap: (wrapped, request) => now().unwrap(wrapped, request),
    };
  }

  #runtime(random: () => number): Runtime {
    const { clock } = this;
    const wallMs = (ms: number) => (clock.speed > 0 ? ms / clock.speed : 0);
    return {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      random,
      fill: (buffer) => {
        randomFillSync(buffer);
      },
      sleep: async (ms) => {
        await wait(wallMs(ms));
      },
      every: (_ms, task) => {
        const timer = setInterval(task, 1_000).unref();
        return () => clearInterval(timer);
      },
    };
  }
}

const addressOf = (process: number): string => `127.0.0.${11 + process}`;

/** Names the cast so that it can be found again in a restored cloud. */
export function castNames(cast: Cast): CastNames {
  const { keyArn, engines, admin, auditor, stranger, suspect, guest } = cast;
  return {
    keyArn,
    engines: engines.map(({ accessKeyId }) => accessKeyId),
    admin: admin.accessKeyId,
    auditor: auditor.accessKeyId,
    stranger: stranger.accessKeyId,
    suspect: suspect.accessKeyId,
    guest: guest.accessKeyId,
  };
}

function recast(cloud: AwsCloud, names: CastNames): Cast {
  const find = (accessKeyId: string) => {
    const principal = cloud.principal(accessKeyId);
    if (principal === undefined)
      throw new Error('the sandbox state names a principal that it does not hold');
    return principal;
  };
  const { keyArn, engines, admin, auditor, stranger, suspect, guest } = names;
  return {
    keyArn,
    engines: engines.map(find),
    admin: find(admin),
    auditor: find(auditor),
    stranger: find(stranger),
    suspect: find(suspect),
    guest: guest === undefined ? guestOf(cloud) : find(guest),
  };
}
