/**
 * Measures contenders in windows that take turns: in each round another one begins, and every second round goes
 * backwards, so that each contender runs after each other one and a slow moment of the machine affects all alike. A
 * window is long enough for several garbage collections. The result is the median of the ratios within each round.
 */

/** Does its work `times` over. */
export type Work = (times: number) => Promise<void> | void;

/** Microseconds for each piece of work: of wall time, and of the main thread's processor time. */
export interface Spent {
  wall: number;
  cpu: number;
}

const windowMs = 60;
const rounds = 30;
/** Rounds before those that count: V8 still optimises. */
const warmUpRounds = 6;
const warmUpMs = 300;

/** A list of windows for each contender, in the order of the rounds. */
export async function windowsOf(contenders: readonly Work[]): Promise<Spent[][]> {
  const runners: { work: Work; times: number; spent: Spent[] }[] = [];
  for (const work of contenders)
    runners.push({ work, times: await timesPerWindow(work), spent: [] });
  for (let round = 0; round < warmUpRounds + rounds; round += 1) {
    const inTurn = round % 2 === 0 ? runners : runners.toReversed();
    for (const { work, times, spent } of inTurn) spent.push(await spentOn(work, times));
    if (round % 2 === 1) runners.push(...runners.splice(0, 1));
  }
  return contenders.map(
    (work) => runners.find((one) => one.work === work)?.spent.slice(warmUpRounds) ?? [],
  );
}

/** How many times as much one contender spends as the other: the median over the rounds. */
export function ratioOf(one: readonly Spent[], other: readonly Spent[], by: keyof Spent): number {
  return median(one.map((spent, round) => spent[by] / (other[round]?.[by] ?? Number.NaN)));
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** Microseconds of processor time that the main thread has had. */
export function threadCpuUs(): number {
  // Reading the process's time makes the kernel update the thread's, which else advances by ticks of 4 ms.
  process.cpuUsage();
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
