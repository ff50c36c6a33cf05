import { AppError } from '../domain/app-error.ts';

/**
 * A bound on what is in work at one time. One more is told at once to come again: where work is slow, requests wait
 * with their senders and do not pile up here.
 */
export function inWork(max: number): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0;
  return async (work) => {
    if (running >= max)
      throw new AppError(
        'unavailable',
        `The server is busy with ${max} requests of this kind; try again in a moment.`,
      );
    running += 1;
    try {
      return await work();
    } finally {
      running -= 1;
    }
  };
}
