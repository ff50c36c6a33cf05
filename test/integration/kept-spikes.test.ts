/**
 * What a screen shows of spikes is kept once a day has been looked at: it says what looking anew says, is corrected by
 * late data, and costs nothing where nothing has changed.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keepSpikes } from '../../lib/services/answers/keep-spikes.ts';
import { pattern } from '../../lib/services/answers/pattern.ts';
import { describeSpike } from '../../lib/services/answers/spike-detail.ts';
import { listSpikes } from '../../lib/services/answers/spikes.ts';
import type { ServiceContext } from '../../lib/services/context.ts';
import { ingestAudit } from '../../lib/services/intake/ingest-audit.ts';
import { ingestTelemetry } from '../../lib/services/intake/ingest-telemetry.ts';
import type { ExplainFilter } from '../../lib/shared/dto.ts';
import type { SpikesView } from '../../lib/shared/spike-view.ts';
import { touchAllDays } from '../../lib/store/detection/detection-days.ts';
import { auditRecord } from '../support/records.ts';
import { type Scenario, sandboxAfternoon, scenario } from '../support/scenario.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

let store: TestStore;
let ctx: ServiceContext;
beforeAll(async () => {
  store = await openTestStore();
  ({ ctx } = store);
}, 60_000);
afterAll(() => store.close());

const dayMs = 86_400_000;

/** Of whole days, so that looking anew has as much to go by. */
const listed = (
  { from, to }: { from: number; to: number },
  filter: ExplainFilter = {},
): Promise<SpikesView> =>
  listSpikes({
    ctx,
    input: { window: { from: from - (from % dayMs), to: to - (to % dayMs) + dayMs }, filter },
  });

/** Of everything, each key and each caller. */
function filtersOf({ audit }: Scenario): ExplainFilter[] {
  const keys = new Set(audit.flatMap(({ key }) => key ?? []));
  const principals = new Set(audit.map(({ principal }) => principal));
  return [
    {},
    ...[...keys].map((key) => ({ key })),
    ...[...principals].map((principal) => ({ principal })),
  ];
}

async function patternsOf(told: Scenario) {
  const { from, to } = told;
  const all: object[] = [];
  for (const filter of filtersOf(told)) {
    const { unit, rows, lines } = await pattern({ ctx, input: { window: { from, to }, filter } });
    all.push({ unit, rows, lines });
  }
  return all;
}

const listedOfCallers = (told: Scenario) =>
  Promise.all(
    filtersOf(told).flatMap((filter) =>
      filter.principal === undefined ? [] : listed(told, filter),
    ),
  );

async function takeIn({ telemetry, audit, to }: Scenario): Promise<void> {
  await ingestTelemetry({ ctx, input: { ...telemetry, deks: [] } });
  await ingestAudit({ ctx, input: { records: audit, source: 'files', seenAt: null } });
  await store.cover(to);
}

