import {
  type RequestSeries,
  requestSeries,
  workspaceSeries,
} from '../../explain/spikes/request-series.ts';
import type { ExplainFilter } from '../../shared/dto.ts';
import type { TimeWindow } from '../../shared/time-window.ts';
import { readToldUntil } from '../../store/records/advance-boots.ts';
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
  filter: ExplainFilter;
}

/** A key's requests, or one workspace's, over the window and what the detector looks back on. */
export interface NamedSeries extends RequestSeries {
  key: string;
  workspace: string | null;
}

/** Reads the keys' series and, as far as they are the busiest, those of their workspaces. */
export async function readSeries(
  ctx: ViewContext,
  { window, filter }: SpikesInput,
): Promise<NamedSeries[]> {
  const span = { from: window.from - lookbackMs, to: window.to };
  const query = {
    from: Math.floor(span.from / hourMs) * hourMs,
    to: span.to,
    key: filter.key,
    principal: filter.principal,
  };
  const ours = await readOurs(ctx.db);
  const toldUntil = await readToldUntil(ctx.db);
  const parts = await readKeySeries(ctx.db, { ...query, seriesMax });
  const keys = [...Map.groupBy(parts, ({ key }) => key)].map(([key, hours]) => ({
    ...requestSeries(hours, { span, ours, toldUntil }),
    key,
    workspace: null,
  }));
  // Of a workspace it is not kept who asked.
  if (filter.principal !== undefined) return keys;
  const rows = await readWorkspaceSeries(ctx.db, {
    ...query,
    workspace: filter.workspace,
    seriesMax,
  });
  const workspaces = [...Map.groupBy(rows, ({ key }) => key)].flatMap(([key, ofKey]) =>
    [...Map.groupBy(ofKey, ({ workspace }) => workspace)].map(([workspace, hours]) => {
      const unit = hours.some(({ label }) => label === 'requests') ? 'calls' : 'events';
      return { ...workspaceSeries(hours, { span, unit }), key, workspace };
    }),
  );
  const busiest = workspaces.sort((a, b) => sum(b.counts) - sum(a.counts));
  return filter.workspace === undefined ? [...keys, ...busiest] : busiest;
}

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
