import type { KeyFilter } from '../../domain/key-filter.ts';
import {
  type RequestSeries,
  requestSeries,
  workspaceSeries,
} from '../../explain/spikes/request-series.ts';
import type { TimeWindow } from '../../shared/time-window.ts';
import { readToldUntil } from '../../store/records/advance-boots.ts';
import { calledByAlias } from '../../store/views/called-by-alias.ts';
import { readOurs } from '../../store/views/read-principals.ts';
import { readKeySeries, readWorkspaceSeries } from '../../store/views/spikes/read-minute-series.ts';
import type { ViewContext } from '../context.ts';

const hourMs = 3_600_000;
/** The detector looks back a week for the same time of day. */
const lookbackMs = 7 * 24 * hourMs + 2 * hourMs;
/** Of keys, and of workspaces: the busiest are searched. */
export const seriesMax = 200;

export interface SpikesInput {
  window: TimeWindow;
  filter: KeyFilter;
}

/** A key's requests, or one workspace's, over the window and what the detector looks back on. */
export interface NamedSeries extends RequestSeries {
  key: string;
  workspace: string | null;
}

/** Reads the keys' series and, as far as they are the busiest, those of their workspaces; of one workspace its own. */
export async function readSeries(
  ctx: ViewContext,
  { window, filter }: SpikesInput,
): Promise<NamedSeries[]> {
  const own = await readOwnSeries(ctx, { window, filter });
  // Of a workspace it is not kept who asked.
  if (filter.workspace !== undefined || filter.principal !== undefined) return own;
  return [...own, ...busiest(await workspacesSeries(ctx, { window, filter }))];
}

/** The keys' alone, or one workspace's. */
export async function readOwnSeries(ctx: ViewContext, input: SpikesInput): Promise<NamedSeries[]> {
  return input.filter.workspace === undefined
    ? keysSeries(ctx, input)
    : busiest(await workspacesSeries(ctx, input));
}

const busiest = (series: NamedSeries[]) => series.sort((a, b) => sum(b.counts) - sum(a.counts));

async function keysSeries(
  ctx: ViewContext,
  { window, filter }: SpikesInput,
): Promise<NamedSeries[]> {
  const span = spanOf(window);
  const ours = await readOurs(ctx.db);
  const toldUntil = await readToldUntil(ctx.db);
  const { keys, principal } = filter;
  const parts = await readKeySeries(ctx.db, { ...wholeHours(span), keys, principal, seriesMax });
  // One caller's are events alone.
  const called = principal === undefined ? await calledByAlias(ctx.db, wholeHours(span)) : null;
  return [...Map.groupBy(parts, (part) => part.key)].map(([of, hours]) => ({
    ...requestSeries(hours, { span, ours, toldUntil, called: called?.has(of) ?? false }),
    key: of,
    workspace: null,
  }));
}

async function workspacesSeries(
  ctx: ViewContext,
  { window, filter: { keys, workspace } }: SpikesInput,
): Promise<NamedSeries[]> {
  const span = spanOf(window);
  const query = { ...wholeHours(span), keys, workspace, seriesMax };
  const rows = await readWorkspaceSeries(ctx.db, query);
  return [...Map.groupBy(rows, (row) => row.key)].flatMap(([of, ofKey]) =>
    [...Map.groupBy(ofKey, (row) => row.workspace)].map(([whose, hours]) => {
      const unit = hours.some(({ label }) => label === 'requests') ? 'calls' : 'events';
      return { ...workspaceSeries(hours, { span, unit }), key: of, workspace: whose };
    }),
  );
}

const spanOf = ({ from, to }: TimeWindow): TimeWindow => ({ from: from - lookbackMs, to });
const wholeHours = ({ from, to }: TimeWindow) => ({ from: Math.floor(from / hourMs) * hourMs, to });

/** How many keys and workspaces were searched at most, where there may be more; else null. */
export function searchedMost(series: readonly NamedSeries[]): number | null {
  const keys = series.filter(({ workspace }) => workspace === null).length;
  return Math.max(keys, series.length - keys) < seriesMax ? null : seriesMax;
}

export const sum = (counts: ArrayLike<number>): number => {
  let all = 0;
  for (let index = 0; index < counts.length; index += 1) all += counts[index] ?? 0;
  return all;
};
