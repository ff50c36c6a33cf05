/**
 * Makes engines, makes each drop its DEKs in one way, and searches this process's own memory for what is left. No key
 * is ever here in the clear: DEKs and data keys are kept masked, and memory is masked before it is compared.
 */
import { execFileSync } from 'node:child_process';
import { hkdfSync, randomFillSync } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expandDek } from '../src/cipher.ts';
import { createEngine, KmsFault, memoryDirectory, parseEnvelope } from '../src/index.ts';
import { KeySlab } from '../src/key-slab.ts';
import { ManualRuntime } from './support.ts';

const mask = 0xa5;
const chunkBytes = 2 ** 22;
const workspace = 'acme';

/** Copies of the second half of a key: the allocator overwrites the first bytes of freed memory. */
interface Hits {
  dek: number;
  dataKey: number;
}

/** What is found after loading, after a collection, after the DEK must be gone, and after another collection. */
export interface Traces {
  way: string;
  loaded: Hits;
  held: Hits;
  gone: Hits;
  collected: Hits;
}

export interface MemoryReport {
  ways: Traces[];
  planted: { before: number; found: number; zeroised: number };
  /** Data keys that survived a minor collection and were then erased. */
  moved: { made: number; held: number; erased: number };
  scannedBytes: number;
}

const masked = (bytes: Uint8Array): Buffer => {
  // Small buffers made in other ways lie on V8's heap, where collections move them and leave copies.
  const out = Buffer.from(new ArrayBuffer(bytes.length));
  for (let at = 0; at < bytes.length; at += 1) out[at] = (bytes[at] ?? 0) ^ mask;
  return out;
};

const secondHalf = (needle: Buffer): Buffer => needle.subarray(needle.length / 2);

let scannedBytes = 0;
const chunk = Buffer.allocUnsafeSlow(chunkBytes);
const words = new Int32Array(chunk.buffer);
const probe = Buffer.from(new ArrayBuffer(16));
const maskWord = mask * 0x01010101;

/** How often each needle of 16 bytes, given masked, is in this process's writable memory in the clear. */
function search(needles: readonly Buffer[]): number[] {
  const found = needles.map(() => 0);
  scannedBytes = 0;
  const memory = openSync('/proc/self/mem', 'r');
  const maps = readFileSync('/proc/self/maps', 'latin1');
  for (const [, from = '', to = ''] of maps.matchAll(/^([\da-f]+)-([\da-f]+) rw/gm)) {
    const end = Number.parseInt(to, 16);
    for (let at = Number.parseInt(from, 16); at < end; at += chunkBytes - probe.length) {
      const read = readSome(memory, chunk, at, Math.min(chunkBytes, end - at));
      scannedBytes += read;
      for (let n = 0; n * 4 < read; n += 1) words[n] = (words[n] ?? 0) ^ maskWord;
      const seen = needles.map((needle) => placesOf(needle, chunk.subarray(0, read)));
      // The chunk may hold what it read before, which is no find: look whether it is really there.
      chunk.fill(0);
      for (const [n, places] of seen.entries()) {
        const real = places.filter((place) => isAt(memory, at + place, needles[n]));
        found[n] = (found[n] ?? 0) + real.length;
      }
    }
  }
  closeSync(memory);
  return found;
}

function readSome(memory: number, into: Buffer, at: number, length: number): number {
  try {
    return readSync(memory, into, 0, length, at);
  } catch {
    // Some kernel mappings cannot be read; none holds our data.
    return 0;
  }
}

function placesOf(needle: Buffer, seen: Buffer): number[] {
  const places: number[] = [];
  for (let at = seen.indexOf(needle); at >= 0; at = seen.indexOf(needle, at + 1)) places.push(at);
  return places;
}

function isAt(memory: number, at: number, needle: Buffer | undefined): boolean {
  readSome(memory, probe, at, probe.length);
  for (let n = 0; n < probe.length; n += 1) probe[n] = (probe[n] ?? 0) ^ mask;
  const same = needle?.equals(probe) ?? false;
  probe.fill(0);
  return same;
}

async function collect(): Promise<void> {
  for (let n = 0; n < 3; n += 1) {
    globalThis.gc?.();
    await setImmediate();
  }
}

/** Masked data keys of masked DEKs, derived in another process, so that this one holds no trace of them. */
function dataKeysOf(deks: readonly { dek: Buffer; id: Buffer }[]): Buffer[] {
  const input = JSON.stringify(
    deks.map(({ dek, id }) => [dek.toString('hex'), id.toString('hex')]),
  );
  const self = fileURLToPath(import.meta.url);
  const output = execFileSync(process.execPath, [self, 'derive'], { input, encoding: 'utf8' });
  const keys: string[] = JSON.parse(output);
  return keys.map((key) => Buffer.from(key, 'hex'));
}

function derive(): void {
  const given: [string, string][] = JSON.parse(readFileSync(0, 'utf8'));
  const keys = given.map(([dek, id]) => {
    const raw = masked(Buffer.from(dek, 'hex'));
    const okm = hkdfSync('sha512', raw, Buffer.from(id, 'hex'), 'keytide/v1', 64);
    return masked(new Uint8Array(okm, 0, 32)).toString('hex');
  });
  process.stdout.write(JSON.stringify(keys));
}

