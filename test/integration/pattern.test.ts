import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seededRandom } from '../../lib/domain/seeded-random.ts';
import type { TelemetryBatch } from '../../lib/domain/telemetry-record.ts';
import { isInBrush } from '../../lib/explain/pattern/compare-brush.ts';
import { repeats } from '../../lib/explain/pattern/pattern.ts';
import { brush } from '../../lib/services/answers/brush.ts';
import { pattern } from '../../lib/services/answers/pattern.ts';
import { ingestAudit } from '../../lib/services/intake/ingest-audit.ts';
import { ingestTelemetry } from '../../lib/services/intake/ingest-telemetry.ts';
import type { ExplainFilter } from '../../lib/shared/dto.ts';
import type { PatternView } from '../../lib/shared/pattern-view.ts';
import { echoCalls, jobCalls, poissonCalls, type TracedCall } from '../support/echo-traces.ts';
import { testDatabases } from '../support/postgres.ts';
import { auditRecord, callRecord, emptyBatch, keyArn } from '../support/records.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const from = Date.UTC(2026, 10, 23);
const hours = 10;
const window = { from, to: from + hours * hourMs };
const deployAt = from + hourMs + 4 * minuteMs;
const bootAt = deployAt - 5_000;
const deks = 160;
const processes = 4;
const usesPerHour = 30;
const theoryMs = hourMs + hourMs / usesPerHour;
const logKey = keyArn.replace('key/1', 'key/9');
const jobMinute = 40;

const echo = echoCalls({
  random: seededRandom(1),
  ...window,
  rootAt: deployAt,
  deks,
  usesPerHour,
});
const job = jobCalls({
  random: seededRandom(2),
  instants: Array.from({ length: hours }, (_, hour) => from + hour * hourMs + jobMinute * minuteMs),
  n: 40,
});
const noise = poissonCalls({ random: seededRandom(3), ...window, perMinute: 0.5 });
const calls = [...echo, ...job, ...noise];

const processOf = ({ dek }: TracedCall) => `engine-${1 + (dek % processes)}`;

/** Four processes that are deployed together, a job in one of them, and what else happens, as the engine tells it. */
function telemetry(): TelemetryBatch {
  const batch = emptyBatch();
  const seqs = new Map<string, number>();
  const roots = new Map<number, number>();
  const record = (call: TracedCall, workspace: string, dek: string) => {
    const process = processOf(call);
    const boot = call.at < bootAt ? 'boot0000' : 'boot0001';
    const seq = (seqs.get(`${process} ${boot}`) ?? 0) + 1;
    seqs.set(`${process} ${boot}`, seq);
    const first = call.rootCause === 'load.first.cold-start';
    const rootSeq = first ? (roots.get(call.dek) ?? seq) : seq;
    if (first) roots.set(call.dek, rootSeq);
    const { generation, rootCause } = call;
    const cause = first ? (generation === 0 ? 'load.first' : 'load.expired') : rootCause;
    const at = Math.floor(call.at);
    batch.calls.push(
      callRecord({
        at,
        process,
        seq,
        workspace,
        dek,
        cause,
        generation,
        rootSeq,
        boot,
      }),
    );
  };
  const named = [
    ...echo.map((call) => ({ call, workspace: 'legal', dek: `echo-${call.dek}` })),
    ...job.map((call) => ({ call, workspace: 'sales', dek: `job-${call.dek}` })),
    ...noise.map((call) => ({ call, workspace: 'board', dek: `noise-${call.dek}` })),
  ].sort((a, b) => a.call.at - b.call.at);
  for (const { call, workspace, dek } of named) record(call, workspace, dek);
  for (let number = 0; number < processes; number += 1) {
    const process = `engine-${number + 1}`;
    batch.boots.push({
      process,
      boot: 'boot0001',
      startedAt: bootAt,
      ttlMs: hourMs,
      dekRotationMs: 24 * hourMs,
      tells: false,
    });
  }
  for (let hour = 2; hour < hours; hour += 1)
    for (let dek = 0; dek < deks; dek += 1)
      batch.deks.push({
        at: from + hour * hourMs,
        process: `engine-${1 + (dek % processes)}`,
        boot: 'boot0001',
        seq: hour,
        workspace: 'legal',
        dek: `echo-${dek}`,
        uses: usesPerHour,
        bytes: 1,
      });
  return batch;
}

const sumOf = ({ rows }: PatternView) =>
  rows.flatMap(({ minutes }) => minutes).reduce((all, n) => all + n, 0);

