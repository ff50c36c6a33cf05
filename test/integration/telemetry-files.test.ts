import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { importTelemetry } from '../../lib/services/intake/import-telemetry.ts';
import { needCase } from '../support/shared-data.ts';
import { openTestStore, type TestStore } from '../support/store.ts';
import { removeDir, scratchDir } from '../support/up.ts';

let store: TestStore;
let dir: string;
beforeAll(async () => {
  store = await openTestStore();
  dir = await scratchDir();
}, 60_000);
beforeEach(() => store.clear());
afterAll(async () => {
  await store.close();
  await removeDir(dir);
});

const callsIn = async () =>
  (await store.query<{ n: number }>('SELECT count(*)::float8 AS n FROM kms_call'))[0]?.n;
const take = async (path: string) =>
  (await importTelemetry({ ctx: store.ctx, input: { paths: [path] } })).faults;

test('the cases: every form an exporter writes is read the same', async (context) => {
  const folder = needCase(context, '14-telemetry-files');
  const good = await take(join(folder, 'good.jsonl'));
  expect(good).toEqual([]);
  const calls = await callsIn();
  expect(calls).toBeGreaterThan(0);
  const once = {
    'bom.jsonl': 1,
    'gz.jsonl.gz': 1,
    'both-signals-one-line.jsonl': 1,
    'pretty.json': 1,
    'array.json': 2,
    'java-stdout-no-breaks.jsonl': 2,
    'java-logging-no-wrapper.jsonl': 2,
    'with-logs-and-noise.jsonl': 1,
  };
  for (const [name] of Object.entries(once)) {
    await store.clear();
    const faults = await take(join(folder, name));
    expect.soft(await callsIn(), name).toBeGreaterThanOrEqual(calls ?? 1);
    expect
      .soft(
        faults.filter(({ line }) => line > 0),
        name,
      )
      .toEqual([]);
    expect.soft(faults.length, name).toBe(name === 'with-logs-and-noise.jsonl' ? 1 : 0);
  }
});

test('one request gives the same over many lines, in an array, marked, packed and without its wrapper', async (context) => {
  const line = await readFile(join(needCase(context, '14-telemetry-files'), 'good.jsonl'), 'utf8');
  const request = JSON.parse(line.split('\n')[0] ?? '{}');
  const [resource] = request.resourceSpans;
  const forms: [string, string | Buffer][] = [
    ['pretty', JSON.stringify(request, null, 2)],
    ['array', JSON.stringify([request])],
    ['twice', `${JSON.stringify(request)}${JSON.stringify(request)}`],
    ['marked', `\uFEFF${JSON.stringify(request)}`],
    ['packed', gzipSync(JSON.stringify(request))],
    ['bare', JSON.stringify(resource)],
    ['noise', `GET / 200\n{"resourceLogs":[]}\n${JSON.stringify(request)}\n`],
  ];
  await take(join(needCase(context, '14-telemetry-files'), 'good.jsonl'));
  const calls = await callsIn();
  for (const [name, content] of forms) {
    await store.clear();
    const path = join(dir, name);
    await writeFile(path, content);
    const faults = await take(path);
    expect(await callsIn(), name).toBe(calls);
    expect(
      faults.map(({ reason }) => reason),
      name,
    ).toEqual(name === 'noise' ? ['2 pieces of logs or other text left alone'] : []);
  }
});
