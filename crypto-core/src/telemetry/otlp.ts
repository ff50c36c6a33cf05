/**
 * Keytide's own accounting sender: OTLP/HTTP JSON, never sampled. It keeps whatever was not acknowledged and sends it
 * again. Its queues are bounded; what they drop is counted, and the count is sent. docs/telemetry.md is the contract.
 */
import { systemRuntime } from '../runtime.ts';
import { type Dropped, metricsRequest, traceRequest } from './otlp-json.ts';
import type { KmsCall, RollUp, TelemetrySink, TelemetrySource } from './port.ts';
import { afterMs, nextSendMs } from './send-again.ts';

export interface OtlpOptions {
  /** Base URL of the receiver; `/v1/traces` and `/v1/metrics` are appended. */
  url: string;
  /** Sent as a bearer token. Default none. */
  token?: string;
  /**
   * Milliseconds between sends. Doubled with each send that fails, up to a minute, and at least the receiver's
   * `Retry-After`. Default 5,000; 0 sends only on `flush` and `close`.
   */
  flushEveryMs?: number;
  /** Most calls kept while the receiver does not answer. Default 10,000. */
  callsMax?: number;
  /** Most roll-ups kept while the receiver does not answer. Default 1,000. */
  rollUpsMax?: number;
  /** Milliseconds to wait for one answer. Default 10,000. */
  timeoutMs?: number;
  /** Called with one line for each failed send. Default none. */
  onError?: (message: string) => void;
}

export interface OtlpSender extends TelemetrySink {
  /**
   * Sends what is queued, now or right after the running send: there is never more than one. Resolves when the receiver
   * has answered or failed: true if nothing is left to be sent again.
   */
  flush(): Promise<boolean>;
}

interface QueuedRollUp {
  rollUp: RollUp;
  dropped: Dropped;
}

const callsPerRequest = 500;
const rollUpsPerRequest = 20;
const retryableStatuses = new Set([401, 403, 404, 408, 429]);

/** @throws {TypeError} if `url` is not an http(s) URL */
export function otlpSender(options: OtlpOptions): OtlpSender {
  if (!/^https?:$/.test(new URL(options.url).protocol))
    throw new TypeError('url must be http or https');
  return new HttpOtlpSender(options);
}

class HttpOtlpSender implements OtlpSender {
  readonly #options: OtlpOptions;
  readonly #callsMax: number;
  readonly #rollUpsMax: number;
  #source: TelemetrySource | undefined;
  #calls: KmsCall[] = [];
  #rollUps: QueuedRollUp[] = [];
  #dropped: Dropped = { spans: 0, rollups: 0 };
  #sending: Promise<boolean> = Promise.resolve(true);
  /** The send that waits for the running one. */
  #following: Promise<boolean> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  /** How many sends failed in a row, and how long the receiver asked to wait. */
  #failures = 0;
  #retryAfterMs = 0;

  constructor(options: OtlpOptions) {
    this.#options = options;
    this.#callsMax = options.callsMax ?? 10_000;
    this.#rollUpsMax = options.rollUpsMax ?? 1_000;
  }

  attach(source: TelemetrySource): void {
    if (this.#source !== undefined) throw new TypeError('an OTLP sender serves one engine');
    this.#source = source;
    this.#schedule();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    const { flushEveryMs: everyMs = 5_000 } = this.#options;
    if (everyMs <= 0 || this.#closed) return;
    const waitMs = nextSendMs(
      { everyMs, failures: this.#failures, retryAfterMs: this.#retryAfterMs },
      systemRuntime.random,
    );
    this.#timer = setTimeout(() => void this.flush(), waitMs).unref();
  }

  call(call: KmsCall): void {
    this.#calls.push(call);
    if (this.#calls.length > this.#callsMax) {
      this.#calls.shift();
      this.#dropped.spans += 1;
    }
  }

  flush(): Promise<boolean> {
    // Counts and calls are taken in one turn, so that a receiver gets both or, after a crash, neither.
    this.#takeRollUp();
    this.#following ??= this.#sending.then(async () => {
      this.#following = undefined;
      const done = await this.#send();
      this.#schedule();
      return done;
    });
    this.#sending = this.#following;
    return this.#sending;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.flush();
  }

  #takeRollUp(): void {
    const rollUp = this.#source?.takeRollUp();
    if (rollUp === undefined) return;
    this.#rollUps.push({ rollUp, dropped: this.#dropped });
    this.#dropped = { spans: 0, rollups: 0 };
    if (this.#rollUps.length > this.#rollUpsMax) {
      const lost = this.#rollUps.shift();
      if (lost !== undefined) this.#drop(lost);
    }
  }

  /** A lost roll-up loses the drops that it reported: they are reported again. */
  #drop({ dropped }: QueuedRollUp): void {
    this.#dropped.rollups += 1 + dropped.rollups;
    this.#dropped.spans += dropped.spans;
  }

  async #send(): Promise<boolean> {
    const source = this.#source;
    if (source === undefined) return true;
    while (this.#calls.length > 0) {
      const calls = this.#calls.slice(0, callsPerRequest);
      const outcome = await this.#post('/v1/traces', traceRequest(source, calls));
      if (outcome === 'later') return false;
      const sent = new Set(calls);
      this.#calls = this.#calls.filter((call) => !sent.has(call));
      if (outcome === 'refused') this.#dropped.spans += calls.length;
    }
    while (this.#rollUps.length > 0) {
      const rollUps = this.#rollUps.slice(0, rollUpsPerRequest);
      const outcome = await this.#post('/v1/metrics', metricsRequest(source, rollUps));
      if (outcome === 'later') return false;
      const sent = new Set(rollUps);
      this.#rollUps = this.#rollUps.filter((rollUp) => !sent.has(rollUp));
      if (outcome === 'refused') for (const refused of rollUps) this.#drop(refused);
    }
    return true;
  }

  async #post(path: string, body: object): Promise<'done' | 'later' | 'refused'> {
    const { url, token, timeoutMs = 10_000 } = this.#options;
    try {
      const response = await fetch(`${url.replace(/\/$/, '')}${path}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(timeoutMs),
      });
      const text = await response.text();
      const later = response.status >= 500 || retryableStatuses.has(response.status);
      this.#failures = later ? this.#failures + 1 : 0;
      this.#retryAfterMs = later
        ? afterMs(response.headers.get('retry-after'), systemRuntime.now())
        : 0;
      if (response.ok) return 'done';
      this.#tell(`telemetry: ${path} answered ${response.status}: ${text.slice(0, 200)}`);
      return later ? 'later' : 'refused';
    } catch (error) {
      this.#failures += 1;
      this.#retryAfterMs = 0;
      this.#tell(`telemetry: ${path}: ${error instanceof Error ? error.message : 'no answer'}`);
      return 'later';
    }
  }

  /** An error of the host's callback must not stop the sender. */
  #tell(message: string): void {
    try {
      this.#options.onError?.(message);
    } catch {}
  }
}
