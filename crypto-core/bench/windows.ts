/** Medians of windows that take turns, so that a slow moment of the machine hits all contenders alike. */

/** Does its work `times` over. */
export type Work = (times: number) => Promise<void> | void;

const windowMs = 25;
const rounds = 15;
const warmUpMs = 150;

/** Microseconds a piece of work, one list a contender, in the order of the rounds. */
export async function windowsOf(contenders: readonly Work[]): Promise<number[][]> {
  const runners: { work: Work; times: number; us: number[] }[] = [];
  for (const work of contenders) runners.push({ work, times: await timesPerWindow(work), us: [] });
  for (let round = 0; round < rounds; round += 1) {
    for (const { work, times, us } of runners) us.push((await msOf(work, times)) * (1_000 / times));
    runners.push(...runners.splice(0, 1));
  }
  return contenders.map((work) => runners.find((one) => one.work === work)?.us ?? []);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

async function timesPerWindow(work: Work): Promise<number> {
  let times = 1;
  let spentMs = 0;
  let lastMs = 0;
  while (spentMs < warmUpMs) {
    lastMs = await msOf(work, times);
    spentMs += lastMs;
    if (lastMs < windowMs) times *= 2;
  }
  return Math.max(1, Math.round((times * windowMs) / Math.max(lastMs, windowMs)));
}

async function msOf(work: Work, times: number): Promise<number> {
  const from = performance.now();
  await work(times);
  return performance.now() - from;
}
