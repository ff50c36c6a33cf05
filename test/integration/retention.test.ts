/** Retention: sums stay, single calls and events go, and what is told of them afterwards is no more than is known. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseMetrics, parseTraces } from '../../lib/ingest/parse-otlp.ts';
import { listCalls, rawEvent } from '../../lib/services/answers/calls.ts';
import { explain } from '../../lib/services/answers/explain.ts';
import { pattern } from '../../lib/services/answers/pattern.ts';
import { report } from '../../lib/services/answers/report.ts';
import { describeSpike } from '../../lib/services/answers/spike-detail.ts';
import { listSpikes } from '../../lib/services/answers/spikes.ts';
import { acceptMetrics, acceptTraces } from '../../lib/services/intake/accept-otlp.ts';
import { importFiles } from '../../lib/services/intake/import-files.ts';
import { ingestAudit } from '../../lib/services/intake/ingest-audit.ts';
import { ingestTelemetry } from '../../lib/services/intake/ingest-telemetry.ts';
import { rebuild } from '../../lib/services/intake/rebuild.ts';
import { applyRetention, type RetentionInput } from '../../lib/services/retention.ts';
import { cloudTrailRecord, hostileStory } from '../support/hostile-story.ts';
import { testDatabases } from '../support/postgres.ts';
import { attemptRecord, auditRecord, callRecord, emptyBatch, keyArn } from '../support/records.ts';
import { openTestStore, type TestStore } from '../support/store.ts';
import { story } from '../support/story.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const told = story(3);
const window = { from: told.from, to: told.to };
const events = [
  'kms_call',
  'kms_attempt',
  'operation_count',
  'dek_activity',
  'audit_event',
] as const;

describe.each(testDatabases())('retention on $name', ({ missing, open }) => {
  let store: TestStore;
  beforeAll(async () => {
    if (missing === null) store = await openTestStore(open);
  }, 60_000);
  beforeEach(async (context) => {
    if (missing !== null) return context.skip(missing);
    await store.clear();
  });
  afterAll(() => store?.close());

  const retain = (given: Partial<RetentionInput> = {}) =>
    applyRetention({
      ctx: store.ctx,
      input: { days: 2, keys: null, ...given },
      until: new AbortController().signal,
    });
  /** Closes what is old by `now`, then drops what was closed. */
  const retainAt = async (now: number, given: Partial<RetentionInput> = {}) => {
    store.setNow(now);
    await retain(given);
    await retain(given);
  };
  const take = async (audit = told.audit) => {
    await ingestTelemetry({ ctx: store.ctx, input: told.telemetry });
    return ingestAudit({
      ctx: store.ctx,
      input: { records: audit, source: 'files', seenAt: null },
    });
  };
  const rollUps = async () => {
    const { sums, crossings } = await store.dump();
    return { sums, crossings };
  };
  const rows = async (table: string) =>
    (await store.query<{ n: number }>(`SELECT count(*)::float8 AS n FROM ${table}`))[0]?.n;
  const explained = (of = window) => explain({ ctx: store.ctx, input: { window: of } });

  test('the window’s sums stay to the last one, and its rows go', async () => {
    await take();
    await store.cover(told.to + 10 * dayMs);
    const before = await rollUps();
    const open = await explained();
    await retainAt(told.to + 10 * dayMs);
    for (const table of events) expect([table, await rows(table)]).toEqual([table, 0]);
    expect(await rollUps()).toEqual(before);
    await rebuild({ ctx: store.ctx });
    expect(await rollUps()).toEqual(before);
    const closed = await explained();
    const totals = (view: typeof open) => view.ledger.lines.map(({ id, total }) => [id, total]);
    expect(totals(closed)).toEqual(totals(open));
    expect(closed.buckets).toEqual(open.buckets);
    expect(closed.ledger.messages).toBe(open.ledger.messages);
  });

  test('no residual is told and nobody is suspect, and every output says that there are sums only', async () => {
    // Without its events an attempt is left over.
    await take(told.audit.slice(5));
    await store.cover(told.to + 10 * dayMs);
    const open = await explained();
    expect(open.ledger.residual).toBeGreaterThan(0);
    expect(open.strangers.some(({ kind }) => kind === 'suspect')).toBe(true);
    await retainAt(told.to + 8 * dayMs);
    const { ledger, waterfall, strangers, alarms, sentences, sumsBefore } = await explained();
    expect(ledger.residual).toBe(0);
    for (const { total, terms } of ledger.lines)
      expect(terms.reduce((sum, { value }) => sum + value, 0)).toBe(total);
    const terms = [...ledger.lines.flatMap((line) => line.terms), ...waterfall];
    expect(terms.filter(({ id }) => id === 'suspect' || id === 'unexplained')).toEqual([]);
    expect(terms.filter(({ id }) => id === 'sums-only').length).toBeGreaterThan(1);
    expect(strangers).toEqual([]);
    const comparedWith = async (of: typeof window) =>
      (await explained(of)).comparisons.map(({ counts }) => counts);
    for (const counts of await comparedWith(window))
      expect(counts.map(({ id }) => id)).not.toContain('suspect');
    // The week before a window that is kept is not.
    const call = callRecord({ at: told.to - hourMs / 2 + 7 * dayMs, seq: 1, process: 'engine-9' });
    await ingestTelemetry({ ctx: store.ctx, input: { ...emptyBatch(), calls: [call] } });
    const later = await comparedWith({
      from: told.from + hourMs / 4 + 7 * dayMs,
      to: told.to + 7 * dayMs,
    });
    for (const counts of later)
      expect(counts.find(({ id }) => id === 'suspect')?.before ?? null).toBeNull();
    expect(alarms.map(({ id }) => id)).not.toContain('suspects');
    expect(sentences.join(' ')).not.toMatch(/unaccounted|suspects?:/i);
    expect(sentences.join(' ')).toMatch(/kept as sums only/);
    expect(sumsBefore).not.toBeNull();
    const markdown = await report({ ctx: store.ctx, input: { window } });
    expect(markdown).toMatch(/Kept as sums only until .*: what is unexplained is not known/);
    const calls = await listCalls({
      ctx: store.ctx,
      input: { window, show: 'attempts', filters: {}, cursor: null },
    });
    expect(calls).toMatchObject({ rows: [], sumsBefore });
    const gone = rawEvent({ ctx: store.ctx, input: { eventId: 'e', at: told.from } });
    await expect(gone).rejects.toThrow(/past retention: only their sums are kept/);
  });

  test('a spike keeps its count and its minutes, and what its calls were is said to be gone', async () => {
    const { ctx } = store;
    const hostile = hostileStory('legal', told.from);
    await acceptTraces({ ctx, input: JSON.parse(JSON.stringify(hostile.traces)) });
    const of = { window: { from: hostile.from, to: hostile.to }, filter: {} };
    const [open] = (await listSpikes({ ctx, input: of })).spikes;
    await retainAt(told.to + 10 * dayMs);
    const [closed] = (await listSpikes({ ctx, input: of })).spikes;
    expect(closed).toMatchObject({ id: open?.id, calls: open?.calls, causes: open?.causes });
    const filter = { key: keyArn };
    const detail = await describeSpike({ ctx, input: { id: closed?.id ?? '', filter } });
    expect(detail).toMatchObject({
      sumsBefore: told.to + 8 * dayMs,
      combinations: [],
      examined: 0,
    });
    expect(Math.max(...detail.minutes.map(({ calls }) => calls))).toBe(open?.peak);
    for (const { parts } of detail.breakdowns)
      expect(parts.filter(({ value }) => value !== '')).toEqual([]);
    const { sentences } = await pattern({ ctx, input: of });
    expect(sentences.join(' ')).toMatch(/kept as sums only/);
  });

  test('a window that is kept is told as before, its suspects and residual too', async () => {
    await take(told.audit.slice(5));
    await store.cover(told.to);
    const before = await explained();
    await retainAt(told.to + dayMs);
    expect(await explained()).toEqual({
      ...before,
      now: told.to + dayMs,
      retention: expect.anything(),
    });
  });

  test('sent and imported again, what is older is ignored, named with that reason, and changes nothing', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'keytide-retention-'));
    const hostile = hostileStory('legal', told.from);
    const file = join(dir, 'log.json');
    const young = cloudTrailRecord('young', 'legal', { at: told.to + 9 * dayMs });
    await writeFile(file, JSON.stringify({ Records: [...hostile.records, young] }));
    const { ctx } = store;
    const [traces, metrics] = [hostile.traces, hostile.metrics].map((body) =>
      JSON.parse(JSON.stringify(body)),
    );
    await retainAt(told.to + 10 * dayMs);
    const imported = await importFiles({ ctx, input: { paths: [file] } });
    expect(imported).toMatchObject({
      records: 481,
      kmsEvents: 1,
      duplicates: 0,
      ignored: { 'past-retention': 480 },
      ignoredIn: { 'past-retention': file },
      rejectedCount: 0,
    });
    const once = await store.dump();
    const spans = await acceptTraces({ ctx, input: traces });
    const { calls, attempts } = parseTraces(traces);
    expect(spans.partialSuccess?.rejectedSpans).toBe(String(calls.length + attempts.length));
    expect(spans.partialSuccess?.errorMessage).toMatch(/older than what is kept: before .* sums/);
    const points = await acceptMetrics({ ctx, input: metrics });
    const { operations, deks } = parseMetrics(metrics);
    expect(points.partialSuccess?.rejectedDataPoints).toBe(String(operations.length + deks.length));
    const { process_boot: _, ...told2 } = await store.dump();
    expect(once).toMatchObject(told2);
    await rm(dir, { recursive: true });
  });

  test('a call follows no gap for those before it being gone, and a denied key stays of another account', async () => {
    const first = [1, 2, 3].map((seq) => callRecord({ at: told.from + seq * 1_000, seq }));
    const late = told.from + 10 * dayMs;
    const denied = callRecord({ at: late, seq: 4, outcome: 'denied' });
    const attempts = first.map((call) => attemptRecord(call));
    await ingestTelemetry({ ctx: store.ctx, input: { ...emptyBatch(), calls: first, attempts } });
    const records = attempts.map(({ requestId, at }, index) =>
      auditRecord({ eventId: `e-${index}`, at, requestId }),
    );
    await ingestAudit({ ctx: store.ctx, input: { records, source: 'files', seenAt: null } });
    await retainAt(late);
    expect(await rows('kms_call')).toBe(0);
    await ingestTelemetry({
      ctx: store.ctx,
      input: {
        ...emptyBatch(),
        calls: [denied],
        attempts: [attemptRecord(denied, { outcome: 'denied', status: 400 })],
      },
    });
    await store.cover(late + hourMs);
    const { sums } = await store.dump();
    expect(sums?.filter((cell) => cell.includes('missing'))).toEqual([]);
    const { ledger } = await explained({ from: late, to: late + hourMs });
    expect(ledger.residual).toBe(0);
    const log = ledger.lines.find(({ id }) => id === 'log');
    expect(log?.terms.map(({ label }) => label)).toContain('Never logged: denied across accounts');
  });

  test('months go as a whole, hours of a month that goes on, and nothing within two days of what is kept', async () => {
    const at = [
      Date.UTC(2026, 8, 10),
      Date.UTC(2026, 9, 1, 5, 30),
      Date.UTC(2026, 9, 1, 6),
      Date.UTC(2026, 9, 4),
    ];
    const records = at.map((instant) => auditRecord({ eventId: `e-${instant}`, at: instant }));
    await ingestAudit({ ctx: store.ctx, input: { records, source: 'files', seenAt: null } });
    await retainAt(Date.UTC(2026, 9, 5, 6, 30));
    const kept = await store.query<{ event_id: string }>('SELECT event_id FROM audit_event');
    expect(kept.map(({ event_id }) => event_id)).toEqual(at.slice(2).map((one) => `e-${one}`));
    const tables = await store.query<{ name: string }>(
      `SELECT inhrelid::regclass::text AS name FROM pg_inherits
       WHERE inhparent = 'event'::regclass AND inhrelid::regclass::text < 'event_2026_11' ORDER BY 1`,
    );
    expect(tables.map(({ name }) => name)).toEqual(['event_2026_10']);
  });

  test('of a log alone the uses stay, of unknown cause', async () => {
    const records = told.audit.map((one) => ({ ...one, claim: null }));
    await ingestAudit({ ctx: store.ctx, input: { records, source: 'files', seenAt: null } });
    await store.cover(told.to);
    const open = await explained();
    await retainAt(told.to + 10 * dayMs);
    const closed = await explained();
    const uses = (view: typeof open) =>
      view.buckets.reduce(
        (sum, { causes }) => Object.values(causes).reduce((all, n) => all + n, sum),
        0,
      );
    const failed = records.filter(({ errorCode }) => errorCode !== null).length;
    expect(uses(closed)).toBe(uses(open) + failed);
    expect(closed.logCauses?.causes.map(({ cause }) => cause)).toEqual(['unknown']);
    expect(closed.sentences.join(' ')).toMatch(/kept as sums only/);
    expect(closed.ledger.residual).toBe(0);
  });

  test('the sandbox’s retention drops nothing while another key’s data are there, and refuses nobody else’s', async () => {
    const late = told.to + 10 * dayMs;
    const other = auditRecord({ eventId: 'other', at: told.from, key: `${keyArn}x` });
    await take();
    await retainAt(late, { keys: [keyArn] });
    expect(await rows('kms_call')).toBe(0);
    const taken = await take([...told.audit.slice(0, 1), other]);
    expect(taken).toMatchObject({ added: 1, old: [{ eventId: told.audit[0]?.eventId }] });
    await retainAt(late + 10 * dayMs, { keys: [keyArn] });
    expect(await rows('audit_event')).toBe(1);
    // A sandbox of several clouds has a key in each.
    const keys = [`${keyArn}x`, keyArn];
    await retainAt(late + 10 * dayMs, { keys });
    await retainAt(late + 20 * dayMs, { keys: keys.toReversed() });
    expect(await rows('audit_event')).toBe(0);
    await retain({ days: null });
    expect((await explained()).retention).toBeNull();
  });

  test('switched off it keeps what comes, and what was closed stays closed', async () => {
    await retainAt(told.to + 10 * dayMs);
    await retain({ days: null });
    expect((await take()).old).toHaveLength(told.audit.length);
    expect((await explained()).retention).toMatchObject({ days: null });
    store.setNow(told.to + 20 * dayMs);
    await retain({ days: null });
    expect((await explained()).retention?.keptFrom).toBe(told.to + 8 * dayMs);
  });
});
