import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Keeper, type KeptSandbox, keepIn, readKept } from '../../lib/sandbox/keep.ts';
import { Sandbox } from '../../lib/sandbox/sandbox.ts';
import { type CloudName, clouds, type Side } from '../../lib/sandbox/sides/side.ts';

const startMs = Date.UTC(2026, 10, 23);
const dayMs = 86_400_000;
let dir: string;
let keeper: Keeper | undefined;
let opened: Sandbox[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'keytide-keep-'));
});

afterEach(async () => {
  for (const sandbox of opened) await sandbox.close();
  opened = [];
  keeper?.close();
  keeper = undefined;
  rmSync(dir, { recursive: true, force: true });
});

async function sandboxOf(
  chosen: readonly CloudName[],
  left: KeptSandbox | null = null,
): Promise<Sandbox> {
  const sandbox = new Sandbox({
    startMs,
    seed: 1,
    clouds: chosen,
    processes: 1,
    otlp: { url: 'http://127.0.0.1:1', token: 'none' },
    keep: (cloud, event) => keeper?.append(cloud, event),
    ...(left && { restored: left.sides }),
  });
  opened.push(sandbox);
  for (const side of sandbox.sides) await side.open();
  return sandbox;
}

/** A sandbox that was used, kept in `dir`. */
async function lived(chosen: readonly CloudName[]): Promise<Sandbox> {
  keeper = keepIn(dir, { fresh: true });
  const sandbox = await sandboxOf(chosen);
  for (const side of sandbox.sides) side.stranger();
  keeper.save(sandbox.exportState());
  return sandbox;
}

function onlySide({ sides }: Sandbox): Side {
  const [side] = sides;
  if (side === undefined || sides.length > 1) throw new Error('not one side');
  return side;
}

/** The lines of a side's log as it is a day later, whatever file they are in. */
async function logOf(sandbox: Sandbox): Promise<string[]> {
  sandbox.clock.jumpTo(startMs + dayMs);
  const to = mkdtempSync(join(dir, 'log-'));
  const { files } = await sandbox.writeLogs(to);
  return files.map((file) => readFileSync(file, 'latin1').toString()).sort();
}

const requestFor = (keyUri: string) => ({
  keyUri,
  context: { workspace: 'w', dekId: 'd' },
  claim: '',
  signal: AbortSignal.timeout(10_000),
});

const journalOf = (cloud: CloudName) => join(dir, `${cloud}.ndjson`);
const eventsIn = (kept: KeptSandbox | null) => kept?.sides.flatMap(({ events }) => [...events]);

describe.each(clouds)('what the sandbox keeps of %s', (cloud) => {
  test('is its cloud whole: the same log, delivered at the same instants, and the same access', async () => {
    const before = await lived([cloud]);
    const kept = readKept(dir);
    const after = await sandboxOf([cloud], kept);
    expect(onlySide(after).keyUri).toBe(onlySide(before).keyUri);
    expect(after.exportState()).toEqual(before.exportState());
    expect(eventsIn(kept)?.length).toBeGreaterThan(11);
    expect(await logOf(after)).toEqual(await logOf(before));
  });

  test('lets the key open what it sealed, and a change on its way come into force', async () => {
    const before = await lived([cloud]);
    const { keyUri } = onlySide(before);
    const plaintext = randomBytes(32);
    const sealed = await onlySide(before).provider(0).wrap(plaintext, requestFor(keyUri));
    before.setKey(keyUri, false);
    keeper?.save(before.exportState());
    const after = await sandboxOf([cloud], readKept(dir));
    const open = () => onlySide(after).provider(0).unwrap(sealed.bytes, requestFor(keyUri));
    expect(after.disabledAt(onlySide(after))).toBe(startMs);
    expect(Buffer.from((await open()).bytes)).toEqual(plaintext);
    after.clock.jumpTo(startMs + 120_000);
    await expect(open()).rejects.toMatchObject({ kind: 'denied' });
    after.setKey(keyUri, true);
    after.clock.jumpTo(startMs + 240_000);
    expect(Buffer.from((await open()).bytes)).toEqual(plaintext);
  });

  test('survives a last journal line that a crash cut short, losing that event alone', async () => {
    await lived([cloud]);
    const all = eventsIn(readKept(dir));
    writeFileSync(journalOf(cloud), readFileSync(journalOf(cloud), 'utf8').slice(0, -40));
    expect(eventsIn(readKept(dir))).toEqual(all?.slice(0, -1));
  });

  test('loses nothing that is written after a line cut short', async () => {
    await lived([cloud]);
    keeper?.close();
    writeFileSync(journalOf(cloud), readFileSync(journalOf(cloud), 'utf8').slice(0, -40));
    const kept = readKept(dir);
    keeper = keepIn(dir, { fresh: false });
    const again = await sandboxOf([cloud], kept);
    onlySide(again).audit();
    expect(eventsIn(readKept(dir))?.slice(0, -1)).toEqual(eventsIn(kept));
  });

  test.skipIf(process.platform === 'win32')(
    'is readable by its owner only: it holds keys',
    async () => {
      await lived([cloud]);
      for (const file of [join(dir, 'state.json'), journalOf(cloud)])
        expect(statSync(file).mode & 0o777).toBe(0o600);
    },
  );
});

