/**
 * `npm run bench -- engine`: the engine against raw `node:crypto` and AWS's Encryption SDK with its caching CMM, in one
 * process, by medians of windows that take turns. `vsRaw` is ours / raw, `vsEsdk` is esdk / ours.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { Registry } from 'prom-client';
import { createEngine, memoryDirectory } from '../src/index.ts';
import { otlpSender } from '../src/telemetry/otlp.ts';
import { registerMetrics } from '../src/telemetry/prometheus.ts';
import {
  aadBytesOf,
  binding,
  type Contender,
  engineOf,
  esdkOf,
  loadEsdk,
  oursOf,
  rawOf,
} from './contenders.ts';
import { median, windowsOf } from './windows.ts';

interface Row {
  name: string;
  ours: number;
  raw: number | null;
  esdk: number | null;
  /** ours / raw. */
  vsRaw: number | null;
  /** esdk / ours. */
  vsEsdk: number | null;
  unit: 'us' | 'ratio' | 'calls' | 'MiB';
}

const sizes = { '64B': 2 ** 6, '1KiB': 2 ** 10, '16KiB': 2 ** 14, '1MiB': 2 ** 20 };
const coldOpens = 10_000;
const cachedDeks = 100_000;

export async function benchEngine({ json }: { json: boolean }): Promise<void> {
  const print = (row: Row) => process.stdout.write(`${json ? JSON.stringify(row) : lineOf(row)}\n`);
  const esdk = await loadEsdk();
  if (esdk === undefined) {
    process.stderr.write('bench: @aws-crypto/client-node is not installed; esdk is null\n');
  }
  const engine = engineOf();
  const aadBytes = await aadBytesOf(engine);
  for (const [size, bytes] of Object.entries(sizes)) {
    const plaintext = randomBytes(bytes);
    const ours = await oursOf(engine, plaintext);
    const raw = rawOf(plaintext, aadBytes);
    const peer = esdk && (await esdkOf(esdk, plaintext));
    for (const path of ['seal', 'open'] as const) {
      print(await speedRow(`engine.${path}.${size}`, path, { ours, raw, peer }));
    }
  }
  await engine.close();
  print(only('engine.telemetry.overhead', await telemetryOverhead(), 'ratio'));
  print(only(`engine.coldstart.${coldOpens}`, await coldStartCalls(), 'calls'));
  print(only(`engine.memory.${cachedDeks}deks`, memoryMiB(), 'MiB'));
}

async function speedRow(
  name: string,
  path: keyof Contender,
  { ours, raw, peer }: { ours: Contender; raw: Contender; peer: Contender | undefined },
): Promise<Row> {
  const works = [ours[path], raw[path], ...(peer ? [peer[path]] : [])];
  const [our = Number.NaN, its = Number.NaN, sdk = null] = (await windowsOf(works)).map(median);
  return {
    name,
    ours: rounded(our),
    raw: rounded(its),
    esdk: sdk && rounded(sdk),
    vsRaw: rounded(our / its),
    vsEsdk: sdk && rounded(sdk / our),
    unit: 'us',
  };
}

const only = (name: string, ours: number, unit: Row['unit']): Row => ({
  name,
  ours: rounded(ours),
  raw: null,
  esdk: null,
  vsRaw: null,
  vsEsdk: null,
  unit,
});

/** Sealing and opening 1 KiB with metrics and the accounting sender on, to the same without; the median of pairs. */
async function telemetryOverhead(): Promise<number> {
  const receiver = createServer((request, response) => {
    request.resume().on('end', () => response.end('{}'));
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const address = receiver.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const sender = otlpSender({ url: `http://127.0.0.1:${port}`, flushEveryMs: 1_000 });
  const engines = [engineOf([registerMetrics(new Registry()), sender]), engineOf()] as const;
  const plaintext = randomBytes(sizes['1KiB']);
  const [on, off] = await Promise.all(engines.map((engine) => oursOf(engine, plaintext)));
  if (on === undefined || off === undefined) throw new Error('two engines make two contenders');
  const ratios: number[] = [];
  for (const path of ['seal', 'open'] as const) {
    const [withIt = [], without = []] = await windowsOf([on[path], off[path]]);
    ratios.push(...withIt.map((us, at) => us / (without[at] ?? Number.NaN)));
  }
  for (const engine of engines) await engine.close();
  receiver.close();
  receiver.closeAllConnections();
  return median(ratios);
}

/** KMS calls made when so many open envelopes of one DEK at once, and no process holds it. */
async function coldStartCalls(): Promise<number> {
  let calls = 0;
  const options = {
    provider: {
      name: 'bench',
      wrap: async (dek: Uint8Array) => ({ bytes: Buffer.from(dek) }),
      unwrap: async (edek: Uint8Array) => {
        calls += 1;
        await new Promise((resolve) => setTimeout(resolve, 20));
        return { bytes: Buffer.from(edek) };
      },
    },
    keyFor: () => 'local:key/1',
    directory: memoryDirectory(),
    process: 'bench',
  };
  const [warm, cold] = [createEngine(options), createEngine(options)];
  const envelope = await warm.encrypt(Buffer.from('body'), binding);
  await Promise.all(Array.from({ length: coldOpens }, () => cold.decrypt(envelope, binding)));
  await warm.close();
  await cold.close();
  return calls;
}

function memoryMiB(): number {
  const probe = fileURLToPath(new URL('memory-probe.ts', import.meta.url));
  // With V8's default young generation the garbage of filling counts as the cache's: 178 MiB instead of 49.
  const flags = ['--expose-gc', '--max-semi-space-size=1'];
  const args = [...flags, probe, String(cachedDeks)];
  return Number(execFileSync(process.execPath, args, { encoding: 'utf8' })) / 2 ** 20;
}

const rounded = (value: number): number => Number(value.toPrecision(4));

function lineOf({ name, ours, raw, esdk, vsRaw, vsEsdk, unit }: Row): string {
  const peers = [
    raw !== null && `raw ${raw} (${vsRaw}x of it)`,
    esdk !== null && `esdk ${esdk} (${vsEsdk}x faster)`,
  ].filter((text) => text !== false);
  return [`${name.padEnd(26)} ${String(ours).padStart(8)} ${unit}`, ...peers].join('   ');
}
