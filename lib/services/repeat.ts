/**
 * Runs `work` again and again, `everyMs` after it last finished. The returned function tells the run under way to end,
 * and waits for it. A run that fails is tried the next time.
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
