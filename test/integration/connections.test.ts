/** Audit sources that a person adds, pauses and removes while they are being read. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { listConnections } from '../../lib/services/answers/connections.ts';
import {
  addConnection,
  pauseConnection,
  removeConnection,
  triedOf,
} from '../../lib/services/intake/connections.ts';
import { importFiles } from '../../lib/services/intake/import-files.ts';
import { sourceAt } from '../../lib/services/intake/log-sources.ts';
import { pollLog } from '../../lib/services/intake/poll-log.ts';
import type { LogSource } from '../../lib/services/intake/poll-loop.ts';
import { pollSources } from '../../lib/services/intake/poll-sources.ts';
import { tryAsked } from '../../lib/services/intake/try-source.ts';
import type { LogPlace } from '../../lib/shared/log-place.ts';
import { gcpEntry } from '../support/cloud-records.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

let store: TestStore;
let folder: string;
let place: LogPlace;
let stop: () => Promise<void> = async () => {};

beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());
beforeEach(async () => {
  await store.clear();
  folder = await mkdtemp(join(tmpdir(), 'keytide-connections-'));
  place = { kind: 'folder', folder };
});
afterEach(async () => {
  await stop();
  stop = async () => {};
  await rm(folder, { recursive: true, force: true });
});

const soon = { timeout: 10_000 };
let written = 0;
async function write(count: number): Promise<void> {
  const lines: string[] = [];
  for (let n = 0; n < count; n += 1) {
    written += 1;
    const timestamp = new Date(Date.now() - 60_000 + written).toISOString();
    const principal = `user-${written % 3}@acme.example`;
    lines.push(JSON.stringify(gcpEntry({ timestamp, insertId: `entry-${written}`, principal })));
  }
  await writeFile(join(folder, `log-${written}.json`), lines.join('\n'));
}

/** Reads at once, and again every few milliseconds. */
function run(given: readonly LogSource[] = []): void {
  const open: typeof sourceAt = (at, rest) => ({ ...sourceAt(at, rest), everyMs: 20 });
  const options = { given, say: () => {}, leads: () => true, open, everyMs: 20 };
  stop = pollSources(store.ctx, options);
}

const view = () => listConnections({ ctx: store.ctx, input: { tokenAt: 'ingest-token' } });
const only = async () => {
  const { sources } = await view();
  return sources[0];
};
const events = async () => (await only())?.events ?? -1;
const ctxOf = (input: unknown) => ({ ctx: store.ctx, input });

test('a log that is added is read without a restart, stands still while paused, and goes on', async () => {
  await write(5);
  run();
  const { id } = await addConnection(ctxOf(place));
  expect(await only()).toMatchObject({ id, state: 'waiting', origin: 'page', place });
  await expect.poll(events, soon).toBe(5);
  expect(await only()).toMatchObject({ state: 'ok', reading: { records: 5, refused: 0 } });
  await pauseConnection(ctxOf({ id, paused: true }));
  // Whatever was under way when it was paused is over after this.
  await sleep(200);
  await write(3);
  await sleep(200);
  expect(await only()).toMatchObject({ state: 'paused', events: 5 });
  await pauseConnection(ctxOf({ id, paused: false }));
  await expect.poll(events, soon).toBe(8);
});

test('a log that is removed is read no more and stays away; its events stay', async () => {
  await write(4);
  run();
  const { id } = await addConnection(ctxOf(place));
  await expect.poll(events, soon).toBe(4);
  await removeConnection(ctxOf({ id }));
  // A reading that was under way does not bring it back.
  const source = sourceAt(place, { startMs: 0, origin: 'page' });
  await pollLog({ ctx: store.ctx, input: source });
  await sleep(100);
  expect((await view()).sources).toEqual([]);
  expect(await store.query('SELECT count(*)::float8 AS n FROM audit_event')).toEqual([{ n: 4 }]);
});

test('what the environment asks for is paused, not removed; once it asks no more it stands still and can go', async () => {
  await write(2);
  const given = sourceAt(place, { startMs: 0, origin: 'environment' });
  run([given]);
  await expect.poll(events, soon).toBe(2);
  const id = given.sourceId;
  await expect(removeConnection(ctxOf({ id }))).rejects.toMatchObject({ code: 'conflict' });
  await stop();
  const before = (await only())?.coveredUntil;
  run();
  await expect.poll(async () => (await only())?.state, soon).toBe('stopped');
  expect((await only())?.coveredUntil).toBe(before);
  await removeConnection(ctxOf({ id }));
  expect((await view()).sources).toEqual([]);
});

test('a source that stands still holds back no other one’s coverage', async () => {
  const { coverageOf } = await import('../../lib/services/answers/coverage.ts');
  const row = { kind: 'cloudtrail', message: null, cursorAt: null, polledAt: null, lagMs: null };
  const live = { ...row, id: 'live', status: 'ok', coveredUntil: 9 };
  const over = { ...row, id: 'over', status: 'stopped', coveredUntil: 2 };
  expect(coverageOf([live, over])).toBe(9);
  expect(coverageOf([over])).toBe(2);
});

test('what cannot be added says which field is wrong; a log is connected once', async () => {
  const refused = async (input: unknown) => {
    const { message } = (await addConnection(ctxOf(input)).catch((error) => error)) as Error;
    return message;
  };
  expect(await refused({ kind: 'cloudtrail', region: 'Frankfurt' })).toMatch(/^Source: region /);
  expect(await refused({ kind: 'ftp' })).toMatch(/^Source: kind is one of/);
  expect(await refused(null)).toMatch(/^Source: kind /);
  expect(await refused({ kind: 'folder', folder: '../etc' })).toMatch(/^Source: folder /);
  expect(await refused({ ...place, secret: 'x' })).toBe('Source: secret is not known.');
  // A token of Azure would go to whatever host is named.
  const container = 'https://acme.blob.attacker.example/logs';
  expect(await refused({ kind: 'azure-blobs', container })).toMatch(/^Source: container /);
  await addConnection(ctxOf(place));
  expect(await refused(place)).toBe('This log is connected already.');
  for (const input of [{ id: 'folder:none' }, { id: 'folder:none', paused: true }]) {
    const change = 'paused' in input ? pauseConnection : removeConnection;
    await expect(change(ctxOf(input))).rejects.toMatchObject({ code: 'not-found' });
    await expect(change(ctxOf({}))).rejects.toMatchObject({ code: 'bad-request' });
  }
});

test('a test counts what is in the last hour and keeps nothing; what cannot be read says why', async () => {
  await write(6);
  const input = { tried: triedOf(place), given: [] };
  expect(await tryAsked({ ctx: store.ctx, input })).toMatchObject({
    ...{ ok: true, events: 6, principals: 3, ignored: 0, refused: 0 },
  });
  expect(await store.query('SELECT count(*)::float8 AS n FROM audit_event')).toEqual([{ n: 0 }]);
  const absent = triedOf({ kind: 'folder', folder: join(folder, 'none') });
  expect(await tryAsked({ ctx: store.ctx, input: { tried: absent, given: [] } })).toMatchObject({
    ok: false,
    message: expect.stringContaining('cannot be read'),
  });
  const unknown = { tried: triedOf({ id: 'folder:none' }), given: [] };
  expect(await tryAsked({ ctx: store.ctx, input: unknown })).toMatchObject({ ok: false });
});

test('imported files are a source of their own, which nothing stops', async () => {
  await write(3);
  await importFiles({ ctx: store.ctx, input: { paths: [folder] } });
  run();
  await sleep(100);
  expect(await only()).toMatchObject({ origin: 'file', place: null, state: 'file' });
});
