/** Measurements of a whole engine: the cost of telemetry, a cold start, memory, and fairness between customers. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Registry } from 'prom-client';
import { createEngine, type KekProvider, memoryDirectory } from '../src/index.ts';
import { otlpSender } from '../src/telemetry/otlp.ts';
import { registerMetrics } from '../src/telemetry/prometheus.ts';
import { binding, engineOf, oursOf } from './contenders.ts';
import { median, ratioOf, windowsOf } from './windows.ts';

/** The cost of sealing and opening 1 KiB with metrics and the accounting sender, to that without. */
export async function telemetryOverhead(): Promise<number> {
  const receiver = createServer((request, response) => {
    request.resume().on('end', () => response.end('{}'));
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const address = receiver.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const sender = otlpSender({ url: `http://127.0.0.1:${port}`, flushEveryMs: 1_000 });
  const engines = [engineOf([registerMetrics(new Registry()), sender]), engineOf()] as const;
  const plaintext = randomBytes(1_024);
  const [on, off] = await Promise.all(engines.map((engine) => oursOf(engine, plaintext)));
  if (on === undefined || off === undefined) throw new Error('two engines make two contenders');
  const ratios: number[] = [];
  for (const path of ['seal', 'open'] as const) {
    const [withIt = [], without = []] = await windowsOf([on[path], off[path]]);
    ratios.push(ratioOf(withIt, without, 'cpu'));
  }
  for (const engine of engines) await engine.close();
  receiver.close();
  receiver.closeAllConnections();
  return rounded(median(ratios));
}

/** Wraps by copying, and unwraps after a while. */
function copyingKms(unwrap: (edek: Uint8Array, keyUri: string) => Promise<Buffer>): KekProvider {
  return {
    name: 'bench',
    wrap: async (dek) => ({ bytes: Buffer.from(dek) }),
    unwrap: async (edek, { keyUri }) => ({ bytes: await unwrap(edek, keyUri) }),
  };
}

/** KMS calls for so many concurrent opens of one DEK that is not held. */
export async function coldStartCalls(opens: number): Promise<number> {
  let calls = 0;
  const options = {
    provider: copyingKms(async (edek) => {
      calls += 1;
      await wait(20);
      return Buffer.from(edek);
    }),
    keyFor: () => 'local:key/1',
    directory: memoryDirectory(),
    process: 'bench',
  };
  const [warm, cold] = [createEngine(options), createEngine(options)];
  const envelope = await warm.encrypt(Buffer.from('body'), binding);
  await Promise.all(Array.from({ length: opens }, () => cold.decrypt(envelope, binding)));
  await warm.close();
  await cold.close();
  return calls;
}

/** By how much a new process grows, with Node's default flags. */
export function memoryMiB(deks: number): number {
  const probe = fileURLToPath(new URL('memory-probe.ts', import.meta.url));
  const bytes = execFileSync(process.execPath, [probe, String(deks)], { encoding: 'utf8' });
  return rounded(Number(bytes) / 2 ** 20);
}

const stuckDeks = 500;
const opensPerRound = 100;
const rounds = 7;
const latencyMs = 5;

/** The 99th percentile of B's cold opens, ms: alone, and while 500 cold DEKs of A wait for a KMS that never answers. */
export async function fairness(): Promise<{ ours: number; alone: number; ratio: number }> {
  const options = {
    keyFor: (workspace: string) => `local:key/${workspace}`,
    process: 'bench',
    policy: { deks: 'private', dekMessagesMax: 1 },
  } as const;
  const writer = createEngine({
    ...options,
    provider: copyingKms(async (edek) => Buffer.from(edek)),
  });
  const sealed = (workspace: string, n: number) =>
    Promise.all(Array.from({ length: n }, () => writer.encrypt(Buffer.from('x'), { workspace })));
  const reader = () =>
    createEngine({
      ...options,
      provider: copyingKms(async (edek, keyUri) => {
        if (keyUri === options.keyFor('a')) await new Promise(() => {});
        await wait(latencyMs);
        return Buffer.from(edek);
      }),
    });
  const stuck = await sealed('a', stuckDeks);
  const percentiles = { alone: [] as number[], beside: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    for (const how of ['alone', 'beside'] as const) {
      const engine = reader();
      const fresh = await sealed('b', opensPerRound);
      if (how === 'beside')
        for (const one of stuck) engine.decrypt(one, { workspace: 'a' }).catch(() => {});
      percentiles[how].push(await p99Of(fresh, (one) => engine.decrypt(one, { workspace: 'b' })));
      // Not awaited: it would wait for A's calls.
      void engine.close();
    }
  }
  await writer.close();
  const [ours, alone] = [median(percentiles.beside), median(percentiles.alone)];
  return { ours: rounded(ours), alone: rounded(alone), ratio: rounded(ours / alone) };
}

async function p99Of<T>(list: readonly T[], work: (one: T) => Promise<unknown>): Promise<number> {
  const tookMs: number[] = [];
  for (const one of list) {
    const from = performance.now();
    await work(one);
    tookMs.push(performance.now() - from);
  }
  return tookMs.sort((a, b) => a - b)[Math.floor(list.length * 0.99)] ?? Number.NaN;
}

const rounded = (value: number): number => Number(value.toPrecision(4));
