import type { SpikeUnit, SpikeView } from '../../shared/spike-view.ts';
import { readDetectedSpikes } from '../../store/detection/detected-spikes.ts';
import { readSearched } from '../../store/detection/detection-days.ts';
import type { ViewContext } from '../context.ts';
import { type SpikesInput, seriesMax } from './spike-series.ts';

const dayMs = 86_400_000;

export interface KeptSpikes {
  found: (SpikeView & { also: number })[];
  drops: SpikeView[];
  /** Of each look the largest are kept; that there were more is not. */
  unseenDrops: number;
  series: number;
  searched: number | null;
  unit: SpikeUnit;
}

/**
 * What was found in the window when its days were last looked at: of all keys, or one, and of one caller. Null where a
 * day is still to be looked at, and where it is asked in another way than days are: there it is looked for anew.
 */
export async function keptSpikes(
  ctx: ViewContext,
  { window, filter }: SpikesInput,
): Promise<KeptSpikes | null> {
  const { keys, workspace, principal } = filter;
  if (workspace !== undefined || ctx.service !== undefined) return null;
  const from = window.from - (window.from % dayMs);
  const searched = await readSearched(ctx.db, { from, to: window.to, keys, principal });
  if (searched === null) return null;
  const all = await readDetectedSpikes(ctx.db, { ...window, keys, principal });
  const spikes = all.filter(({ view }) => view.direction === 'spike');
  return {
    found: spikes.map(({ view, also }) => ({ ...view, also })),
    drops: all.flatMap(({ view }) => (view.direction === 'drop' ? [view] : [])),
    unseenDrops: 0,
    series: searched.reduce((sum, { series }) => sum + series, 0),
    searched: searched.some(({ series }) => series > seriesMax) ? seriesMax : null,
    unit: searched.some(({ calls }) => calls) ? 'calls' : 'events',
  };
}
