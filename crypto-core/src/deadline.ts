import type { Runtime } from './runtime.ts';

/** How long a port that was told to give up has to say how far it came. */
const graceMs = 100;

/**
 * What `work` resolves to, or `late()` where it takes longer than `ms`. Its signal is aborted first, so that it can end
 * with an error of its own; whatever it does after that is nobody's concern.
 */
export function withinDeadline<T>(options: {
  runtime: Pick<Runtime, 'every'>;
  ms: number;
  work: (signal: AbortSignal) => T | Promise<T>;
  late: () => Error;
  /** Aborted from elsewhere, it ends the wait as the deadline would. Default one of its own. */
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