/** A new engine with one DEK, which it made, lost and loaded again. */
async function holder(way: string, capacity: number) {
  const runtime = new ManualRuntime();
  const deks: Buffer[] = [];
  runtime.fill = (buffer) => {
    randomFillSync(buffer);
    if (buffer.length === 32) deks.push(masked(buffer));
  };
  /** The buffers of plaintext DEKs between engine and KMS, kept so that only zeroising can erase them. */
  const handed: Uint8Array[] = [];
  let deny = false;
  const engine = createEngine({
    provider: {
      name: 'masking',
      wrap: async (dek) => {
        handed.push(dek);
        return { bytes: masked(dek) };
      },
      unwrap: async (edek) => {
        if (deny) throw new KmsFault('denied', 'DisabledException', { sent: true });
        const bytes = masked(edek);
        handed.push(bytes);
        return { bytes };
      },
    },
    keyFor: () => `local:${way}`,
    directory: memoryDirectory(),
    policy: { ttlMs: 3_600_000, dekRotationMs: 3_600_000, capacity },
    process: 'memory',
    runtime,
  });
  /** An envelope under another DEK of the same key. */
  const another = async (): Promise<Uint8Array> =>
    engine.encrypt(Buffer.from('other'), { workspace: 'other' });
  const stranger = await another();
  const envelope = await engine.encrypt(Buffer.from('body'), { workspace });
  // The engine forgot the DEK that it made; it holds one that the KMS gave.
  runtime.advance(3_600_000);
  runtime.tick();
  await engine.decrypt(envelope, { workspace });
  const dek = deks.at(-1);
  if (dek === undefined) throw new Error('no DEK was made');
  const id = Buffer.from(parseEnvelope(envelope).dekId);
  const startDenying = () => {
    deny = true;
  };
  return { engine, runtime, stranger, dek, id, handed, startDenying };
}

type Holder = Awaited<ReturnType<typeof holder>>;

/** Each way in which an engine must drop a DEK. */
const ways: Record<string, (holder: Holder) => Promise<unknown>> = {
  denial: async ({ engine, stranger, startDenying }) => {
    startDenying();
    await engine.decrypt(stranger, { workspace: 'other' }).catch(() => undefined);
  },
  expiry: async ({ runtime }) => {
    runtime.advance(3_600_000);
    runtime.tick();
  },
  eviction: ({ engine, stranger }) => engine.decrypt(stranger, { workspace: 'other' }),
  close: ({ engine }) => engine.close(),
};

async function traces(): Promise<{ traces: Traces[]; holders: Holder[] }> {
  const holders = new Map<string, Holder>();
  for (const way of Object.keys(ways))
    holders.set(way, await holder(way, way === 'eviction' ? 1 : 9));
  const list = [...holders.entries()];
  const dataKeys = dataKeysOf(list.map(([, one]) => one));
  const needles = [...list.map(([, { dek }]) => dek), ...dataKeys].map(secondHalf);
  const hitsOf = (found: number[]): Hits[] =>
    list.map((_, n) => ({ dek: found[n] ?? 0, dataKey: found[n + list.length] ?? 0 }));
  // Minor collections move objects on V8's heap and do not erase their old place.
  for (let n = 0; n < 3; n += 1) globalThis.gc?.({ type: 'minor' });
  const loaded = hitsOf(search(needles));
  await collect();
  for (const [way, { engine, id }] of list) {
    const holds = engine.snapshot().deks.some((dek) => dek.id === id.toString('hex'));
    if (!holds) throw new Error(`${way}: the engine does not hold its DEK`);
  }
  const held = hitsOf(search(needles));
  for (const [way, one] of list) await ways[way]?.(one);
  for (const [way, { engine, id }] of list) {
    const holds = engine.snapshot().deks.some((dek) => dek.id === id.toString('hex'));
    if (holds) throw new Error(`${way}: the engine still holds its DEK`);
  }
  const gone = hitsOf(search(needles));
  await collect();
  const collected = hitsOf(search(needles));
  const none = { dek: -1, dataKey: -1 };
  return {
    holders: list.map(([, one]) => one),
    traces: list.map(([way], n) => ({
      way,
      loaded: loaded[n] ?? none,
      held: held[n] ?? none,
      gone: gone[n] ?? none,
      collected: collected[n] ?? none,
    })),
  };
}

/** Shows that the search finds a key in a buffer. */
function plant(): MemoryReport['planted'] {
  const needle = Buffer.allocUnsafeSlow(32);
  randomFillSync(needle);
  const half = [secondHalf(needle)];
  const [before = -1] = search(half);
  const planted = masked(needle);
  const [found = -1] = search(half);
  planted.fill(0);
  const [zeroised = -1] = search(half);
  return { before, found, zeroised };
}

/** Shows whether a minor collection that moved a key left a copy. */
function move(): MemoryReport['moved'] {
  const dek = Buffer.allocUnsafeSlow(32);
  randomFillSync(dek);
  const id = Buffer.alloc(16);
  const needles = dataKeysOf([{ dek, id }]).map(secondHalf);
  const made = 200;
  const slab = new KeySlab();
  const slots = Array.from({ length: made }, () => {
    const expanded = expandDek(masked(dek), id);
    const slot = slab.take(expanded);
    expanded.dataKey.fill(0);
    return slot;
  });
  globalThis.gc?.({ type: 'minor' });
  const [held = -1] = search(needles);
  for (const slot of slots) slab.release(slot);
  const [erased = -1] = search(needles);
  return { made, held, erased };
}

async function report(): Promise<void> {
  const planted = plant();
  const moved = move();
  const { traces: found, holders } = await traces();
  const report: MemoryReport = { ways: found, planted, moved, scannedBytes };
  process.stdout.write(JSON.stringify(report));
  // They are referenced until here, so that a key which was not found was erased, not merely collected.
  for (const { engine, handed } of holders) {
    await engine.close();
    if (handed.length < 3) throw new Error('the KMS was not asked as planned');
  }
}

if (process.argv[2] === 'derive') derive();
else if (process.argv[2] === 'report') await report();
