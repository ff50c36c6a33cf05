import type { Runtime } from './runtime.ts';

/** A port that is told to give up has so long to say whether its request was sent. */
const graceMs = 100;

/**
 * Resolves as `work` does, or rejects with `late()` if it takes longer than `ms`. Its signal is aborted first, so that
 * it can reject with an error of its own. Whatever it does after that is ignored.
 */
export function withinDeadline<T>(options: {
  runtime: Pick<Runtime, 'every'>;
  ms: number;
  work: (signal: AbortSignal) => T | Promise<T>;
  late: () => Error;
  /** Aborting it ends the wait as the deadline would. Default its own. */
  giveUp?: AbortController;
}): Promise<T> {
  const { runtime, ms, work, late, giveUp = new AbortController() } = options;
  const { signal } = giveUp;
  return new Promise((resolve, reject) => {
    let stop = runtime.every(ms, () => giveUp.abort(), true);
    signal.addEventListener(
      'abort',
      () => {
        stop();
        const endWait = () => {
          stop();
          reject(late());
        };
        stop = runtime.every(graceMs, endWait, true);
      },
      { once: true },
    );
    new Promise<T>((begun) => begun(work(signal))).finally(() => stop()).then(resolve, reject);
  });
}
