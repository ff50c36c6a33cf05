import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ingestTelemetry } from '../../lib/services/intake/ingest-telemetry.ts';
import { openStore } from '../../lib/services/open-store.ts';
import { writeAuditSource } from '../../lib/store/entities/audit-sources.ts';
import { readWindow } from '../../lib/store/views/ledger/read-window.ts';
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

test('keytide doctor says how each source fares, what it lacks and what mends that', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'keytide-doctor-'));
  const words = ['doctor', '--data', dir];
  const empty = await runKeytide(words);
  expect([empty.code, empty.stdout]).toEqual([0, 'No audit log is connected.\n']);
  const store = await openStore({ url: undefined, dir });
  const fix = 'az monitor diagnostic-settings create';
  const row = { status: 'ok', message: null, cursorAt: null, polledAt: null, coveredUntil: 0 };
  await writeAuditSource(store.ctx.db, {
    ...{ ...row, id: 'azure-monitor:w', kind: 'azure-monitor', updatedAt: 0 },
    place: { kind: 'azure-monitor', workspace: 'w' },
    gaps: [{ code: 'no-setting', evidence: 'It has no table.', fix }],
  });
  await store.close();
  const { code, stdout } = await runKeytide(words);
  expect(code).toBe(1);
  expect(stdout.split('\n').slice(0, 3)).toEqual([
    'Azure Log Analytics, w: ok, complete until 1970-01-01 00:00 UTC',
    '  No diagnostic setting sends a vault’s log here: It has no table.',
    `    mend it: ${fix}`,
  ]);
  await rm(dir, { recursive: true });
}, 120_000);
