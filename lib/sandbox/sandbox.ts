/**
 * The sandbox as a whole: its clouds, its fleet, its clock. It lays history in virtual time; then it lives on at a
 * multiple of wall time, its engines calling each cloud over its own wire through the unchanged SDKs.
 */
import { randomFillSync } from 'node:crypto';
import { setImmediate, setTimeout as wait } from 'node:timers/promises';
import { type KekRouter, type Policy, providerRouter, type Runtime } from '@keytide/crypto-core';
import { systemClock } from '../domain/clock.ts';
import { seededRandom } from '../domain/seeded-random.ts';
import { Fleet } from './fleet/fleet.ts';
import { type Plant, type WorkloadEvent, workload } from './fleet/workload.ts';
import type { Keeper, KeptSandbox, SavedSide } from './keep.ts';
import { SandboxClock } from './sandbox-clock.ts';
import { AwsSide } from './sides/aws-side.ts';
import { AzureSide } from './sides/azure-side.ts';
import { GcpSide } from './sides/gcp-side.ts';
import type { KeptSide, SideKeeping } from './sides/kept-side.ts';
import type { CloudAccess, CloudName, Delays, Side } from './sides/side.ts';

export interface SandboxOptions extends Delays {
  startMs: number;
  seed: number;
  otlp: { url: string; token: string };
  /** Workspaces are shared out among them. Default AWS alone. */
  clouds?: readonly CloudName[];
  /** Called for every event of every log as it is written. */
  keep?: Keeper['append'];
  /** What an earlier run left of the same clouds. */
  restored?: readonly KeptSide[];
  messagesPerHour?: number;
  /** So long nothing is deployed, and the workspaces come one after the other. Default 0. */
  openingMs?: number;
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

/**
 * What a host lays: two days. The deploy and the archive that stand for all are on the second, after a quiet one; what
 * is archived was written a little before them.
 */
export const history = { lengthMs: (48 * 60 + 10) * 60_000, openingMs: 22 * 3_600_000 };

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
const messagesPerHourDefault = 2_000;
const flushEveryMsDefault = 4 * 3_600_000;
const liveFlushMs = 1_000;
/** On a slow machine the dashboard needs its time: sent again meanwhile, a batch would only cost it more. */
const timeoutMs = 60_000;
/** While history is laid, the event loop is freed this often, so that requests are answered. */
const hearEveryMs = 100;
const inFlightMax = 64;

export class Sandbox {
  readonly clock: SandboxClock;
  readonly sides: readonly Side[];
  readonly #options: SandboxOptions;
  readonly #fleet: Fleet;
  readonly #events: Generator<WorkloadEvent, never>;
  /** When the key of a side was disabled. */
  readonly #disabledAt = new Map<Side, number>();
  #opening: Promise<unknown> | undefined;
  /** The first event after history. */
  #next: WorkloadEvent | undefined;
  #stopped = false;
  #living: Promise<void> = Promise.resolve();

