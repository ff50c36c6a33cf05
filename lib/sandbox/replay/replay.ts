/**
 * The real engine over a recorded workload in virtual time: every message opens one envelope under each DEK of its
 * conversation's history and seals its own, with real bytes. Counts come from the engine's own calls.
 */
import { crc32 } from 'node:zlib';
import {
  causes,
  createEngine,
  type Engine,
  type KekProvider,
  type KmsCall,
  memoryDirectory,
  type Policy,
  parseEnvelope,
  type TelemetrySink,
} from '@keytide/crypto-core';
import type { VirtualRuntime } from '../virtual-runtime.ts';
import type { TraceRow } from './read-trace.ts';

export interface ReplayOptions {
  policy: Partial<Policy>;
  processes: number;
  routing: 'row' | 'conversation' | 'workspace';
  /** Only the last so many messages of a conversation are opened; undefined for all. */
  window?: number | undefined;
  /** Spreads conversations over this many workspaces instead of the trace's own; undefined keeps those. */
  workspacesMod?: number | undefined;
  /** The clock that is moved from message to message. */
  runtime: VirtualRuntime;
  keyUri: string;
  /** A provider for each process. */
  providerFor: (process: string) => KekProvider;
  /** A further sink for each process. */
  sinkFor?: ((process: string) => TelemetrySink) | undefined;
  /** Called before each message. */
  onMessage?: ((at: number) => Promise<void>) | undefined;
  onProgress?: ((done: number, of: number) => void) | undefined;
}

export interface ReplayHour {
  hour: string;
  messages: number;
  encrypt: number;
  decrypt: number;
}

export interface ReplayResult {
  messages: number;
  kmsEncrypt: number;
  kmsDecrypt: number;
  causes: Record<string, number>;
  hourly: ReplayHour[];
}

interface Stored {
  dekId: string;
  /** Numbers the DEKs in the order in which they were made. */
  dekNumber: number;
  row: number;
  envelope: Uint8Array;
}

/** Counts of KMS calls and their causes for a trace under a policy. */
export async function replay(
  rows: readonly TraceRow[],
  options: ReplayOptions,
): Promise<ReplayResult> {
  const { runtime } = options;
  const tally = new Tally();
  const engines = startEngines(options, tally);
  const conversations = new Map<string, Stored[]>();
  const dekNumbers = new Map<string, number>();
  for (const [index, given] of rows.entries()) {
    const row = withWorkspace(given, options.workspacesMod);
    const engine = engines[processOf(row, index, options)];
    if (engine === undefined) throw new RangeError('processes must be at least 1');
    await options.onMessage?.(row.at);
    runtime.moveTo(row.at);
    tally.message(row.at);
    const history = conversations.get(row.conversation) ?? [];
    const envelope = await exchange(engine, { row, index, history: onePerDek(history) });
    const dekId = Buffer.from(parseEnvelope(envelope).dekId).toString('hex');
    // A DEK seals the message it was made for first.
    const dekNumber = dekNumbers.get(dekId) ?? dekNumbers.size;
    dekNumbers.set(dekId, dekNumber);
    const stored = { dekId, dekNumber, row: index, envelope };
    conversations.set(row.conversation, keep(history, stored, options.window));
    if (index % 1000 === 0) options.onProgress?.(index, rows.length);
  }
  for (const engine of engines) await engine.close();
  return tally.result();
}

function startEngines(options: ReplayOptions, tally: Tally): Engine[] {
  const directory = memoryDirectory();
  const sink: TelemetrySink = {
    attach: () => {},
    call: (call) => tally.call(call),
    close: async () => {},
  };
  return Array.from({ length: options.processes }, (_, number) => {
    const process = `replay-${number}`;
    return createEngine({
      provider: options.providerFor(process),
      keyFor: () => options.keyUri,
      policy: options.policy,
      telemetry: [sink, ...(options.sinkFor ? [options.sinkFor(process)] : [])],
      directory,
      process,
      runtime: options.runtime,
    });
  });
}

/** One message: what its conversation said before is opened and compared, then its own body is sealed. */
async function exchange(
  engine: Engine,
  message: { row: TraceRow; index: number; history: readonly Stored[] },
): Promise<Uint8Array> {
  const { row, index, history } = message;
  return engine.message({ workspace: row.workspace, tag: row.conversation }, async (scope) => {
    const opened = await scope.decryptMany(history.map((stored) => stored.envelope));
    for (const [at, stored] of history.entries()) {
      if (opened[at]?.toString() !== bodyOf(stored.row).toString()) {
        throw new Error(`message ${stored.row} was not opened to what was sealed`);
      }
    }
    return scope.encrypt(bodyOf(index));
  });
}

const bodyOf = (row: number): Buffer => Buffer.from(`message ${row}`);

/** What of a conversation must be kept: the last `window` messages, or without one the newest under each DEK. */
function keep(history: Stored[], stored: Stored, window: number | undefined): Stored[] {
  if (window !== undefined) {
    history.push(stored);
    return history.length > window ? history.slice(-window) : history;
  }
  return [...history.filter(({ dekId }) => dekId !== stored.dekId), stored];
}

/** One envelope a DEK is what must be looked up: the oldest DEK first. */
function onePerDek(history: readonly Stored[]): Stored[] {
  const newest = new Map(history.map((stored) => [stored.dekId, stored]));
  return [...newest.values()].sort((a, b) => a.dekNumber - b.dekNumber);
}

function withWorkspace(row: TraceRow, mod: number | undefined): TraceRow {
  return mod === undefined ? row : { ...row, workspace: `k${crc32(row.conversation) % mod}` };
}

function processOf(row: TraceRow, index: number, options: ReplayOptions): number {
  if (options.processes === 1) return 0;
  const subject = { row: String(index), conversation: row.conversation, workspace: row.workspace };
  return crc32(subject[options.routing]) % options.processes;
}

class Tally {
  readonly #hours = new Map<number, ReplayHour>();
  readonly #causes: Record<string, number> = Object.fromEntries(causes.map((cause) => [cause, 0]));
  #messages = 0;
  #encrypt = 0;
  #decrypt = 0;

  message(at: number): void {
    this.#messages += 1;
    this.#hour(at).messages += 1;
  }

  call(call: KmsCall): void {
    this.#causes[call.cause] = (this.#causes[call.cause] ?? 0) + 1;
    if (call.operation === 'Encrypt') {
      this.#encrypt += 1;
      this.#hour(call.at).encrypt += 1;
    } else {
      this.#decrypt += 1;
      this.#hour(call.at).decrypt += 1;
    }
  }

  result(): ReplayResult {
    const hourly = [...this.#hours].sort(([a], [b]) => a - b).map(([, hour]) => hour);
    return {
      messages: this.#messages,
      kmsEncrypt: this.#encrypt,
      kmsDecrypt: this.#decrypt,
      causes: this.#causes,
      hourly,
    };
  }

  #hour(at: number): ReplayHour {
    const start = at - (at % 3_600_000);
    let hour = this.#hours.get(start);
    if (hour === undefined) {
      hour = {
        hour: `${new Date(start).toISOString().slice(0, 13)}Z`,
        messages: 0,
        encrypt: 0,
        decrypt: 0,
      };
      this.#hours.set(start, hour);
    }
    return hour;
  }
}
