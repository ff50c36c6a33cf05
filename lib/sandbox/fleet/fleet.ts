/**
 * A fleet of real engines under a chat workload, each process with its own session name and loopback address. A message
 * opens what its conversation said before and seals its own body. A deploy ends a process and starts its next boot.
 */
import {
  CryptoCoreError,
  createEngine,
  type DekDirectory,
  type Engine,
  type KekProvider,
  memoryDirectory,
  type Policy,
  type Runtime,
} from '@keytide/crypto-core';
import { type OtlpSender, otlpSender } from '@keytide/crypto-core/telemetry/otlp';
import { type Conversation, Conversations } from './conversations.ts';
import type { WorkloadEvent } from './workload.ts';

export interface FleetOptions {
  processes: number;
  keyUri: string;
  runtime: Runtime;
  policy?: Partial<Policy>;
  /** Called for every boot: providers may change while the fleet runs. */
  providerFor: (process: number) => KekProvider;
  otlp: { url: string; token: string; flushEveryMs: number; onError?: (message: string) => void };
}

interface Member {
  engine: Engine;
  sender: OtlpSender;
}

export class Fleet {
  readonly #options: FleetOptions;
  readonly #directory: DekDirectory = memoryDirectory();
  readonly #conversations = new Conversations();
  readonly #members: Member[];

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#members = Array.from({ length: options.processes }, (_, process) => this.#boot(process));
  }

  /** Handles one message; a refusal by the KMS is the service's bad day, not the sandbox's. */
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

  /** Sends the telemetry there is. */
  async flush(): Promise<void> {
    for (const { sender } of this.#members) await sender.flush();
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
    const { keyUri, runtime, policy, providerFor, otlp } = this.#options;
    const sender = otlpSender(otlp);
    const engine = createEngine({
      process: `engine-${process + 1}`,
      provider: providerFor(process),
      keyFor: () => keyUri,
      directory: this.#directory,
      telemetry: [sender],
      runtime,
      ...(policy && { policy }),
    });
    return { engine, sender };
  }
}
