import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { combinationHref } from '../../components/spikes/combination-href.ts';
import { parseCallsQuery } from '../../lib/http/parse-calls-query.ts';
import { listCalls } from '../../lib/services/answers/calls.ts';
import { pattern } from '../../lib/services/answers/pattern.ts';
import { describeSpike } from '../../lib/services/answers/spike-detail.ts';
import { listSpikes } from '../../lib/services/answers/spikes.ts';
import { ingestAudit } from '../../lib/services/intake/ingest-audit.ts';
import { ingestTelemetry } from '../../lib/services/intake/ingest-telemetry.ts';
import type { PatternView } from '../../lib/shared/pattern-view.ts';
import type { CohortAhead, SpikeDetail, SpikeView } from '../../lib/shared/spike-view.ts';
import { type Scenario, sandboxAfternoon, scenario } from '../support/scenario.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
}, 60_000);
afterAll(() => store.close());

interface Screens {
  list: SpikeView[];
  pages: SpikeDetail[];
  pattern: PatternView;
  cohorts: CohortAhead[];
}

async function screensOf({ telemetry, audit, from, to }: Scenario): Promise<Screens> {
  const { ctx } = store;
  await store.clear();
  await ingestTelemetry({ ctx, input: { ...telemetry, deks: [] } });
  await ingestAudit({ ctx, input: { records: audit, source: 'files', seenAt: null } });
  await store.cover(to);
  const window = { from, to };
  const { spikes: list, ahead: cohorts } = await listSpikes({ ctx, input: { window, filter: {} } });
  const pages: SpikeDetail[] = [];
  for (const { id, key, workspace } of list)
    pages.push(
      await describeSpike({
        ctx,
        input: { id, filter: workspace === null ? { key } : { key, workspace } },
      }),
    );
  return { list, pages, cohorts, pattern: await pattern({ ctx, input: { window, filter: {} } }) };
}

/** The log and the telemetry as they stood at `until`. */
const before = ({ telemetry, audit, ...rest }: Scenario, until: number): Scenario => ({
  ...rest,
  to: until,
  telemetry: {
    ...telemetry,
    calls: telemetry.calls.filter(({ at }) => at < until),
    attempts: telemetry.attempts.filter(({ at }) => at < until),
    operations: telemetry.operations.filter(({ at }) => at < until),
  },
  audit: audit.filter(({ at }) => at < until),
});

test('the calls page lists what shares values beside what lineage explains', async () => {
  let counted = 0;
  for (const seed of [0]) {
    const { pages } = await screensOf(await scenario(seed));
    for (const page of pages.filter(({ echo }) => echo !== null))
      for (const { values, calls } of page.combinations) {
        const href = combinationHref(values, page);
        if (href === undefined) continue;
        const input = parseCallsQuery(new URLSearchParams(href.split('?')[1]), page.to);
        expect((await listCalls({ ctx: store.ctx, input })).total).toBe(calls);
        counted += 1;
      }
  }
  expect(counted).toBeGreaterThan(0);
});

test('the calls page lists what a generation of an echo counts', async () => {
  const { pages } = await screensOf(await scenario(0));
  const { ctx } = store;
  const page = pages.find(({ chain }) => chain.length > 2);
  const echo = page?.echo;
  if (!page || !echo) throw new Error('No spike of this scenario echoes.');
  const filters = { key: page.key, ...(page.workspace !== null && { workspace: page.workspace }) };
  const listed = (window: { from: number; to: number }, generation: number | null) =>
    listCalls({
      ctx,
      input: {
        ...{ window, show: 'attempts', cursor: null, filters },
        echo: { cause: echo.cause, at: echo.at, generation },
      },
    });
  for (const { generation, from, to, calls } of page.chain) {
    const { total } = await listed({ from, to: to + 1 }, generation);
    expect(total).toBe(calls);
  }
  const { total } = await listed(page, null);
  expect(total).toBe(echo.calls);
  const [first, last] = [page.chain[0]?.from ?? 0, page.chain.at(-1)?.to ?? 0];
  const all = await listed({ from: first, to: last + 1 }, null);
  expect(all.total).toBeGreaterThanOrEqual(page.chain.reduce((sum, { calls }) => sum + calls, 0));
});

test('the list and a spike’s page tell the echoes ahead alike, and they come as told', async () => {
  const whole = await scenario(0);
  const full = await screensOf(whole);
  const chained = full.list.find(({ chain, workspace }) => workspace === null && chain.length > 2);
  const [, first, second] = chained?.chain ?? [];
  if (!first || !second) throw new Error('the scenario has no chain of two echoes');
  const now = Math.ceil((first.to + 60_000) / 60_000) * 60_000;
  expect(now).toBeLessThan(second.from);
  store.setNow(now);
  const { pages, cohorts } = await screensOf(before(whole, now));
  const own = cohorts.find(({ ahead }) => ahead[0]?.generation === 2);
  expect(own?.ahead[0]?.from).toBeLessThanOrEqual(second.from);
  expect(own?.ahead[0]?.to).toBeGreaterThanOrEqual(second.from);
  expect(Math.abs((own?.ahead[0]?.calls ?? 0) - second.calls)).toBeLessThan(second.calls / 4);
  expect(pages.map(({ ahead }) => ahead)).toContainEqual(own?.ahead);
});

const togetherMs = 5 * 60_000;

describe.each([
  ['a scenario with a deploy', () => scenario(0)],
  ['a scenario with an archive read', () => scenario(1)],
  ['the sandbox’s own afternoon', () => sandboxAfternoon(1)],
] as const)('on %s', (_, live) => {
  let screens: Screens;
  beforeAll(async () => {
    screens = await screensOf(await live());
  }, 120_000);

  test('a spike has the same echoes in the list as on its page', () => {
    const { list, pages } = screens;
    expect(list.length).toBeGreaterThan(0);
    expect(pages.map(({ echo, echoes, chain }) => ({ echo, echoes, chain }))).toEqual(
      list.map(({ echo, echoes, chain }) => ({ echo, echoes, chain })),
    );
  });

  test('what a spike’s page calls an echo, the list marks as one of the same root', () => {
    const { list, pages } = screens;
    for (const { echo, chain, key } of pages)
      for (const { generation, from, to, calls } of chain.slice(1))
        for (const spike of list) {
          const isWhole = spike.from <= from && spike.to >= to && spike.key === key;
          if (!isWhole || spike.workspace !== null) continue;
          const marked = spike.echoes.find(
            ({ kind, at }) => kind === echo?.kind && Math.abs(at - echo.at) <= togetherMs,
          );
          expect(marked).toMatchObject({ generation });
          expect(marked?.calls).toBeGreaterThanOrEqual(calls / 2);
        }
  });

  test('a burst whose echoes a spike’s page lists is lined up on the pattern page', () => {
    const { pages, pattern: found } = screens;
    const echoed = pages.filter(({ chain, workspace }) => workspace === null && chain.length > 1);
    expect(echoed.length).toBeGreaterThan(0);
    for (const { from, to } of echoed) {
      const own = found.lines.filter(({ points }) =>
        points.some(({ at }) => at >= from - 60_000 && at < to + 60_000),
      );
      for (const { points, sentence } of own) {
        expect(sentence).not.toContain('no burst of another hour');
        expect(points.length).toBeGreaterThan(1);
      }
    }
  });
});
