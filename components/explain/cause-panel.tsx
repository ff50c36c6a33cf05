'use client';

import { useMemo } from 'react';
import { type CallsPlace, causeHref, logCauseHref } from '../../lib/shared/calls-href.ts';
import type { ExplainView } from '../../lib/shared/dto.ts';
import { spanText } from '../../lib/shared/screen-text.ts';
import { CauseChart, type ChartLine } from '../charts/cause-chart.tsx';
import { CauseLegend } from '../charts/cause-legend.tsx';
import { Swatch } from '../charts/cause-swatch.tsx';
import { CutNote } from '../charts/cut-note.tsx';
import { MarkerRow } from '../charts/marker-row.tsx';
import { causeSeries, onlyCauses } from '../charts/model/cause-series.ts';
import { ExportLinks } from '../export/export-links.tsx';
import { useSelectWindow } from '../hooks/use-selected-window.ts';
import { useUrlState } from '../hooks/use-url-state.ts';
import { unitWords } from '../spikes/spike-words.ts';
import { StateBox } from '../states/state-box.tsx';
import { CountLink } from '../ui/count-link.tsx';
import { Panel } from '../ui/panel.tsx';
import { WiderLink } from '../ui/wider-link.tsx';
import { BucketInspector } from './bucket-inspector.tsx';
import { CauseDataTable } from './cause-data-table.tsx';
import { SampledBadge } from './sampled-badge.tsx';
import '../charts/chart.css';
import { useGo } from '../hooks/use-go.tsx';

/** `about 6 min`, from the slowest source whose lag is known; what lacks is no longer than the log is behind. */
function lagText({ coverage, coveredUntil, now }: ExplainView): string {
  const learntMs = Math.max(0, ...coverage.map((source) => source.lagMs ?? 0));
  const lagMs = Math.min(learntMs, coveredUntil === null ? 0 : now - coveredUntil);
  return lagMs > 0 ? `lags about ${spanText(lagMs)}` : 'lags';
}

/** Where a count leads. */
function hrefsOf({ logCauses, window }: ExplainView) {
  if (logCauses === null) return causeHref;
  return (cause: string, place?: CallsPlace) =>
    logCauseHref({ cause, how: null, over: place === undefined ? null : window }, place);
}

const messagesLine: ChartLine = { label: 'Messages', axis: 'own', of: ({ messages }) => messages };
const unknownMessages: ChartLine = { label: 'Messages', axis: 'counts', of: () => null };

/** Requests by cause over time; each bar and each legend entry leads to its calls. */
export function CausePanel({ view }: { view: ExplainView }) {
  const { buckets, bucketMs, logCauses } = view;
  const unit = logCauses === null ? 'calls' : 'events';
  const told = view.ledger.lines.some(({ id }) => id === 'operations') && logCauses === null;
  const line = told || view.ledger.messages > 0 ? messagesLine : unknownMessages;
  const hrefOf = useMemo(() => hrefsOf(view), [view]);
  const series = useMemo(() => causeSeries(buckets, bucketMs), [buckets, bucketMs]);
  const { link, values } = useUrlState();
  const selectWindow = useSelectWindow();
  const drawn = useMemo(() => onlyCauses(series, values.causes ?? []), [series, values.causes]);
  const go = useGo();
  return (
    <Panel
      title="Requests by cause"
      className="span-all"
      tools={
        <>
          {logCauses !== null && <SampledBadge log={logCauses} />}
          {series.requests + series.messages > 0 && <ExportLinks of="causes" />}
        </>
      }
      note={
        `Bars: ${unitWords[unit].many} in ${spanText(bucketMs)}, left axis. ` +
        `${line === messagesLine ? 'Line: messages, right axis. ' : ''}Drag to zoom, click a bar for its calls, a cause to see it alone.`
      }
    >
      {series.requests + series.messages === 0 ? (
        <StateBox
          kind="empty"
          title="No requests in this window"
          text="The KMS was not called, or nothing has been received yet."
          action={<WiderLink />}
        />
      ) : (
        <>
          <CauseLegend
            series={series}
            countOf={(cause, total) => (
              <CountLink value={total} href={hrefOf(cause)} label={`Calls for ${cause}`} />
            )}
          >
            {line === messagesLine && (
              <li>
                <svg className="swatch" width="16" height="12" aria-hidden="true">
                  <path d="M0 8h6V4h10" fill="none" stroke="var(--line-messages)" strokeWidth="2" />
                </svg>
                Messages
              </li>
            )}
          </CauseLegend>
          <CauseChart
            label={`${unitWords[unit].many} by cause over time`}
            series={drawn}
            line={line}
            within={view.window}
            onPick={({ start, end }, cause) => {
              go(link(hrefOf(cause, { from: start, to: end })));
            }}
            onRange={selectWindow}
          />
          <MarkerRow
            from={series.rows[0]?.start ?? 0}
            to={series.rows.at(-1)?.end ?? 1}
            hasTwoAxes={line.axis === 'own'}
          />
          <BucketInspector
            rows={drawn.rows}
            line={line}
            unit={unit}
            hrefOf={hrefOf}
            onRange={selectWindow}
          />
          {series.incomplete > 0 && (
            <p className="note incomplete-note">
              <Swatch fill="url(#bar-incomplete)" /> The audit log {lagText(view)}: hatched bars are
              not complete yet.
            </p>
          )}
          <CutNote buckets={drawn.rows} within={view.window} />
          <CauseDataTable series={drawn} line={line} unit={unit} />
        </>
      )}
    </Panel>
  );
}
