'use client';

import { useRouter } from 'next/navigation';
import { useMemo } from 'react';
import { countText, rangeText, spanText } from '../../lib/shared/screen-text.ts';
import type { SpikesView, SpikeView } from '../../lib/shared/spike-view.ts';
import { Swatch } from '../charts/cause-swatch.tsx';
import { ChartCursor } from '../charts/chart-cursor.tsx';
import { useRowAtCursor } from '../charts/cursor.ts';
import { CutNote } from '../charts/cut-note.tsx';
import { MarkerRow } from '../charts/marker-row.tsx';
import { type SpikeRow, spikeAt, spikeRows } from '../charts/model/spike-series.ts';
import { SpikeChart } from '../charts/spike-chart.tsx';
import { useUrlState } from '../hooks/use-url-state.ts';
import { StateBox } from '../states/state-box.tsx';
import { PageLink } from '../ui/page-link.tsx';
import { Panel } from '../ui/panel.tsx';
import { WiderLink } from '../ui/wider-link.tsx';
import { unitWords } from './spike-words.ts';

/** What was counted against what was expected, with the spikes marked. */
export function SpikesPanel({ view }: { view: SpikesView }) {
  const { spikes, bucketMs, unit } = view;
  const rows = useMemo(() => spikeRows(view), [view]);
  const { setWindow, link } = useUrlState();
  const router = useRouter();
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
          <Legend isIncomplete={rows.some(({ incomplete }) => incomplete)} />
          <SpikeChart
            rows={rows}
            spikes={spikes}
            noun={noun}
            within={view.window}
            onPick={(spike) => router.push(link(spike.href))}
            onRange={(first, last) =>
              setWindow({ kind: 'between', from: first, to: last + bucketMs })
            }
          />
          <MarkerRow from={rows[0]?.start ?? 0} to={rows.at(-1)?.end ?? 1} />
          <Cursor rows={rows} spikes={spikes} />
          <CutNote buckets={rows} within={view.window} />
        </>
      )}
    </Panel>
  );
}

function Legend({ isIncomplete }: { isIncomplete: boolean }) {
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
      {isIncomplete && (
        <li>
          <Swatch fill="url(#bar-incomplete)" /> The audit log is not complete here yet
        </li>
      )}
    </ul>
  );
}

function Cursor({ rows, spikes }: { rows: readonly SpikeRow[]; spikes: readonly SpikeView[] }) {
  const { row, index, onMove } = useRowAtCursor(rows);
  const spike = row ? spikeAt(spikes, row) : null;
  const counts = row
    ? `${countText(row.calls)} counted, ${countText(Math.round(row.expected))} expected`
    : '';
  const at = row ? rangeText({ from: row.start, to: row.end }) : '';
  return (
    <ChartCursor
      label="Step to inspect"
      count={rows.length}
      index={index}
      text={row ? `${at}: ${counts}${spike ? `; ${spike.sentence}` : ''}` : 'No step chosen'}
      onMove={onMove}
    >
      {row ? (
        <p className="chart-readout">
          <strong>{at}</strong>
          <span className="num">{counts}</span>
          {spike && <PageLink href={spike.href}>{spike.sentence}</PageLink>}
        </p>
      ) : (
        <p className="chart-readout muted">
          Point at the chart, or slide along it, to read a step.
        </p>
      )}
    </ChartCursor>
  );
}
