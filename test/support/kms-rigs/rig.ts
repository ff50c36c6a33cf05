/** What the provider contract needs of each cloud: a key in its sandbox and its owner's operations on it. */
import type { KekProvider, KmsFaultKind, KmsRequest } from '@keytide/crypto-core';

export interface WrongAnswer {
  title: string;
  operation: 'wrap' | 'unwrap';
  /** The cloud's next answers are wrong in this way. */
  arm(): void;
  kind: KmsFaultKind;
  reason: string;
}

/** One request as the cloud's server saw it. */
export interface SeenRequest {
  /** The text that its audit log would record. */
  claim: string;
  /** The id that its audit log would record; null where the cloud has none. */
  id: string | null;
}

/** A cloud with states, permissions and a wire. */
export interface CloudRig {
  /** Of an identity that may encrypt and decrypt with the keys, and nothing else: it can't describe them. */
  provider: KekProvider;
  /** Of an identity that may do nothing. */
  denied: KekProvider;
  /** Of an address where nobody listens. */
  unreachable: KekProvider;
  keyUri: string;
  otherKeyUri: string;
  /** The key under another name: an alias, or the id without or with a version. */
  alias: string;
  /** A key that never existed. */
  missing: string;
  disable(): void;
  enable(): void;
  /** Whether a disabled key still wraps. */
  wrapsWhileDisabled: boolean;
  /** Schedules the key's deletion; resolves to a function that cancels it. */
  scheduleDeletion(): () => void;
  /** Lets time pass until the deletion is done. */
  endDeletion(): void;
  rotate(): void;
  /** Answers all further requests so, until `answerWell`. */
  throttle(): void;
  fail(): void;
  hang(): void;
  reset(): void;
  answerWell(): void;
  wrongAnswers: readonly WrongAnswer[];
  /** Requests with a KMS operation so far, oldest first. */
  seen(): readonly SeenRequest[];
  close(): Promise<void>;
}

export const requestFor = (keyUri: string, more: Partial<KmsRequest> = {}): KmsRequest => ({
  keyUri,
  context: { workspace: 'acme', dekId: '0f'.repeat(16) },
  claim: 'keytide/1#api-1.boot0001.1.1#load.first#0011223344556677',
  signal: new AbortController().signal,
  ...more,
});

/** Sets how a sandbox's server answers. */
export class Script<F> {
  #fault: F | undefined;

  next = (): F | undefined => this.#fault;

  set(fault: F | undefined): void {
    this.#fault = fault;
  }
}
