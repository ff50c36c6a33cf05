/**
 * Does `work` again and again, `everyMs` after it was done, until the returned function is called, which tells what is
 * under way to end and waits for it. What fails is done the next time.
 */
export function repeat(
  everyMs: number,
  work: (until: AbortSignal) => Promise<unknown>,
): () => Promise<void> {
  const stop = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<unknown> = Promise.resolve();
  const run = () => {
    running = work(stop.signal)
      .catch(() => undefined)
      .then(() => {
        if (!stop.signal.aborted) wait();
      });
  };
  const wait = () => {
    timer = setTimeout(run, everyMs);
    timer.unref();
  };
  wait();
  return async () => {
    stop.abort();
    clearTimeout(timer);
    await running;
  };
}
