'use client';

import { useMemo } from 'react';
import { countText, rangeText, shownText, spanText } from '../../lib/shared/screen-text.ts';
import type { SpikesView, SpikeView } from '../../lib/shared/spike-view.ts';
import type { TimeWindow } from '../../lib/shared/time-window.ts';
import { Swatch } from '../charts/cause-swatch.tsx';
import { CutNote } from '../charts/cut-note.tsx';
import { MarkerRow } from '../charts/marker-row.tsx';
import {
  type ComingEcho,
  comingEchoes,
  comingText,
  fewerRows,
  type SpikeRow,
  spikeAt,
  spikeRows,
} from '../charts/model/spike-series.ts';
import { PointCursor, type ReadPoint } from '../charts/point-cursor.tsx';
import { SpikeChart } from '../charts/spike-chart.tsx';
import { useGo } from '../hooks/use-go.tsx';
import { useSelectWindow } from '../hooks/use-selected-window.ts';
import { useUrlState } from '../hooks/use-url-state.ts';
import { StateBox } from '../states/state-box.tsx';
import { Panel } from '../ui/panel.tsx';
import { Term } from '../ui/term.tsx';
import { WiderLink } from '../ui/wider-link.tsx';
import { SpikeDataTable } from './spike-data-table.tsx';
import { unitWords } from './spike-words.ts';

const tableRowsMax = 96;

/** What was counted against what was expected, with the spikes marked. */
export function SpikesPanel({ view }: { view: SpikesView }) {
  const { spikes, bucketMs, unit } = view;
  const rows = useMemo(() => spikeRows(view), [view]);
  const coming = useMemo(() => comingEchoes(view.ahead, view.window), [view]);
  const span = {
    from: rows[0]?.start ?? 0,
    to: Math.max(rows.at(-1)?.end ?? 1, ...coming.map(({ to }) => to)),
  };
  const { link } = useUrlState();
  const selectWindow = useSelectWindow();
  const go = useGo();
  /** What is still to come is no part of a window. */
  const onRange = ({ from, to }: TimeWindow) => {
    const end = rows.at(-1)?.end ?? from;
    if (from < end) selectWindow({ from, to: Math.min(to, end) });
  };
  const noun = unitWords[unit].many;
  const isEmpty = rows.every(({ calls }) => calls === 0);
  return (
    <Panel
      title="Counted and expected"
      className="span-all"
      note={`Each step: ${noun} in ${spanText(bucketMs)}. Drag to zoom, click a marked spike to open it.`}
    >
      {isEmpty ? (
        <StateBox
          kind="empty"
          title={`No ${noun} in this window`}
          text="The KMS was not called, or nothing has been received yet."
          action={<WiderLink />}
        />
      ) : (
        <>
          <Legend
            isIncomplete={rows.some(({ incomplete }) => incomplete)}
            isComing={coming.length > 0}
          />
          <SpikeChart
            rows={rows}
            spikes={spikes}
            coming={coming}
            span={span}
            noun={noun}
            within={view.window}
            onPick={(spike) => go(link(spike.href))}
            onRange={onRange}
          />
          <MarkerRow from={span.from} to={span.to} />
          <PointCursor
            label="Step to inspect"
            points={readPoints(rows, spikes, coming)}
            onRange={onRange}
          />
          <CutNote buckets={rows} within={view.window} />
          <SpikeDataTable rows={fewerRows(rows, tableRowsMax)} coming={coming} noun={noun} />
        </>
      )}
    </Panel>
  );
}

function Legend({ isIncomplete, isComing }: { isIncomplete: boolean; isComing: boolean }) {
  return (
    <ul className="chart-legend" aria-label="Legend">
      <li>
        <Swatch fill="var(--bar-total)" /> Counted
      </li>
      <li>
        <svg className="swatch" width="18" height="12" aria-hidden="true">
          <path d="M0 6h18" stroke="var(--line-expected)" strokeWidth="2" strokeDasharray="5 3" />
        </svg>
        Expected
      </li>
      <li>
        <svg className="swatch" width="12" height="12" aria-hidden="true">
          <path d="M1 2h10l-5 8z" fill="var(--spike)" />
        </svg>
        Spike
      </li>
      {isComing && (
        <li>
          <span className="swatch echo-ahead" /> Next echoes, by{' '}
          <Term of="echo">lineage and leases</Term>
        </li>
      )}
      {isIncomplete && (
        <li>
          <Swatch fill="url(#bar-incomplete)" /> The audit log is not complete here yet
        </li>
      )}
    </ul>
  );
}

const readPoints = (
  rows: readonly SpikeRow[],
  spikes: readonly SpikeView[],
  coming: readonly ComingEcho[],
): ReadPoint[] => [
  ...rows.map((row) => {
    const spike = spikeAt(spikes, row);
    return {
      start: row.start,
      end: row.end,
      at: rangeText({ from: row.start, to: row.end }),
      counts: `${countText(row.calls)} counted, ${countText(Math.round(row.expected))} expected`,
      more: spike && { href: spike.href, text: shownText(spike.sentence) },
    };
  }),
  ...coming.map((echo) => ({
    start: echo.from,
    end: echo.to,
    at: 'Ahead',
    counts: comingText(echo),
    more: echo.href === null ? null : { href: echo.href, text: 'Its newest spike' },
  })),
];
