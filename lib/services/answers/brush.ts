import { compareBrush, isInBrush } from '../../explain/pattern/compare-brush.ts';
import type { Brush, BrushView } from '../../shared/pattern-view.ts';
import { wholeMinutes } from '../../shared/window-param.ts';
import { readBrush } from '../../store/views/pattern/read-brush.ts';
import type { ServiceContext } from '../context.ts';
import { keyFilter } from './key-filter.ts';
import { oneSnapshot } from './one-snapshot.ts';
import type { PatternInput } from './pattern.ts';

const minuteMs = 60_000;

/** A part of the window's heatmap beside the rest of it. @see BrushView */
export const brush = ({
  ctx,
  input,
}: {
  ctx: ServiceContext;
  input: PatternInput & { brush: Brush };
}): Promise<BrushView> =>
  oneSnapshot(ctx, async (view) => {
    const { from, to } = wholeMinutes(input.window);
    const isInside = (at: number) => isInBrush(input.brush, at);
    const read = await readBrush(view.db, {
      ...{ from, to, isInside },
      filter: await keyFilter(view, input.filter),
    });
    const keys = read.counts.filter(({ dimension }) => dimension === 'key');
    let minutes = 0;
    for (let at = from; at < to; at += minuteMs) if (isInside(at)) minutes += 1;
    return {
      unit: read.unit,
      inside: { minutes, requests: keys.reduce((sum, one) => sum + one.inside, 0) },
      outside: {
        minutes: (to - from) / minuteMs - minutes,
        requests: keys.reduce((sum, one) => sum + one.outside, 0),
      },
      dimensions: compareBrush(read.counts),
    };
  });
