import { AppError } from '../domain/app-error.ts';

/**
 * Limits how much is in work at once. A request beyond it is told at once to come again: slow work leaves requests with
 * their senders instead of piling them up here.
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
