/**
 * `npm run bench -- engine`: the engine against raw `node:crypto` and AWS's Encryption SDK, with its caching CMM and
 * with its hierarchical keyring, in one process, by medians over rounds of windows. `vsRaw` is ours / raw, `vsEsdk` and
 * `vsHierarchical` are theirs / ours, by the main thread's processor time; `wall` has the same by the clock. Ours
 * is a bound handle's `encrypt` or `decrypt`, awaited, and so is raw; `held` compares both without a promise.
 */
import { randomBytes } from 'node:crypto';
import {
  aadBytesOf,
  type Contender,
  cachingOf,
  engineOf,
  heldOf,
  hierarchicalOf,
  loadEsdk,
  oursOf,
  rawOf,
} from './contenders.ts';
import { coldStartCalls, fairness, memoryMiB, telemetryOverhead } from './scenarios.ts';
import { longestBlocks } from './sweep.ts';
import { median, ratioOf, type Spent, windowsOf } from './windows.ts';

interface Ratios {
  vsRaw: number;
  vsEsdk: number | null;
  vsHierarchical: number | null;
}

interface SpeedRow extends Ratios {
  name: string;
  /** Microseconds of processor time. */
  ours: number;
  raw: number;
  esdk: number | null;
  hierarchical: number | null;
  wall: Ratios;
  held: { ours: number; raw: number; vsRaw: number; wall: number };
  unit: 'us';
}

type Row = SpeedRow | ({ name: string; ours: number; unit: string } & Record<string, unknown>);

const sizes = { '64B': 2 ** 6, '1KiB': 2 ** 10, '16KiB': 2 ** 14, '1MiB': 2 ** 20 };
const coldOpens = 10_000;
const cachedDeks = 100_000;
const sweptDeks = 2 ** 17;

export async function benchEngine({ json }: { json: boolean }): Promise<void> {
  const print = (row: Row) => process.stdout.write(`${json ? JSON.stringify(row) : lineOf(row)}\n`);
  const esdk = await loadEsdk();
  if (esdk === undefined)
    process.stderr.write('bench: @aws-crypto/client-node is not installed; esdk is null\n');
  const engine = engineOf();
  const aadBytes = await aadBytesOf(engine);
  for (const [size, bytes] of Object.entries(sizes)) {
    const plaintext = randomBytes(bytes);
    const { awaited, atOnce } = rawOf(plaintext, aadBytes);
    const ours = [await oursOf(engine, plaintext), await heldOf(engine, plaintext)];
    const contenders = [...ours, awaited, atOnce];
    if (esdk !== undefined)
      contenders.push(await cachingOf(esdk, plaintext), await hierarchicalOf(esdk, plaintext));
    for (const path of ['seal', 'open'] as const)
      print(await speedRow(`engine.${path}.${size}`, path, contenders));
  }
  await engine.close();
  print({ name: 'engine.telemetry.overhead', ours: await telemetryOverhead(), unit: 'ratio' });
  print({
    name: `engine.coldstart.${coldOpens}`,
    ours: await coldStartCalls(coldOpens),
    unit: 'calls',
  });
  print({ name: `engine.memory.${cachedDeks}deks`, ours: memoryMiB(cachedDeks), unit: 'MiB' });
  print({ name: 'engine.fairness.p99', ...(await fairness()), unit: 'ms' });
  print({ name: `engine.sweep.${sweptDeks}`, ...(await longestBlocks(sweptDeks)), unit: 'ms' });
}

async function speedRow(
  name: string,
  path: keyof Contender,
  contenders: readonly Contender[],
): Promise<SpeedRow> {
  const windows = await windowsOf(contenders.map((one) => one[path]));
  const [ours = [], held = [], raw = [], rawAtOnce = [], esdk, hierarchical] = windows;
  const usOf = (spent: Spent[]) => rounded(median(spent.map(({ cpu }) => cpu)));
  const ratio = (one: Spent[], other: Spent[], by: keyof Spent) => rounded(ratioOf(one, other, by));
  const ratios = (by: keyof Spent): Ratios => ({
    vsRaw: ratio(ours, raw, by),
    vsEsdk: esdk === undefined ? null : ratio(esdk, ours, by),
    vsHierarchical: hierarchical === undefined ? null : ratio(hierarchical, ours, by),
  });
  return {
    name,
    ours: usOf(ours),
    raw: usOf(raw),
    esdk: esdk === undefined ? null : usOf(esdk),
    hierarchical: hierarchical === undefined ? null : usOf(hierarchical),
    ...ratios('cpu'),
    wall: ratios('wall'),
    held: {
      ours: usOf(held),
      raw: usOf(rawAtOnce),
      vsRaw: ratio(held, rawAtOnce, 'cpu'),
      wall: ratio(held, rawAtOnce, 'wall'),
    },
    unit: 'us',
  };
}

const rounded = (value: number): number => Number(value.toPrecision(4));

function lineOf(row: Row): string {
  const { name, ours, unit, ...more } = row;
  const rest = Object.entries(more).map(([key, value]) => `${key} ${JSON.stringify(value)}`);
  return [`${name.padEnd(26)} ${String(ours).padStart(8)} ${unit}`, ...rest].join('   ');
}