describe.each(testDatabases())('the pattern on $name', ({ missing, open }) => {
  let store: TestStore;
  const ask = (filter: ExplainFilter = {}, within = window) =>
    pattern({ ctx: store.ctx, input: { window: within, filter } });

  beforeAll(async () => {
    if (missing !== null) return;
    store = await openTestStore(open);
    store.setNow(window.to - 30 * minuteMs);
    const { ctx } = store;
    await ingestTelemetry({ ctx, input: telemetry() });
    // Another key, of which the log is all there is: the same deploy and nothing else.
    const records = echo.map(({ at }, number) =>
      auditRecord({ eventId: `log-${number}`, at: Math.floor(at / 1000) * 1000, key: logKey }),
    );
    await ingestAudit({ ctx, input: { records, source: 'files', seenAt: null } });
  });
  afterAll(() => store?.close());

  test.skipIf(missing !== null)('is the deploy’s echo at T + 1/L, by lineage', async () => {
    const view = await ask({ workspace: 'legal' });
    expect(view.unit).toBe('calls');
    expect(view.period?.theoryMs).toBeCloseTo(theoryMs, -1);
    expect(view.period).toMatchObject({ ttlMs: hourMs, accessesPerHour: usesPerHour });
    expect(repeats(view.period)).toBe(true);
    expect(Math.abs((view.period?.foundMs ?? 0) / theoryMs - 1)).toBeLessThan(0.02);
    const [line, ...others] = view.lines;
    expect(others.filter(({ points }) => points.length > 1)).toEqual([]);
    expect(line?.kind).toBe('echo');
    expect(line?.sentence).toMatch(/^The 2026-11-23 01:04 UTC deploy echoes/);
    expect(line?.driftMinutes).toBeCloseTo(2, 0);
    expect(Math.abs((line?.points[0]?.calls ?? 0) / deks - 1)).toBeLessThan(0.05);
    expect(view.sentences[0]).toContain('T + 1/L = 62 min');
    expect(line?.href).toMatch(/^\/pattern\?brush=2026-11-23T01:00Z/);
  });

  test.skipIf(missing !== null)('tells the job from the echo beside it', async () => {
    const { lines, period } = await ask({ key: keyArn });
    const long = lines.filter(({ points }) => points.length > 2);
    expect(long.map(({ kind }) => kind).sort()).toEqual(['echo', 'schedule']);
    const schedule = long.find(({ kind }) => kind === 'schedule');
    expect(schedule).toMatchObject({ driftMinutes: 0 });
    for (const { at } of schedule?.points ?? [])
      expect(Math.floor(at / minuteMs) % 60).toBe(jobMinute);
    // Uses are not kept by key, so there is no L for one.
    expect(period).toMatchObject({ theoryMs: null, ttlMs: hourMs, accessesPerHour: null });
  });

  test.skipIf(missing !== null)('counts every call in its minute, under every filter', async () => {
    const all = await ask({ key: keyArn });
    expect(all.rows.map(({ hour }) => hour)).toEqual(
      Array.from({ length: hours }, (_, hour) => from + hour * hourMs),
    );
    expect(sumOf(all)).toBe(calls.length);
    const at = (call: TracedCall) => Math.floor((Math.floor(call.at) - from) / minuteMs);
    const counted = all.rows.flatMap(({ minutes }) => minutes);
    const expected = counted.map((_, minute) => calls.filter((call) => at(call) === minute).length);
    expect(counted).toEqual(expected);
    expect(sumOf(await ask({ workspace: 'sales' }))).toBe(job.length);
    const process = 'engine-2';
    const own = calls.filter((call) => processOf(call) === process).length;
    expect(sumOf(await ask({ process }))).toBe(own);
    const both = { process, workspace: 'sales', key: keyArn };
    expect(sumOf(await ask(both))).toBe(job.filter((call) => processOf(call) === process).length);
    expect(sumOf(await ask())).toBe(calls.length + echo.length);
  });

  test.skipIf(missing !== null)('of a window within the hour counts its minutes only', async () => {
    const within = { from: from + 90 * minuteMs + 20_000, to: from + 150 * minuteMs };
    const { rows } = await ask({ key: keyArn }, within);
    expect(rows.map(({ hour }) => hour)).toEqual([from + hourMs, from + 2 * hourMs]);
    const counted = rows.flatMap(({ minutes }) => minutes).reduce((all, n) => all + n, 0);
    const [first, last] = [from + 90 * minuteMs, from + 150 * minuteMs];
    expect(counted).toBe(calls.filter(({ at }) => at >= first && at < last).length);
  });

  test.skipIf(missing !== null)(
    'compares a part with the rest by the counts that it draws, under every filter',
    async () => {
      const part = { from: from + hourMs, to: from + 3 * hourMs, firstMinute: 4, lastMinute: 20 };
      const minutesInside = 2 * 17;
      for (const filter of [
        { key: keyArn },
        { key: logKey },
        { workspace: 'legal' },
        { process: 'engine-2' },
        { process: 'engine-2', workspace: 'sales' },
        {},
      ] as ExplainFilter[]) {
        const { rows } = await ask(filter);
        const cells = rows.flatMap(({ hour, minutes }) =>
          minutes.map((n, minute) => ({ n, isInside: isInBrush(part, hour + minute * minuteMs) })),
        );
        const sumWhere = (inside: boolean) =>
          cells.reduce((all, { n, isInside }) => (isInside === inside ? all + n : all), 0);
        const view = await brush({ ctx: store.ctx, input: { window, filter, brush: part } });
        expect(view.inside).toEqual({ minutes: minutesInside, requests: sumWhere(true) });
        expect(view.outside).toEqual({
          minutes: hours * 60 - minutesInside,
          requests: sumWhere(false),
        });
        for (const { parts, ...sums } of view.dimensions) {
          expect(parts.reduce((all, { inside }) => all + inside, 0)).toBe(sums.inside);
          expect(sums.inside).toBeLessThanOrEqual(view.inside.requests);
        }
      }
      // The deploy is what tells those minutes from the rest.
      const { dimensions } = await brush({
        ctx: store.ctx,
        input: { window, filter: { key: keyArn }, brush: part },
      });
      const byWorkspace = dimensions.find(({ dimension }) => dimension === 'workspace');
      expect(byWorkspace?.parts.map(({ value }) => value).sort()).toEqual([
        'board',
        'legal',
        'sales',
      ]);
      const legal = byWorkspace?.parts.find(({ value }) => value === 'legal');
      const inside = (legal?.inside ?? 0) / (byWorkspace?.inside ?? 1);
      expect(inside).toBeGreaterThan((legal?.outside ?? 0) / (byWorkspace?.outside ?? 1));
    },
  );

  test.skipIf(missing !== null)('marks hours that are not over yet', async () => {
    const { rows } = await ask({ key: keyArn });
    expect(rows.map(({ incomplete }) => incomplete)).toEqual([
      ...Array(hours - 1).fill(false),
      true,
    ]);
  });

  test.skipIf(missing !== null)('of the log alone slants by its times', async () => {
    const view = await ask({ key: logKey });
    expect(view.unit).toBe('events');
    expect(view.lines[0]).toMatchObject({ kind: 'echo' });
    expect(view.lines[0]?.sentence).toContain('by their times alone');
    expect(Math.abs((view.period?.foundMs ?? 0) / theoryMs - 1)).toBeLessThan(0.02);
    expect(view.period?.theoryMs).toBeNull();
  });

  test.skipIf(missing !== null)('of a process has its own lineage', async () => {
    const { lines, unit } = await ask({ process: 'engine-3' });
    expect(unit).toBe('calls');
    const echoes = lines.filter(({ kind, points }) => kind === 'echo' && points.length > 2);
    expect(echoes).toHaveLength(1);
    expect(echoes[0]?.sentence).toContain('deploy echoes');
  });

  test.skipIf(missing !== null)(
    'of an empty window, and of a filter that fits nothing',
    async () => {
      const before = { from: from - 3 * hourMs, to: from - hourMs };
      for (const view of [await ask({}, before), await ask({ workspace: 'nobody' })]) {
        expect(view).toMatchObject({ lines: [], period: null, spectrum: [] });
        expect(view.sentences).toEqual([
          'No KMS calls in this window, so there is no pattern to see.',
        ]);
        expect(sumOf(view)).toBe(0);
      }
    },
  );

  test.skipIf(missing !== null)('of a long window is its newest 31 days, and says so', async () => {
    const long = { from: from - 80 * 24 * hourMs, to: window.to };
    const view = await ask({ key: keyArn }, long);
    expect(view.rows).toHaveLength(31 * 24);
    expect(view.rows.at(-1)?.hour).toBe(window.to - hourMs);
    expect(view.window).toEqual(long);
    expect(sumOf(view)).toBe(calls.length);
    expect(view.sentences).toContain(
      'The window is longer than 31 days; its newest 31 days are shown.',
    );
  });
});
