/**
 * Which waiters an AbortSignal ends. Each signal gets one listener for all its waiters: with one for each waiter,
 * adding the n-th listener would take n steps.
 */
export class Signals<T extends { abort(): void }> {
  readonly #waiting = new Map<AbortSignal, { waiters: Set<T>; onAbort: () => void }>();

  watch(signal: AbortSignal, waiter: T): void {
    let watched = this.#waiting.get(signal);
    if (watched === undefined) {
      const waiters = new Set<T>();
      const onAbort = () => {
        this.#waiting.delete(signal);
        for (const one of waiters) one.abort();
      };
      watched = { waiters, onAbort };
      this.#waiting.set(signal, watched);
      signal.addEventListener('abort', onAbort, { once: true });
    }
    watched.waiters.add(waiter);
  }

  unwatch(signal: AbortSignal, waiter: T): void {
    const watched = this.#waiting.get(signal);
    if (watched === undefined) return;
    watched.waiters.delete(waiter);
    if (watched.waiters.size > 0) return;
    signal.removeEventListener('abort', watched.onAbort);
    this.#waiting.delete(signal);
  }
}
