/**
 * One engine process of a lab, with what its telemetry says of it: when the KMS last said yes to which DEK, and what it
 * remembers of refusals. It calls its cloud under a session that ends.
 */
import {
  createEngine,
  type DekDirectory,
  type Engine,
  type KekProvider,
  type KmsCall,
  KmsFault,
  type KmsRequest,
  type Policy,
  parseKeyUri,
  type Runtime,
} from '@keytide/crypto-core';
import { tupleKey } from '../../shared/tuple-key.ts';

export interface MemberOptions {
  number: number;
  runtime: Runtime;
  policy: Policy;
  directory: DekDirectory;
  provider: KekProvider;
  keyFor: () => string;
  /** Whether the customer's cloud still gives the service sessions. */
  isTrusted: () => boolean;
  /** The cloud's own code for a session that it does not give. */
  untrustedCode: string;
  onCall: (call: KmsCall, member: LabMember) => void;
}

export const sessionMs = 900_000;

interface Refused {
  kind: 'denied' | 'outage';
  until: number;
}

export class LabMember {
  readonly number: number;
  readonly name: string;
  readonly engine: Engine;
  sessionEndsAt: number;
  lastSuccessAt: number | null = null;
  lastDeniedAt: number | null = null;
  readonly #options: MemberOptions;
  /** By the key asked. */
  readonly #refused = new Map<string, Refused>();
  /** Until when the engine holds a DEK for another key's, by DEK and the key asked. */
  readonly #wrong = new Map<string, number>();
  readonly #yesAt = new Map<string, number>();

  constructor(options: MemberOptions) {
    const { number, runtime, policy, directory, keyFor } = options;
    this.#options = options;
    this.number = number;
    this.name = `engine-${number + 1}`;
    this.sessionEndsAt = runtime.now() + sessionMs;
    this.engine = createEngine({
      process: this.name,
      provider: this.#provider(),
      keyFor,
      directory,
      policy,
      runtime,
      telemetry: [{ attach: () => {}, call: (call) => this.#told(call), close: async () => {} }],
    });
  }

  /** Whether its session runs, or it would be given another one. */
  get hasSession(): boolean {
    return this.#options.runtime.now() < this.sessionEndsAt || this.#options.isTrusted();
  }

  /** Leases that run on DEKs of the key that is registered now: their ends, by DEK. */
  leases(): Map<string, number> {
    const { runtime, keyFor } = this.#options;
    const now = runtime.now();
    const keyId = parseKeyUri(keyFor()).id;
    return new Map(
      this.engine
        .snapshot()
        .deks.flatMap(({ id, keyUri, leaseEndsAt }) =>
          keyUri === keyId && leaseEndsAt > now ? [[id, leaseEndsAt] as const] : [],
        ),
    );
  }

  /** The refusal because of which it does not ask the KMS for a DEK now. */
  remembered(dekId: string): 'denied' | 'wrong-key' | 'outage' | null {
    const now = this.#options.runtime.now();
    const keyId = parseKeyUri(this.#options.keyFor()).id;
    if ((this.#wrong.get(tupleKey(dekId, keyId)) ?? 0) > now) return 'wrong-key';
    const refused = this.#refused.get(keyId);
    return refused !== undefined && refused.until > now ? refused.kind : null;
  }

  /** Whether a plaintext that is given now comes a TTL or more after the KMS last said yes to its DEK. */
  isLate(dekId: string): boolean {
    const { runtime, policy } = this.#options;
    const yesAt = this.#yesAt.get(dekId) ?? Number.NEGATIVE_INFINITY;
    return runtime.now() - yesAt >= policy.ttlMs;
  }

  #told(call: KmsCall): void {
    const { policy } = this.#options;
    const { keyUri, dekId, outcome, operation, endedAt, attempts } = call;
    const last = attempts.at(-1);
    if (outcome === 'ok') {
      this.#yesAt.set(dekId, last?.sentAt ?? endedAt);
      bound(this.#yesAt, endedAt - policy.ttlMs);
      if (operation === 'Decrypt') {
        this.#refused.delete(keyUri);
        this.#wrong.delete(tupleKey(dekId, keyUri));
      }
    } else if (operation === 'Decrypt') {
      if (outcome === 'wrong-key') this.#rememberWrong(tupleKey(dekId, keyUri), endedAt);
      else if (outcome === 'denied')
        this.#refuse(keyUri, 'denied', endedAt + policy.denialMemoryMs);
      // A call that was not sent, because another one failed while it waited, says nothing new.
      else if (last?.sent) this.#refuse(keyUri, 'outage', endedAt + policy.outageMemoryMs);
    }
    if (outcome === 'denied') this.lastDeniedAt = endedAt;
    this.#options.onCall(call, this);
  }

  #rememberWrong(load: string, now: number): void {
    this.#wrong.set(load, now + this.#options.policy.denialMemoryMs);
    bound(this.#wrong, now);
  }

  #refuse(keyUri: string, kind: Refused['kind'], until: number): void {
    this.#refused.set(keyUri, { kind, until });
  }

  #provider(): KekProvider {
    const { provider } = this.#options;
    return {
      name: provider.name,
      wrap: async (plaintext, request) => {
        this.#haveSession();
        return provider.wrap(plaintext, request);
      },
      unwrap: async (wrapped: Uint8Array, request: KmsRequest) => {
        this.#haveSession();
        return provider.unwrap(wrapped, request);
      },
    };
  }

  /** Credentials are had before a request is signed: without trust there are none, and nothing is sent. */
  #haveSession(): void {
    const { runtime, isTrusted, untrustedCode } = this.#options;
    const now = runtime.now();
    if (now < this.sessionEndsAt) return;
    if (!isTrusted()) throw new KmsFault('denied', untrustedCode, { sent: false });
    this.sessionEndsAt = now + sessionMs;
  }
}

const instantsMax = 2_000;

/** Forgets instants that no longer matter, now and then. */
function bound(instants: Map<string, number>, beforeMs: number): void {
  if (instants.size < instantsMax) return;
  for (const [name, at] of instants) if (at < beforeMs) instants.delete(name);
}
