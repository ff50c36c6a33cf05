import type { Db } from '../store/db.ts';
import { maintain } from '../store/maintain.ts';

/** Wall time between two looks at what is needed; the look itself takes milliseconds. */
const everyMs = 10_000;

/** Keeps the embedded database in order until the returned function is called, which waits for what is under way. */
export function maintenance(db: Db): () => Promise<void> {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<unknown> = Promise.resolve();
  const run = () => {
    // What fails now, while the database is busy or closing, is done at the next look.
    running = maintain(db)
      .catch(() => undefined)
      .then(() => {
        if (!stopped) wait();
      });
  };
  const wait = () => {
    timer = setTimeout(run, everyMs);
    timer.unref();
  };
  wait();
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await running;
  };
}
