import { AppError } from '../../domain/app-error.ts';
import { expectedCounts } from '../../explain/spikes/detect-spikes.ts';
import { rankCombinations } from '../../explain/spikes/rank-combinations.ts';
import { foreignPart, notToldPart } from '../../explain/spikes/request-series.ts';
import { type SpikeCalls, spikeBreakdowns } from '../../explain/spikes/spike-breakdown.ts';
import { type RootedCalls, spikeOrigin } from '../../explain/spikes/spike-origin.ts';
import { spikeSaid } from '../../explain/words/spike-sentence.ts';
import { addTo } from '../../shared/counts.ts';
import type { ExplainFilter } from '../../shared/dto.ts';
import { parseSpikeId } from '../../shared/spike-id.ts';
import type {
  SpikeCombination,
  SpikeDetail,
  SpikeMinute,
  SpikeView,
} from '../../shared/spike-view.ts';
import { readToldUntil } from '../../store/records/advance-boots.ts';
import { readOurs } from '../../store/views/read-principals.ts';
import {
  readForeignUses,
  readSpikeCalls,
  type SpikeCallRow,
} from '../../store/views/spikes/read-spike-calls.ts';
import type { ServiceContext, ViewContext } from '../context.ts';
import { sumsBefore } from '../retention.ts';
import { spikeAhead } from './echoes-ahead.ts';
import { keyFilter } from './key-filter.ts';
import { inferredEvents } from './log-causes.ts';
import { oneSnapshot } from './one-snapshot.ts';
import { filterOf, minuteParts } from './spike-causes.ts';
import { type NamedSeries, readOwnSeries } from './spike-series.ts';
import { findSpikes } from './spikes.ts';

const minuteMs = 60_000;
const spikeMinutesMax = 24 * 60;
const contextMinutes = 30;
const aroundMs = 30 * minuteMs;
const examinedMax = 50_000;
const combinationsMax = 5;

/** A spike, perhaps of one principal of a log alone. */
type CutSpike = SpikeView & { principal: string | undefined };

/** A row of a spike, with what lineage says of it. */
type DetailRow = SpikeCalls & RootedCalls;

/**
 * One spike taken apart. @throws {AppError} `bad-request` for an id or filter that names none, `not-found` where the
 * data has no such spike (any more).
 */
export const describeSpike = ({
  ctx,
  input,
}: {
  ctx: ServiceContext;
  input: { id: string; filter: ExplainFilter };
}): Promise<SpikeDetail> => oneSnapshot(ctx, (view) => spikeNamed(view, input));

async function spikeNamed(
  ctx: ViewContext,
  input: { id: string; filter: ExplainFilter },
): Promise<SpikeDetail> {
  const interval = parseSpikeId(input.id);
  const filter = await keyFilter(ctx, input.filter);
  const { keys, workspace = null, principal } = filter;
  if (interval === null || interval.to - interval.from > spikeMinutesMax * minuteMs) {
    throw new AppError(
      'bad-request',
      `${input.id} names no spike; an id reads like 20261124T1403-20261124T1406.`,
    );
  }
  // What follows is read too: it shows where the spike ends.
  const window = { from: interval.from, to: interval.to + contextMinutes * minuteMs };
  const { spikes } = await findSpikes({
    ctx,
    input: { window, filter, spikesMax: 100 },
  });
  const spike = spikes.find(
    ({ key: of, workspace: within, from }) =>
      // One that lasts is the same one, though it ends later, and one near a log's beginning is judged by what follows.
      from === interval.from && (keys?.includes(of) ?? true) && within === workspace,
  );
  if (spike === undefined) {
    throw new AppError(
      'not-found',
      'There is no such spike: late data may have changed it. The list of spikes has those there are.',
    );
  }
  const [own] = await readOwnSeries(ctx, { window, filter: filterOf({ ...spike, principal }) });
  const oneIn = Math.max(1, Math.ceil(spike.calls / examinedMax));
  const cut = { ...spike, principal };
  const before = await sumsBefore(ctx.db, spike);
  const inside = before === null ? await rowsOf(ctx, cut, oneIn) : [];
  const { rest } = spikeOrigin(inside, spike.calls);
  const around = await aroundRows(ctx, cut, oneIn);
  return {
    ...spike,
    breakdowns: spikeBreakdowns(inside, spike.calls),
    combinations: combinationsOf(rest, around, spike),
    minutes: own === undefined ? [] : await minutesOf(ctx, cut, own),
    ahead: await spikeAhead(ctx, spike),
    // On its own page a link to it leads nowhere.
    links: spikeSaid(spike).links.filter(({ href }) => href !== spike.href),
    sumsBefore: before,
    examined: inside.reduce((sum, { n }) => sum + n, 0),
  };
}

