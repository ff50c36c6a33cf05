/**
 * A fleet of real engines under a chat workload, each process with its own session name and loopback address. A message
 * opens what its conversation said before and seals its own body. A deploy ends a process and starts its next boot.
 */
import { setTimeout as wait } from 'node:timers/promises';
import {
  CryptoCoreError,
  createEngine,
  type DekDirectory,
  type Engine,
  type KekRouter,
  memoryDirectory,
  type Policy,
  type Runtime,
} from '@keytide/crypto-core';
import { type OtlpOptions, type OtlpSender, otlpSender } from '@keytide/crypto-core/telemetry/otlp';
import { type Conversation, Conversations } from './conversations.ts';
import type { WorkloadEvent } from './workload.ts';

export interface FleetOptions {
  processes: number;
  keyFor: (workspace: string) => string;
  runtime: Runtime;
  policy?: Partial<Policy>;
  /** Called for every boot: providers may change while the fleet runs. */
  providerFor: (process: number) => KekRouter;
  /** `flushEveryMs` is 0 until the fleet goes live. */
  otlp: Pick<OtlpOptions, 'onError' | 'timeoutMs'> & {
    url: string;
    token: string;
    flushEveryMs: number;
  };
}

interface Member {
  engine: Engine;
  sender: OtlpSender;
  /** Where its sender sends and how often; looked at for every request. */
  otlp: FleetOptions['otlp'];
}

/** Nothing listens there: what is sent to it is lost. */
const nowhere = 'http://127.0.0.1:9';
const flushWaitMs = 500;
const flushWaitMsMax = 10_000;
const flushFailuresMax = 30;

export class Fleet {
  readonly #options: FleetOptions;
  readonly #directory: DekDirectory = memoryDirectory();
  readonly #conversations = new Conversations();
  readonly #members: Member[];

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#members = Array.from({ length: options.processes }, (_, process) => this.#boot(process));
  }

  /** Handles one message. A refusal by the KMS fails the message, not the sandbox. */
  async message(event: Extract<WorkloadEvent, { kind: 'message' }>): Promise<void> {
    const { workspace, process } = event;
    const member = this.#members[process];
    if (member === undefined) return;
    const now = this.#options.runtime.now();
    const conversation = this.#choose(event, now);
    try {
      const envelope = await member.engine.message(
        { workspace, tag: conversation.id },
        async (scope) => {
          await scope.decryptMany(conversation.envelopes);
          return scope.encrypt(Buffer.from(`A message of ${workspace} at ${now}`));
        },
      );
      this.#conversations.append(conversation, envelope, now);
    } catch (error) {
      if (!(error instanceof CryptoCoreError)) throw error;
    }
  }

  /** Ends a process and starts its next boot, with an empty cache. */
  async deploy(process: number): Promise<void> {
    const member = this.#members[process];
    this.#members[process] = this.#boot(process);
    await member?.engine.close();
  }

  /** Ends a process with all the telemetry that it has not sent yet, and starts its next boot. */
  async crash(process: number): Promise<void> {
    const member = this.#members[process];
    if (member === undefined) return;
    member.otlp.url = nowhere;
    delete member.otlp.onError;
    await this.deploy(process);
  }

  /** Writes conversations that nobody goes on with. */
  async writeBulk(workspaces: number): Promise<void> {
    const now = this.#options.runtime.now();
    for (let number = 0; number < workspaces; number += 1) {
      const workspace = `archive-${number + 1}`;
      const { engine } = this.#members[0] ?? {};
      const conversation = this.#conversations.create(workspace, now);
      const envelope = await engine?.encrypt(Buffer.from(`Letter ${number}`), { workspace });
      if (envelope) this.#conversations.append(conversation, envelope, now);
    }
  }

  /** Reads conversations that lay still, oldest first; by one process, or by all in turn. */
  async readArchive({
    process: by,
    from,
    of,
    idleMs,
  }: Extract<WorkloadEvent, { kind: 'archive' }>): Promise<void> {
    const now = this.#options.runtime.now();
    const found = this.#conversations.still(idleMs, now).slice(from, from + of);
    for (const [at, { workspace, conversation }] of found.entries()) {
      const engine = this.#members[by ?? at % this.#members.length]?.engine;
      const read = engine?.message({ workspace, tag: conversation.id }, (scope) =>
        scope.decryptMany(conversation.envelopes),
      );
      await read?.catch((error: unknown) => {
        if (!(error instanceof CryptoCoreError)) throw error;
      });
    }
  }

  /**
   * Sends the telemetry there is, one process after the other and again until it is taken: what a slow dashboard gives
   * up for now is not to be missing from history. @throws {Error} where it is never taken
   */
  async flush(): Promise<void> {
    for (const { sender } of this.#members) {
      for (let failures = 0; !(await sender.flush()); failures += 1) {
        if (failures >= flushFailuresMax) throw new Error('the dashboard takes no telemetry');
        await wait(Math.min(flushWaitMs * 2 ** failures, flushWaitMsMax));
      }
    }
  }

  /** From now on every sender sends by itself. */
  goLive(flushEveryMs: number): void {
    this.#options.otlp.flushEveryMs = flushEveryMs;
    for (const { sender, otlp } of this.#members) {
      otlp.flushEveryMs = flushEveryMs;
      void sender.flush();
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#members.map(({ engine }) => engine.close()));
  }

  #choose(
    { workspace, conversation }: Extract<WorkloadEvent, { kind: 'message' }>,
    now: number,
  ): Conversation {
    const found =
      conversation.kind === 'new'
        ? undefined
        : conversation.kind === 'old'
          ? this.#conversations.old(workspace, conversation.point, now)
          : this.#conversations.recent(workspace, conversation.point);
    return found ?? this.#conversations.create(workspace, now);
  }

  #boot(process: number): Member {
    const { keyFor, runtime, policy, providerFor } = this.#options;
    const otlp = { ...this.#options.otlp };
    const sender = otlpSender(otlp);
    const engine = createEngine({
      process: `engine-${process + 1}`,
      provider: providerFor(process),
      keyFor,
      directory: this.#directory,
      telemetry: [sender],
      runtime,
      ...(policy && { policy }),
    });
    return { engine, sender, otlp };
  }
}
