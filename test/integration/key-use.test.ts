/** Who uses a key, and what breaks if it is disabled now. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { keyUse } from '../../lib/services/answers/key-use.ts';
import { ingestAudit } from '../../lib/services/intake/ingest-audit.ts';
import { ingestTelemetry } from '../../lib/services/intake/ingest-telemetry.ts';
import { gcpKey, gcpService } from '../support/cloud-records.ts';
import { cloudStory } from '../support/cloud-story.ts';
import { openTestStore, type TestStore } from '../support/store.ts';
import { removeDir, runKeytide, scratchDir } from '../support/up.ts';

const told = cloudStory({ provider: 'gcp', claims: true, seed: 5, calls: 60, skewMs: 0 });
const minuteMs = 60_000;

let store: TestStore;
let dir: string;
beforeAll(async () => {
  store = await openTestStore();
  dir = await scratchDir();
}, 120_000);
beforeEach(() => store.clear());
afterAll(async () => {
  await store.close();
  await removeDir(dir);
});

test('each caller is told with its verdict, and what of ours goes dark when', async () => {
  const [first, ...calls] = told.telemetry.calls.sort((a, b) => a.at - b.at);
  if (first === undefined) throw new Error('no call');
  const last = calls.at(-1) ?? first;
  const leased = { ...last, outcome: 'ok', leaseEndsAt: told.to + 42 * minuteMs };
  const telemetry = { ...told.telemetry, calls: [first, ...calls.slice(0, -1), leased] };
  await ingestTelemetry({ ctx: store.ctx, input: telemetry });
  const input = { records: told.audit, source: 'files', seenAt: null };
  await ingestAudit({ ctx: store.ctx, input });
  store.setNow(told.to);
  const view = await keyUse({ ctx: store.ctx, input: { key: `${gcpKey}/cryptoKeyVersions/7` } });
  expect(view.key).toBe(gcpKey);
  const verdicts = view.users.map(({ name, verdict, events }) => [name, verdict, events]);
  const own = told.attemptOf.size + told.lost;
  expect(verdicts).toEqual([
    [gcpService, 'ours', own],
    ['service-77@gs-project-accounts.iam.gserviceaccount.com', 'service', 30],
    ['mallory@example.com', 'stranger', 5],
  ]);
  for (const { operations, events } of view.users)
    expect(Object.values(operations).reduce((sum, n) => sum + n, 0)).toBe(events);
  const { workspaces, darkBy, processes, others } = view.ifDisabled;
  expect(workspaces.map(({ workspace }) => workspace)).toEqual(['legal']);
  expect(darkBy).toBe(told.to + 42 * minuteMs);
  expect(processes.map(({ liveDeks }) => liveDeks)).toEqual([1]);
  expect(others).toHaveLength(2);
});

test('a key that nothing is known of is not found', async () => {
  await expect(
    keyUse({ ctx: store.ctx, input: { key: 'gcp-kms:projects/nobody' } }),
  ).rejects.toMatchObject({ code: 'not-found' });
});

test('the command says it in words and as JSON, from a log alone too', async () => {
  const log = join(dir, 'log.jsonl');
  await writeFile(log, told.audit.map(({ raw }) => raw).join('\n'));
  const data = ['--data', join(dir, 'data')];
  expect((await runKeytide(['import', log, ...data])).code).toBe(0);
  const text = await runKeytide(['key', gcpKey, ...data]);
  expect(text.code).toBe(0);
  expect(text.stdout).toContain('used by 3 principals:');
  expect(text.stdout).toContain('mallory@example.com: not known to be this service');
  expect(text.stdout).toContain('no telemetry tells of a workspace under it');
  const json = await runKeytide(['key', gcpKey, ...data, '--json']);
  expect(JSON.parse(json.stdout)).toMatchObject({ key: gcpKey, ifDisabled: { darkBy: null } });
  expect((await runKeytide(['key', 'arn:unknown', ...data])).code).toBe(1);
}, 120_000);