async function rowsOf(
  ctx: ViewContext,
  { unit, from, to, key, workspace, principal }: CutSpike,
  oneIn: number,
): Promise<DetailRow[]> {
  if (unit === 'events') return logRows(ctx, { from, to, key, workspace, principal });
  const calls = await readSpikeCalls(ctx.db, { from, to, key, workspace, oneIn });
  const ours = await readOurs(ctx.db);
  const toldUntil = await readToldUntil(ctx.db);
  const foreign = await readForeignUses(ctx.db, { from, to, toldUntil, key, workspace });
  return [
    ...calls.map((row) => ({ ...row, root: rootName(row) })),
    ...foreign.map(({ state, told, principal, name, workspace: within, dek, n }) => ({
      ...unrooted,
      cause: told ? foreignPart(state, ours.has(principal)) : notToldPart,
      workspace: within,
      dek,
      principal: name,
      n,
    })),
  ];
}

const unrooted = { root: '', process: '', tag: '', rootCause: null, rootAt: null, generation: 0 };

const rootName = ({ rootCause }: SpikeCallRow): string => rootCause ?? '';

async function logRows(
  ctx: ViewContext,
  { from, to, ...of }: Pick<CutSpike, 'from' | 'to' | 'key' | 'workspace' | 'principal'>,
): Promise<DetailRow[]> {
  const { events } = await inferredEvents({ ctx, input: { from, to, filter: filterOf(of) } });
  return events.map(({ cause, dek, workspace, session, principal }) => ({
    ...unrooted,
    cause,
    dek: dek ?? '',
    workspace: workspace ?? '',
    process: session ?? '',
    principal,
    n: 1,
  }));
}

async function aroundRows(ctx: ViewContext, spike: CutSpike, oneIn: number) {
  const { from, to } = spike;
  return [
    ...(await rowsOf(ctx, { ...spike, from: from - aroundMs, to: from }, oneIn)),
    ...(await rowsOf(ctx, { ...spike, from: to, to: to + aroundMs }, oneIn)),
  ];
}

const comparedDimensions = ['cause', 'workspace', 'process', 'dek', 'tag', 'principal'] as const;

/** What is not explained by lineage, ranked against the minutes around at rates per equal time. */
function combinationsOf(
  rest: readonly DetailRow[],
  around: readonly DetailRow[],
  { from, to }: SpikeView,
): SpikeCombination[] {
  const plain = (rows: readonly DetailRow[]) =>
    rows.map(({ n, ...row }) => ({
      n,
      values: Object.fromEntries(
        comparedDimensions.flatMap((name) => (row[name] === '' ? [] : [[name, row[name]]])),
      ),
    }));
  const ranked = rankCombinations(plain(rest), plain(around), {
    insideMs: to - from,
    aroundMs: 2 * aroundMs,
    max: combinationsMax,
  });
  return ranked.map(({ values, n, rate, rateAround, share, pValue }) => ({
    values,
    calls: n,
    rate: rate * minuteMs,
    rateAround: rateAround * minuteMs,
    share,
    pValue,
  }));
}

async function minutesOf(
  ctx: ViewContext,
  spike: CutSpike,
  series: NamedSeries,
): Promise<SpikeMinute[]> {
  const from = spike.from - contextMinutes * minuteMs;
  const to = spike.to + contextMinutes * minuteMs;
  // A drop of the log beside calls that go on is seen in the log's own counts.
  const own =
    spike.unit === series.unit || series.logged === null
      ? series
      : { ...series, counts: series.logged, parts: new Map<string, Float64Array>() };
  const expected = expectedCounts(own);
  const minutes = new Map<number, Omit<SpikeMinute, 'causes'> & { causes: Map<string, number> }>();
  for (let minute = from; minute < to; minute += minuteMs) {
    const index = (minute - series.start) / minuteMs;
    const calls = own.counts[index];
    if (calls === undefined) continue;
    const causes = new Map<string, number>();
    for (const [part, counts] of own.parts) {
      const n = counts[index] ?? 0;
      if (n > 0) causes.set(part, n);
    }
    minutes.set(minute, { minute, calls, expected: expected[index] ?? 0, causes });
  }
  for (const { minute, part, n } of await minuteParts(ctx, { ...spike, from, to })) {
    const entry = minutes.get(minute);
    if (entry !== undefined) addTo(entry.causes, part, n);
  }
  return [...minutes.values()].map((minute) => ({
    ...minute,
    causes: Object.fromEntries(minute.causes),
  }));
}
