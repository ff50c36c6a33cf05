/**
 * Which key a workspace has, as the host's `keyFor` answers. A `keyFor` that answers at once is asked for each
 * operation. The answer of an asynchronous one is remembered for a while, and all who wait for it share one question.
 */
import { withinDeadline } from './deadline.ts';
import { keyUriBytesMax } from './envelope.ts';
import { abortedError, CryptoCoreError, overloadedError } from './errors.ts';
import { hasScheme, keyIdOf } from './key-uri.ts';
import type { Policy } from './policy.ts';
import { RecentMap } from './recent-map.ts';
import type { Runtime } from './runtime.ts';
import { Signals } from './signals.ts';

/**
 * The key URI registered for a workspace; every KMS call names it. Throw or reject where the workspace is unknown: the
 * operation ends with that error.
 */
export type KeyFor = (workspace: string) => string | Promise<string>;

interface KnownKey {
  keyId: string;
  /** Monotonic. */
  until: number;
}

/** A question to an asynchronous `keyFor`, and how many operations wait for its answer. */
interface Question {
  answer: Promise<string>;
  waiting: number;
}

const knownMax = 2 ** 17;
/** Most operations of one workspace that may wait for its key. */
const waitersMax = 4_096;

export class KeyRegistry {
  readonly #keyFor: KeyFor;
  readonly #policy: Policy;
  readonly #runtime: Runtime;
  readonly #known = new RecentMap<KnownKey>(knownMax);
  /** By workspace, where the key URI that is registered differs from the key's id. */
  readonly #spellings = new RecentMap<{ keyUri: string; keyId: string }>(knownMax);
  readonly #questions = new Map<string, Question>();
  readonly #signals = new Signals<{ abort(): void }>();

  constructor(options: { keyFor: KeyFor; policy: Policy; runtime: Runtime }) {
    this.#keyFor = options.keyFor;
    this.#policy = options.policy;
    this.#runtime = options.runtime;
  }

  /** The id of the workspace's key: at once if it is known, else a promise. @throws what `keyFor` throws */
  of(workspace: string, signal: AbortSignal | undefined): string | Promise<string> {
    const found = this.#find(workspace);
    return typeof found === 'string' ? found : this.#wait(found, signal);
  }

  /** The id if it is known. If not, `keyFor` is asked, so that the next `of` gets its answer. */
  atOnce(workspace: string): string | undefined {
    const found = this.#find(workspace);
    if (typeof found === 'string') return found;
    // Nobody may be waiting for the answer: a rejection must not end the process.
    found.answer.catch(() => {});
    return undefined;
  }

  /** The key URI that is registered for a key's id: headers hold it, and providers and routers get it. */
  spelling(workspace: string, keyId: string): string {
    const spelt = this.#spellings.size > 0 ? this.#spellings.get(workspace) : undefined;
    return spelt?.keyId === keyId ? spelt.keyUri : keyId;
  }

  #find(workspace: string): string | Question {
    if (this.#known.size > 0) {
      const known = this.#known.get(workspace);
      if (known !== undefined && this.#runtime.monotonic() < known.until) return known.keyId;
    }
    const question = this.#questions.size > 0 ? this.#questions.get(workspace) : undefined;
    if (question !== undefined) return question;
    const answer = this.#keyFor(workspace);
    return typeof answer === 'string'
      ? this.#idOf(workspace, answer)
      : this.#ask(workspace, answer);
  }

  #idOf(workspace: string, answer: unknown): string {
    const keyUri = checkedKeyUri(answer);
    const spelt = this.#spellings.size > 0 ? this.#spellings.get(workspace) : undefined;
    if (spelt?.keyUri === keyUri) return spelt.keyId;
    if (spelt !== undefined) this.#spellings.delete(workspace);
    if (!hasScheme(keyUri)) return keyUri;
    const keyId = keyIdOf(keyUri);
    this.#spellings.set(workspace, { keyUri, keyId });
    return keyId;
  }

  #ask(workspace: string, answering: Promise<string>): Question {
    const late = () => new CryptoCoreError('unavailable', 'keyFor took too long. Try again.');
    const answer = withinDeadline({
      runtime: this.#runtime,
      ms: this.#policy.attemptTimeoutMs,
      work: () => answering,
      late,
    })
      .then((keyUri) => this.#remember(workspace, this.#idOf(workspace, keyUri)))
      .finally(() => this.#questions.delete(workspace));
    const question = { answer, waiting: 0 };
    if (this.#questions.size < this.#policy.waitersMax) this.#questions.set(workspace, question);
    return question;
  }

  async #wait(question: Question, signal: AbortSignal | undefined): Promise<string> {
    if (question.waiting >= waitersMax) throw overloadedError();
    question.waiting += 1;
    const aborted = Promise.withResolvers<never>();
    const waiter = { abort: () => aborted.reject(abortedError()) };
    if (signal !== undefined) this.#signals.watch(signal, waiter);
    try {
      return await Promise.race([question.answer, aborted.promise]);
    } finally {
      question.waiting -= 1;
      if (signal !== undefined) this.#signals.unwatch(signal, waiter);
    }
  }

  #remember(workspace: string, keyId: string): string {
    const { keyMemoryMs } = this.#policy;
    if (keyMemoryMs > 0)
      this.#known.set(workspace, { keyId, until: this.#runtime.monotonic() + keyMemoryMs });
    return keyId;
  }
}

function checkedKeyUri(keyUri: unknown): string {
  if (typeof keyUri !== 'string' || keyUri.length < 1 || keyUri.length > keyUriBytesMax)
    throw new TypeError(`keyFor must give a key URI of 1 to ${keyUriBytesMax} characters`);
  return keyUri;
}
