import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ingestTelemetry } from '../../lib/services/intake/ingest-telemetry.ts';
import { openStore } from '../../lib/services/open-store.ts';
import { readWindow } from '../../lib/store/read-window.ts';
import { story } from '../support/story.ts';
import { runKeytide } from '../support/up.ts';

test('keytide doctor --rebuild makes sums that went wrong anew from the rows', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'keytide-doctor-'));
  const told = story(5);
  const open = () => openStore({ url: undefined, dir });
  const store = await open();
  await ingestTelemetry({ ctx: store.ctx, input: told.telemetry });
  const before = await readWindow(store.ctx.db, told);
  await store.ctx.db.$executeRawUnsafe('UPDATE tally_open SET n = n + 1');
  expect(await readWindow(store.ctx.db, told)).not.toEqual(before);
  await store.close();
  const { code, stdout } = await runKeytide(['doctor', '--rebuild', '--data', dir]);
  expect([code, stdout]).toEqual([0, 'The sums of 1 day were made anew from the rows.\n']);
  const again = await open();
  const inOrder = (sums: typeof before) => sums.map((sum) => JSON.stringify(sum)).sort();
  expect(inOrder(await readWindow(again.ctx.db, told))).toEqual(inOrder(before));
  await again.close();
  await rm(dir, { recursive: true });
}, 120_000);
