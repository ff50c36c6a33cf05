/** What happened in a lab, minute by minute or so: messages by how they ended, and KMS requests by cause. */
import type { KmsCall } from '@keytide/crypto-core';
import { addTo } from '../../shared/counts.ts';
import type { LabBucket, MessageOutcome } from '../../shared/lab/lab-view.ts';

interface Bucket {
  messages: Record<MessageOutcome, number>;
  causes: Map<string, number>;
}

/** Buckets that are told. */
const shownMax = 120;

export class LabTally {
  readonly bucketMs: number;
  readonly #buckets = new Map<number, Bucket>();
  /** Attempts that the KMS answered with yes. */
  answered = 0;
  readonly totals: Record<MessageOutcome, number> = none();

  /** A TTL is thirty of them. */
  constructor(ttlMs: number) {
    this.bucketMs = Math.max(10_000, Math.ceil(ttlMs / 30 / 10_000) * 10_000);
  }

  message(at: number, outcome: MessageOutcome): void {
    this.#bucket(at).messages[outcome] += 1;
    this.totals[outcome] += 1;
  }

  call({ at, cause, attempts }: KmsCall): void {
    const sent = attempts.filter((attempt) => attempt.sent).length;
    if (sent > 0) addTo(this.#bucket(at).causes, cause, sent);
    this.answered += attempts.filter(({ outcome }) => outcome === 'ok').length;
  }

  /** Forgets what was before a lab began to live. */
  forget(): void {
    this.#buckets.clear();
  }

  /** The last ones up to now, empty ones too. */
  view(now: number): LabBucket[] {
    const last = this.#startOf(now);
    const first = Math.max(last - (shownMax - 1) * this.bucketMs, this.#first ?? last);
    const count = (last - first) / this.bucketMs + 1;
    return Array.from({ length: count }, (_, index) => {
      const from = first + index * this.bucketMs;
      const { messages = none(), causes = [] } = this.#buckets.get(from) ?? {};
      return { from, messages, causes: Object.fromEntries(causes) };
    });
  }

  get #first(): number | undefined {
    return this.#buckets.keys().next().value;
  }

  #startOf(at: number): number {
    return Math.floor(at / this.bucketMs) * this.bucketMs;
  }

  #bucket(at: number): Bucket {
    const from = this.#startOf(at);
    let bucket = this.#buckets.get(from);
    if (bucket === undefined) {
      bucket = { messages: none(), causes: new Map() };
      this.#buckets.set(from, bucket);
      for (const oldest of this.#buckets.keys()) {
        if (this.#buckets.size <= 2 * shownMax) break;
        this.#buckets.delete(oldest);
      }
    }
    return bucket;
  }
}

const none = (): Record<MessageOutcome, number> => ({
  ok: 0,
  denied: 0,
  'wrong-key': 0,
  outage: 0,
});
