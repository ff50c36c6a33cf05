'use client';

import { countOf } from '../../lib/shared/counts.ts';
import { instantText } from '../../lib/shared/screen-text.ts';
import { causePaint } from './cause-style.ts';
import { CauseTooltip } from './cause-tooltip.tsx';
import { type CauseRow, type CauseSeries, causeSummary } from './model/cause-series.ts';
import { percent, shareIn } from './model/plot.ts';
import { tickText, timeTicks } from './model/time-ticks.ts';
import { Band, Plot, PlotLine, plotTop, Upright } from './plot.tsx';
import { SpikeMark } from './spike-mark.tsx';
import { useDragRange } from './use-drag-range.ts';
import { useSharedCursor } from './use-shared-cursor.ts';

/** What the line over the bars tells, and whether it has an axis of its own. */
export interface ChartLine {
  label: string;
  axis: 'own' | 'counts';
  /** Null where it is not known: nothing is drawn then. */
  of: (row: CauseRow) => number | null;
}

const gapShare = 0.06;

/** Requests by cause as stacked bars, never smoothed, with a line over them. */
export function CauseChart({
  label,
  series,
  line,
  marked,
  active,
  onPick,
  onRange,
}: {
  label: string;
  series: CauseSeries;
  line: ChartLine;
  /** What the chart is about. */
  marked?: { from: number; to: number };
  /** Start of the bucket that is inspected. */
  active: number | null;
  onPick: (row: CauseRow, cause: string) => void;
  /** The first and last bucket of a dragged range. */
  onRange: (first: number, last: number) => void;
}) {
  const drag = useDragRange(onRange);
  const [at, setAt] = useSharedCursor();
  const { rows } = series;
  const x = { from: rows[0]?.start ?? 0, to: rows.at(-1)?.end ?? 1 };
  const ticks = timeTicks(
    rows.map(({ start }) => start),
    12,
  );
  const rowUnder = (place: number) =>
    rows.find(({ start, end }) => start <= place && place < end) ?? null;
  const points = rows.map((row) => ({ from: row.start, to: row.end, value: line.of(row) }));
  const lineMost = Math.max(0, ...points.map(({ value }) => value ?? 0));
  const isOwn = line.axis === 'own';
  const most = Math.max(isOwn ? 0 : lineMost, ...rows.map(({ requests }) => requests));
  const under = at === null ? null : rowUnder(at);
  const inspected = rows.find(({ start }) => start === active);
  const dragged = drag.range && { from: drag.range[0], to: rowUnder(drag.range[1])?.end ?? 0 };
  return (
    <Plot
      label={`${label}: ${causeSummary(series, instantText, isOwn)}`}
      x={{ ...x, ticks, text: tickText }}
      most={most}
      rightMost={isOwn ? lineMost : undefined}
      at={at}
      onAt={setAt}
      drag={drag}
      bucketOf={(place) => rowUnder(place)?.start ?? null}
      tooltip={(place) => <CauseTooltip row={rowUnder(place) ?? undefined} line={line} />}
    >
      {under && <Band of={{ from: under.start, to: under.end }} x={x} fill="var(--cursor)" />}
      {rows.map((row) => (
        <Stack
          key={row.start}
          row={row}
          causes={series.causes}
          x={x}
          top={plotTop(most)}
          onPick={(cause) => {
            if (!drag.wasDrag()) onPick(row, cause);
          }}
        />
      ))}
      {rows.map(
        ({ start, end, hatch }) =>
          hatch === 1 && (
            <Band key={start} of={{ from: start, to: end }} x={x} fill="url(#bar-incomplete)" />
          ),
      )}
      {marked && <SpikeMark of={marked} x={x} />}
      <PlotLine
        points={points}
        x={x}
        top={plotTop(isOwn ? lineMost : most)}
        stroke={isOwn ? 'var(--line-messages)' : 'var(--line-expected)'}
        dashes={isOwn ? '' : '5 3'}
      />
      {inspected && (
        <Upright
          share={shareIn((inspected.start + inspected.end) / 2, x)}
          stroke="var(--ink)"
          dashes="2 3"
        />
      )}
      {dragged && <Band of={dragged} x={x} fill="var(--selection)" />}
    </Plot>
  );
}

/** One bucket's causes, the first at the bottom. */
function Stack({
  row,
  causes,
  x,
  top,
  onPick,
}: {
  row: CauseRow;
  causes: readonly string[];
  x: { from: number; to: number };
  top: number;
  onPick: (cause: string) => void;
}) {
  const [left, width] = [shareIn(row.start, x), shareIn(row.end, x) - shareIn(row.start, x)];
  let below = 0;
  return causes.map((cause) => {
    const count = countOf(row.causes, cause);
    if (count === 0) return null;
    below += count;
    return (
      // biome-ignore lint/a11y/noStaticElementInteractions: the bar's readout has the same as links
      <rect
        key={cause}
        className="plot-bar"
        x={percent(left + width * gapShare)}
        width={percent(width * (1 - 2 * gapShare))}
        y={percent(1 - below / top)}
        height={percent(count / top)}
        fill={causePaint(cause).fill}
        onClick={() => onPick(cause)}
      />
    );
  });
}
