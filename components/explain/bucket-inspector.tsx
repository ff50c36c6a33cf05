'use client';

import type { CallsPlace } from '../../lib/shared/calls-href.ts';
import { countText, rangeText } from '../../lib/shared/screen-text.ts';
import type { SpikeUnit } from '../../lib/shared/spike-view.ts';
import type { ChartLine } from '../charts/cause-chart.tsx';
import { CauseName } from '../charts/cause-swatch.tsx';
import { ChartCursor } from '../charts/chart-cursor.tsx';
import { type OnRange, useRowAtCursor } from '../charts/cursor.ts';
import { lineText } from '../charts/line-text.ts';
import type { CauseRow } from '../charts/model/cause-series.ts';
import { shareSegments } from '../charts/model/share-segments.ts';
import { unitWords } from '../spikes/spike-words.ts';
import { CountLink } from '../ui/count-link.tsx';

/** Reads one bar of the cause chart, whose causes are then links. */
export function BucketInspector({
  rows,
  line,
  unit,
  hrefOf,
  onRange,
  place,
}: {
  rows: readonly CauseRow[];
  line: ChartLine;
  /** What the bars count. */
  unit: SpikeUnit;
  /** Where the count of a cause leads. */
  hrefOf: (cause: string, place: CallsPlace) => string | undefined;
  /** Given the bars that are selected. */
  onRange: OnRange;
  /** What the calls behind a count are of, besides cause and bar. */
  place?: CallsPlace;
}) {
  const { row: shown, ...cursor } = useRowAtCursor(rows, onRange);
  const at = (row: CauseRow): string => rangeText({ from: row.start, to: row.end });
  return (
    <ChartCursor
      label="Bar to inspect"
      count={rows.length}
      text={
        shown
          ? `${at(shown)}: ${countText(shown.requests)} ${unitWords[unit].many}`
          : 'No bar chosen'
      }
      twoAxes={line.axis === 'own'}
      {...cursor}
    >
      {shown ? (
        <p className="chart-readout">
          <strong>{at(shown)}</strong>
          <span>
            <span className="num">{countText(shown.requests)}</span> {unitWords[unit].many},{' '}
            {line.label.toLowerCase()} <span className="num">{lineText(line.of(shown))}</span>
          </span>
          {shareSegments(shown.causes).map(({ cause, count }) => (
            <span key={cause}>
              <CauseName cause={cause} />{' '}
              <CountLink
                value={count}
                label={`Calls for ${cause}`}
                href={hrefOf(cause, { ...place, from: shown.start, to: shown.end })}
              />
            </span>
          ))}
        </p>
      ) : (
        <p className="chart-readout muted">
          Point at a bar, or slide along them, to read it.{' '}
          <span className="keys-only">Shift with an arrow key selects.</span>
        </p>
      )}
    </ChartCursor>
  );
}