  constructor(options: SandboxOptions) {
    const { startMs, seed, restored = [], policy, plants, clouds = ['aws'] } = options;
    const { openingMs = 0 } = options;
    const { processes = processesDefault, workspaces = workspacesDefault } = options;
    this.#options = options;
    this.clock = new SandboxClock({ wall: systemClock, startMs, speed: 0 });
    this.sides = clouds.map((cloud) => sideOf(cloud, this.clock, { ...options, processes }));
    for (const side of this.sides) {
      const at = restored.find(({ cloud }) => cloud === side.cloud)?.disabledAt ?? null;
      if (at !== null) this.#disabledAt.set(side, at);
    }
    const random = seededRandom(seed);
    this.#events = workload({
      startMs,
      random,
      workspaces,
      processes,
      messagesPerHour: options.messagesPerHour ?? messagesPerHourDefault,
      openingMs,
      ...(plants && { plants }),
    });
    const { onError } = options;
    this.#fleet = new Fleet({
      processes,
      keyFor: (workspace) => this.#sideOf(workspaces.indexOf(workspace)).keyUri,
      runtime: this.#runtime(random),
      ...(policy && { policy }),
      providerFor: (process) => this.#router(process),
      // Sends by itself only once live; history sends when it says so.
      otlp: { ...options.otlp, flushEveryMs: 0, timeoutMs, ...(onError && { onError }) },
    });
  }

  /** @throws {Error} where it does not run on AWS */
  get awsSide(): AwsSide {
    const side = this.sides.find((one) => one instanceof AwsSide);
    if (side === undefined) throw new Error('this sandbox has no AWS');
    return side;
  }

  /** When the key of a side was disabled; null while it is not. */
  disabledAt(side: Side): number | null {
    return this.#disabledAt.get(side) ?? null;
  }

  /** Lives through `[now, untilMs)` in virtual time; telemetry goes out as it would, a few hours at once. */
  async layHistory(untilMs: number, onProgress: (at: number) => void): Promise<void> {
    await this.#open();
    const everyMs = this.#options.flushEveryMs ?? flushEveryMsDefault;
    let flushAt = this.clock.now() + everyMs;
    let heardAt = systemClock.monotonic();
    for (;;) {
      const event = this.#events.next().value;
      if (event.at >= untilMs) {
        this.#next = event;
        break;
      }
      this.clock.jumpTo(Math.max(event.at, this.clock.now()));
      await this.#handle(event);
      if (systemClock.monotonic() - heardAt > hearEveryMs) {
        onProgress(event.at);
        await setImmediate();
        heardAt = systemClock.monotonic();
      }
      if (event.at < flushAt) continue;
      await this.#fleet.flush();
      flushAt = event.at + everyMs;
    }
    this.clock.jumpTo(untilMs);
    await this.#fleet.flush();
    onProgress(untilMs);
  }

  /** Writes what the customers' logs have delivered since the last time, each in its cloud's own form. */
  async writeLogs(dir: string): Promise<{ files: string[]; records: number }> {
    const written = { files: [] as string[], records: 0 };
    for (const side of this.sides) {
      const { files, records } = await side.writeLogs(dir);
      written.files.push(...files);
      written.records += records;
    }
    return written;
  }

  /** Opens the clouds' endpoints, moves every engine onto them, and lets time run. */
  async goLive(speed: number): Promise<void> {
    await this.#open();
    for (const side of this.sides) await side.goLive();
    this.clock.setSpeed(speed);
    this.#fleet.goLive(liveFlushMs);
    this.#living = this.#liveOn();
  }

  /** For an engine of the host's own; null until there are endpoints. */
  access(): CloudAccess[] | null {
    const known = this.sides.map((side) => side.access());
    const given = known.filter((access) => access !== null);
    return this.clock.speed === 0 || given.length < known.length ? null : given;
  }

  /** Disables or enables a customer's key, as its administrator would. @throws {RangeError} */
  setKey(key: string, enabled: boolean): void {
    const side = this.sides.find(({ keyUri }) => keyUri === key);
    if (side === undefined) throw new RangeError(`The sandbox has no key ${key}.`);
    side.setKey(enabled);
    if (enabled) this.#disabledAt.delete(side);
    else this.#disabledAt.set(side, this.clock.now());
  }

  /** What outlives a run, but for the events that were kept one by one. */
  exportState(): KeptSandbox<SavedSide> {
    const sides = this.sides.map((side) => ({
      ...side.exportState(),
      key: side.keyUri,
      disabledAt: this.disabledAt(side),
    }));
    return { clockMs: this.clock.now(), sides };
  }

  async close(): Promise<void> {
    this.#stopped = true;
    await this.#living;
    await this.#fleet.close();
    for (const side of this.sides) await side.close();
  }

  #open(): Promise<unknown> {
    this.#opening ??= Promise.all(this.sides.map((side) => side.open()));
    return this.#opening;
  }

  /** Workspaces that nobody named, those of bulk letters, are at the first. */
  #sideOf(number: number): Side {
    const side = this.sides[Math.max(0, number) % this.sides.length];
    if (side === undefined) throw new RangeError('a sandbox needs a cloud');
    return side;
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
    for (const side of this.sides) {
      if (event.kind === 'fault') {
        const { fault: kind, share, at: from, untilMs: to } = event;
        side.faults.add({ kind, share, from, to });
      } else if (event.kind === 'stranger') side.stranger(event.times);
      else if (event.kind === 'suspect') side.suspect();
      else side.audit();
    }
  }

  #router(process: number): KekRouter {
    const byKey = new Map(this.sides.map((side) => [side.keyUri, side]));
    return providerRouter({
      routeOf: (keyUri) => keyUri,
      open: (keyUri) => {
        const side = byKey.get(keyUri);
        if (side === undefined) throw new TypeError(`the sandbox has no key ${keyUri}`);
        return side.provider(process);
      },
    });
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
      every: (ms, task) => {
        // By wall time, so that what a busy machine delays is no outage, however fast the sandbox's clock runs.
        const timer = setInterval(task, Math.min(Math.max(ms, 1_000), 5_000)).unref();
        return () => clearInterval(timer);
      },
    };
  }
}

function sideOf(
  cloud: CloudName,
  clock: SandboxClock,
  options: SandboxOptions & { processes: number },
): Side {
  const { processes, logDelayMs, propagationMs } = options;
  const delays = {
    ...(logDelayMs && { logDelayMs }),
    ...(propagationMs !== undefined && { propagationMs }),
  };
  const common = { clock, processes, ...delays };
  switch (cloud) {
    case 'aws':
      return new AwsSide({ ...common, ...keepingOf(cloud, options) });
    case 'gcp':
      return new GcpSide({ ...common, ...keepingOf(cloud, options) });
    case 'azure':
      return new AzureSide({ ...common, ...keepingOf(cloud, options) });
  }
}

function keepingOf<C extends CloudName>(
  cloud: C,
  { keep, restored = [] }: Pick<SandboxOptions, 'keep' | 'restored'>,
): SideKeeping<C> {
  const ofCloud = (one: KeptSide): one is Extract<KeptSide, { cloud: C }> => one.cloud === cloud;
  const left = restored.find(ofCloud);
  return {
    ...(keep && { keep: (event) => keep(cloud, event) }),
    ...(left && { restored: left }),
  };
}
