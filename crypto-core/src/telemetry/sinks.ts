/**
 * The host's telemetry sinks, isolated from each other: an error of one is counted, and affects neither the KMS call
 * nor the other sinks.
 */
import { withinDeadline } from '../deadline.ts';
import type { Runtime } from '../runtime.ts';
import type { KmsCall, TelemetrySink, TelemetrySource } from './port.ts';

/** How long a sink may take to close. */
const closeMsMax = 15_000;

export class Sinks {
  readonly #sinks: readonly TelemetrySink[];
  readonly #runtime: Runtime;
  #faults = 0;

  constructor(sinks: readonly TelemetrySink[], runtime: Runtime) {
    this.#sinks = sinks;
    this.#runtime = runtime;
  }

  /** How often a sink threw, rejected or did not close in time. */
  get faults(): number {
    return this.#faults;
  }

  /** Attaches all sinks. @throws what a sink throws, because that is the host's misuse */
  attach(source: TelemetrySource): void {
    for (const sink of this.#sinks) sink.attach(source);
  }

  call(call: KmsCall): void {
    for (const attempt of call.attempts) Object.freeze(attempt);
    Object.freeze(call.attempts);
    Object.freeze(call);
    for (const sink of this.#sinks) void this.#guarded(() => sink.call(call));
  }

  /** Closes every sink, even if others fail. */
  async close(source: TelemetrySource): Promise<void> {
    const closing = this.#sinks.map((sink) =>
      this.#guarded(() =>
        withinDeadline({
          runtime: this.#runtime,
          ms: closeMsMax,
          work: () => sink.close(source),
          late: () => new Error('a telemetry sink did not close in time'),
        }),
      ),
    );
    await Promise.all(closing);
  }

  /** A sink may be an async function, although its type does not say so. */
  async #guarded(work: () => unknown): Promise<void> {
    try {
      await work();
    } catch {
      this.#faults += 1;
    }
  }
}