describe.each([
  ['a scenario with a deploy', () => scenario(0)],
  ['a scenario with an archive read', () => scenario(1)],
  ['the sandbox’s own afternoon', () => sandboxAfternoon(1)],
] as const)('on %s', (_, live) => {
  let told: Scenario;
  let anew: SpikesView;
  let patterns: object[];
  let ofCallers: SpikesView[];
  beforeAll(async () => {
    told = await live();
    await store.clear();
    await takeIn(told);
    anew = await listed(told);
    patterns = await patternsOf(told);
    ofCallers = await listedOfCallers(told);
    expect(await keepSpikes({ ctx })).toBeGreaterThan(0);
  }, 120_000);

  test('the list is the one that looking anew gives, and so is its chart', async () => {
    const kept = await listed(told);
    expect(kept.spikes.map(({ sentence }) => sentence)).toEqual(
      anew.spikes.map(({ sentence }) => sentence),
    );
    expect(kept.buckets.map(({ start, calls }) => ({ start, calls }))).toEqual(
      anew.buckets.map(({ start, calls }) => ({ start, calls })),
    );
    for (const [no, { expected }] of kept.buckets.entries())
      expect(expected).toBeCloseTo(anew.buckets[no]?.expected ?? 0, 1);
  });

  test('so it is of each caller, though another may be searched anew', async () => {
    expect(ofCallers.length).toBeGreaterThan(0);
    const same = ({ spikes, buckets, sentence }: SpikesView) => ({
      spikes,
      sentence,
      calls: buckets.map(({ calls }) => calls),
    });
    expect((await listedOfCallers(told)).map(same)).toEqual(ofCallers.map(same));
    await store.query("UPDATE detected_spike SET view = jsonb_set(view, '{sentence}', '\"kept\"')");
    const kept = await listedOfCallers(told);
    expect(kept.flatMap(({ spikes }) => spikes).map(({ sentence }) => sentence)).toEqual(
      ofCallers.flatMap(({ spikes }) => spikes).map(() => 'kept'),
    );
    await store.query("UPDATE detection_day SET principals = '{}', more_principals = true");
    expect((await listedOfCallers(told)).map(same)).toEqual(ofCallers.map(same));
    await touchAllDays(ctx.db);
    await keepSpikes({ ctx });
  });

  test('the pattern is the one that summing anew gives, whichever days have changed since', async () => {
    expect(patterns.length).toBeGreaterThan(1);
    expect(await patternsOf(told)).toEqual(patterns);
    await store.query(
      'UPDATE detection_day SET looked = NULL WHERE key = (SELECT min(key) FROM detection_day)',
    );
    expect(await patternsOf(told)).toEqual(patterns);
    await store.query('UPDATE detection_day SET looked = touched');
    await store.query("UPDATE detected_series SET counts = decode(repeat('00', 28032), 'hex')");
    expect(await patternsOf(told)).not.toEqual(patterns);
    await touchAllDays(ctx.db);
    expect(await patternsOf(told)).toEqual(patterns);
    await keepSpikes({ ctx });
  });

  test('each has its page', async () => {
    const { spikes } = await listed(told);
    expect(spikes.length).toBeGreaterThan(0);
    for (const { id, key, workspace, sentence } of spikes) {
      const filter = workspace === null ? { key } : { key, workspace };
      expect(await describeSpike({ ctx, input: { id, filter } })).toMatchObject({ sentence });
    }
  });

  test('nothing is looked at again until it changes', async () => {
    expect(await keepSpikes({ ctx })).toBe(0);
  });
});

test('late data bring a day’s spikes up to date', async () => {
  const told = await sandboxAfternoon(1);
  await store.clear();
  const { audit } = told;
  await takeIn({ ...told, audit: audit.slice(0, audit.length / 2) });
  await keepSpikes({ ctx });
  await takeIn({ ...told, audit: audit.slice(audit.length / 2) });
  expect(await keepSpikes({ ctx })).toBeGreaterThan(0);
  const kept = await listed(told);
  await store.query('UPDATE detection_day SET version = 0');
  expect(kept.spikes).toEqual((await listed(told)).spikes);
});

test('what lies between two days that changed, weeks apart, is not looked at again', async () => {
  const first = Date.UTC(2026, 8, 1, 12);
  const days = 40;
  const event = (id: string, day: number) =>
    auditRecord({ eventId: `${id}-${day}`, at: first + day * dayMs });
  const take = (records: ReturnType<typeof auditRecord>[]) =>
    ingestAudit({ ctx, input: { records, source: 'files', seenAt: null } });
  await store.clear();
  await take(Array.from({ length: days }, (_, day) => event('first', day)));
  expect(await keepSpikes({ ctx })).toBe(days);
  await take([event('late', 0), event('late', days - 1)]);
  // The week that the first of them teaches, and the last with the day before it.
  expect(await keepSpikes({ ctx })).toBe(8 + 2);
});

test('days that take too long together are looked at in halves, each once', async () => {
  await touchAllDays(ctx.db);
  let refused = 0;
  const hurried = new Proxy(ctx.db, {
    get(db, name, own) {
      if (name !== '$transaction' || refused > 0) return Reflect.get(db, name, own);
      refused += 1;
      return async () => {
        throw Object.assign(new Error('the transaction has expired'), { code: 'P2028' });
      };
    },
  });
  expect(await keepSpikes({ ctx: { ...ctx, db: hurried } })).toBe(40);
  expect(refused).toBe(1);
  expect(await keepSpikes({ ctx })).toBe(0);
});
