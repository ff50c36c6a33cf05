import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { explain } from '../../lib/services/answers/explain.ts';
import { storeExtent } from '../../lib/services/answers/extent.ts';
import { importFiles } from '../../lib/services/intake/import-files.ts';
import { readAuditSources } from '../../lib/store/entities/audit-sources.ts';
import { testDatabases } from '../support/postgres.ts';
import { recount, written } from '../support/recount.ts';
import { needSharedData } from '../support/shared-data.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

describe.each(testDatabases())('importing on $name', ({ missing, open }) => {
  let store: TestStore;
  let dir: string;

  beforeAll(async () => {
    if (missing !== null) return;
    store = await openTestStore(open);
    dir = await mkdtemp(join(tmpdir(), 'keytide-import-'));
  }, 60_000);
  beforeEach(async (context) => {
    if (missing !== null) return context.skip(missing);
    await store.clear();
  });
  afterAll(async () => {
    await store?.close();
    if (dir) await rm(dir, { recursive: true, force: true });
  });

  const take = (paths: string[]) => importFiles({ ctx: store.ctx, input: { paths } });
  const eventsKept = async () =>
    (
      await store.query<{ n: number }>(
        `SELECT count(*)::float8 AS n FROM audit_event WHERE action NOT IN ('identity', 'trail')`,
      )
    )[0]?.n;

  test('real records: every one is accounted for, bad files are named, a second import adds nothing', async (context) => {
    const folder = needSharedData(context, 'audit-samples/aws');
    const report = await take([folder]);
    const ignored = Object.values(report.ignored).reduce((all, n) => all + n, 0);
    expect(report).toMatchObject({ records: 892, kmsEvents: 149 });
    expect(new Set(report.rejected.map(({ file }) => file)).size).toBe(7);
    for (const { file, reason } of report.rejected) {
      expect(file).toContain('.invalid.json');
      expect(reason).not.toBe('');
    }
    expect(await eventsKept()).toBe(149);
    expect(report.kmsEvents + report.duplicates + ignored).toBe(892);
    const once = await store.dump();
    const again = await take([folder]);
    expect(again).toEqual({ ...report, duplicates: report.duplicates + 149 });
    expect(await store.dump()).toEqual(once);
    expect(await written(store)).toEqual(await recount(store));
  });

  test('a log alone is explained: its events are in the ledger, each as somebody’s', async (context) => {
    await take([needSharedData(context, 'audit-samples/aws')]);
    const window = await storeExtent({ ctx: store.ctx });
    const view = await explain({ ctx: store.ctx, input: { window: window ?? { from: 0, to: 1 } } });
    const line = view.ledger.lines.find(({ id }) => id === 'events');
    const copies = await store.query<{ n: number }>(
      `SELECT count(*)::float8 AS n FROM audit_event WHERE state = 'copy'`,
    );
    expect(line).toMatchObject({ total: 149 - (copies[0]?.n ?? 0), residual: 0 });
    const used = view.strangers.reduce((all, { events }) => all + events, 0);
    expect(used).toBe(line?.terms.find(({ id }) => id === 'stranger')?.value);
    expect(view.sentences[0]).toMatch(
      /^The audit log shows \d+ KMS requests in .* by 4 principals/,
    );
  });

  const record = (eventID: string, minute: number) => ({
    eventID,
    eventSource: 'kms.amazonaws.com',
    eventName: 'Decrypt',
    eventTime: `2026-11-23T12:0${minute}:00Z`,
    userIdentity: { type: 'IAMUser', principalId: 'AIDA', arn: 'arn:aws:iam::1:user/u' },
  });
  const file = async (name: string, content: string) => {
    const path = join(dir, name);
    await writeFile(path, content);
    return path;
  };

  test('the source covers what its newest event shows, and never goes back', async () => {
    const newer = await file('newer.json', JSON.stringify({ Records: [record('b', 5)] }));
    const older = await file('older.json', JSON.stringify({ Records: [record('a', 1)] }));
    await take([newer]);
    await take([older]);
    expect(await readAuditSources(store.ctx.db)).toEqual([
      expect.objectContaining({
        id: 'files',
        kind: 'file',
        status: 'file',
        coveredUntil: Date.UTC(2026, 10, 23, 12, 5),
        lagMs: null,
      }),
    ]);
  });

  test('one bad record loses only itself, and files that overlap count once', async () => {
    const bad = { ...record('x', 1), eventID: undefined };
    const first = await file('1.json', JSON.stringify({ Records: [record('a', 1), bad] }));
    const second = await file(
      '2.json',
      JSON.stringify({ Records: [record('a', 1), record('b', 2)] }),
    );
    const report = await take([first, second]);
    expect(report).toMatchObject({ files: 2, records: 4, kmsEvents: 2, duplicates: 1 });
    expect(report.rejected).toEqual([expect.objectContaining({ file: first })]);
    expect(await eventsKept()).toBe(2);
  });

  test('a request of two keys is there for each of them, and once in totals', async () => {
    const key = (no: number) =>
      `arn:aws:kms:eu-central-1:200000000001:key/${no}1111111-2222-3333-4444-555555555555`;
    const both = {
      ...record('re', 1),
      eventName: 'ReEncrypt',
      resources: [{ ARN: key(1) }, { ARN: key(2) }],
    };
    const one = { ...record('d', 2), resources: [{ ARN: key(1) }] };
    const given = await file('two-keys.json', JSON.stringify({ Records: [both, one, one] }));
    expect((await take([given])).keys).toEqual([
      { key: key(1), events: 2 },
      { key: key(2), events: 1 },
    ]);
    const window = { from: Date.UTC(2026, 10, 23, 12), to: Date.UTC(2026, 10, 23, 12, 30) };
    const eventsOf = async (filter: { key?: string }) => {
      const { ledger, strangers, logCauses, choices } = await explain({
        ctx: store.ctx,
        input: { window, filter },
      });
      return {
        ledger: ledger.lines.find(({ id }) => id === 'events')?.total,
        strangers: strangers.reduce((all, { events }) => all + events, 0),
        examined: logCauses?.examined,
        keys: [...choices.keys].sort(),
      };
    };
    const keys = [key(1), key(2)];
    expect(await eventsOf({})).toEqual({ ledger: 2, strangers: 2, examined: 2, keys });
    expect(await eventsOf({ key: key(1) })).toMatchObject({ ledger: 2, strangers: 2, examined: 2 });
    expect(await eventsOf({ key: key(2) })).toMatchObject({ ledger: 1, strangers: 1, examined: 1 });
    expect(await written(store)).toEqual(await recount(store));
  });

  test('one event id at two times is two events, to the import as to the store', async () => {
    const twice = [record('same', 1), record('same', 2), record('same', 2)];
    const report = await take([await file('same.json', JSON.stringify(twice))]);
    expect(report).toMatchObject({ records: 3, kmsEvents: 2, duplicates: 1 });
    expect(await eventsKept()).toBe(2);
  });

  test('files without a single record leave no source behind', async () => {
    const report = await take([await file('none.json', '{"Records":[]}')]);
    expect(report).toMatchObject({ files: 1, records: 0, kmsEvents: 0 });
    expect(await readAuditSources(store.ctx.db)).toEqual([]);
  });
});