describe('what the sandbox keeps', () => {
  test('has a bound: the newest events stay, over any number of restarts', async () => {
    const bytesMax = 4_000;
    const sandbox = await lived(['aws']);
    const [event] = eventsIn(readKept(dir)) ?? [];
    if (event === undefined || !('record' in event)) throw new Error('no event');
    const at = (number: number) => ({ ...event, at: startMs + number });
    let written = 0;
    for (let start = 0; start < 5; start += 1) {
      keeper?.close();
      keeper = keepIn(dir, { fresh: start === 0, bytesMax });
      keeper.save(sandbox.exportState());
      for (let times = 0; times < 7; times += 1) keeper.append('aws', at(written++));
    }
    const bytes = readdirSync(dir).filter((file) => file.endsWith('.ndjson'));
    const size = bytes.reduce((sum, file) => sum + statSync(join(dir, file)).size, 0);
    expect(size).toBeLessThan(2 * (bytesMax + JSON.stringify(event).length + 100));
    const times = (eventsIn(readKept(dir)) ?? []).map((one) => one.at - startMs);
    expect(times.length).toBeGreaterThan(2);
    expect(times).toEqual(
      Array.from({ length: times.length }, (_, index) => written - times.length + index),
    );
  });

  test('is each of its clouds, in their order', async () => {
    const before = await lived(clouds);
    const kept = readKept(dir);
    expect(kept?.sides.map(({ cloud, key }) => [cloud, key])).toEqual(
      before.sides.map(({ cloud, keyUri }) => [cloud, keyUri]),
    );
    expect((await sandboxOf(clouds, kept)).exportState()).toEqual(before.exportState());
  });

  test('is nothing where nothing whole was left, or what another release wrote', async () => {
    expect(readKept(dir)).toBeNull();
    expect(readKept(join(dir, 'absent'))).toBeNull();
    await lived(['aws']);
    const state = join(dir, 'state.json');
    const { form: _, ...before } = JSON.parse(readFileSync(state, 'utf8'));
    writeFileSync(state, JSON.stringify(before));
    expect(readKept(dir)).toBeNull();
    writeFileSync(state, '{"sides":');
    expect(readKept(dir)).toBeNull();
  });

  test('is as it was before where a crash cut the writing of a new state', async () => {
    const { sides } = await lived(['aws']);
    writeFileSync(join(dir, 'state.json.new'), '{"sides":');
    expect(readKept(dir)?.sides[0]?.key).toBe(sides[0]?.keyUri);
  });

  test('is forgotten by a fresh start', async () => {
    await lived(clouds);
    keeper?.close();
    keeper = keepIn(dir, { fresh: true });
    expect(readKept(dir)).toBeNull();
    expect(readdirSync(dir)).toEqual([]);
  });
});
