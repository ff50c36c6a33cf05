/** Medians of windows that take turns, so that a slow moment of the machine hits all contenders alike. */

/** Does its work `times` over. */
export type Work = (times: number) => Promise<void> | void;

/** Microseconds a piece of work takes: of the clock on the wall, and of the main thread's processor. */
export interface Spent {
  wall: number;
  cpu: number;
}

const windowMs = 40;
const rounds = 25;
const warmUpMs = 150;

/** One list of windows a contender, in the order of the rounds. */
export async function windowsOf(contenders: readonly Work[]): Promise<Spent[][]> {
  const runners: { work: Work; times: number; spent: Spent[] }[] = [];
  for (const work of contenders)
    runners.push({ work, times: await timesPerWindow(work), spent: [] });
  for (let round = 0; round < rounds; round += 1) {
    for (const { work, times, spent } of runners) spent.push(await spentOn(work, times));
    runners.push(...runners.splice(0, 1));
  }
  return contenders.map((work) => runners.find((one) => one.work === work)?.spent ?? []);
}

/** The median on the wall, and the mean of the processor's: its clock may tick too slowly for one window. */
export function typicalOf(windows: readonly Spent[]): Spent {
  const cpu = windows.reduce((sum, one) => sum + one.cpu, 0) / windows.length;
  return { wall: median(windows.map((one) => one.wall)), cpu };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** Microseconds of processor time that the main thread has had. */
export function threadCpuUs(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

async function timesPerWindow(work: Work): Promise<number> {
  let times = 1;
  let spentMs = 0;
  let lastMs = 0;
  while (spentMs < warmUpMs) {
    lastMs = ((await spentOn(work, times)).wall * times) / 1_000;
    spentMs += lastMs;
    if (lastMs < windowMs) times *= 2;
  }
  return Math.max(1, Math.round((times * windowMs) / Math.max(lastMs, windowMs)));
}

async function spentOn(work: Work, times: number): Promise<Spent> {
  const from = performance.now();
  const cpuFrom = threadCpuUs();
  await work(times);
  const cpu = (threadCpuUs() - cpuFrom) / times;
  return { wall: ((performance.now() - from) * 1_000) / times, cpu };
}
