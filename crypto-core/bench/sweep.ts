/** How long work on very many DEKs at once blocks the event loop. */
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  createEngine,
  type KekProvider,
  KmsFault,
  type Runtime,
  systemRuntime,
} from '../src/index.ts';
import { threadCpuUs } from './windows.ts';

setFlagsFromString('--expose-gc');
/** Collects the garbage of filling, which must not count as the sweep's. */
const collect: () => void = runInNewContext('gc');
const ttlMs = 3_600_000;
const workspace = 'acme';

/** The longest turn of the event loop for each kind of work, in ms of wall time and of processor time. */
// Long: one measurement from its set-up to its row.
export async function longestBlocks(
  deks: number,
): Promise<Record<string, unknown> & { ours: number }> {
  const blocks = new Map<string, { wall: number; cpu: number }>();
  let aheadMs = 0;
  let sweep = () => {};
  const runtime: Runtime = {
    ...systemRuntime,
    now: () => systemRuntime.now() + aheadMs,
    monotonic: () => systemRuntime.monotonic() + aheadMs,
    every: (ms, task) => {
      if (ms === 1_000) sweep = task;
      return () => {};
    },
    sleep: async () => turn(),
  };
  let denied = false;
  const provider: KekProvider = {
    name: 'bench',
    wrap: async (dek) => ({ bytes: Buffer.from(dek) }),
    unwrap: async (edek) => {
      if (denied) throw new KmsFault('denied', 'DisabledException', { sent: true });
      return { bytes: Buffer.from(edek) };
    },
  };
  const engine = createEngine({
    provider,
    runtime,
    keyFor: () => 'local:key/1',
    process: 'bench',
    policy: { deks: 'private', dekMessagesMax: 1, capacity: deks, ttlMs },
  });
  const fill = async () => {
    denied = false;
    while (engine.totals().entries < deks)
      for (let n = 0; n < 1_000; n += 1) await engine.encrypt(Buffer.from('x'), { workspace });
  };
  const measure = async (name: string, work: () => void, over: () => boolean) => {
    const worst = { wall: 0, cpu: 0 };
    collect();
    await turn();
    do {
      const [from, cpuFrom] = [performance.now(), threadCpuUs()];
      work();
      work = () => {};
      await turn();
      worst.wall = Math.max(worst.wall, performance.now() - from);
      worst.cpu = Math.max(worst.cpu, (threadCpuUs() - cpuFrom) / 1_000);
    } while (!over());
    blocks.set(name, worst);
  };
  const isEmpty = () => engine.totals().entries === 0;
  await fill();
  await measure(
    'leases',
    () => void engine.leases(),
    () => true,
  );
  await measure(
    'rollUp',
    () => void engine.takeRollUp(),
    () => true,
  );
  aheadMs += ttlMs;
  await measure('sweep', () => sweep(), isEmpty);
  await fill();
  // A sender does so every few seconds.
  engine.takeRollUp();
  denied = true;
  await measure('denial', () => void engine.validate(workspace), isEmpty);
  await engine.close();
  const rounded = (ms: number) => Number(ms.toPrecision(4));
  const longest = (by: 'wall' | 'cpu') =>
    rounded(Math.max(...['sweep', 'denial', 'leases'].map((name) => blocks.get(name)?.[by] ?? 0)));
  const each = [...blocks].map(
    ([name, { wall, cpu }]) => [name, { wall: rounded(wall), cpu: rounded(cpu) }] as const,
  );
  return { ours: longest('wall'), cpu: longest('cpu'), ...Object.fromEntries(each) };
}
