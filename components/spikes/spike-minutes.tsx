'use client';

import { useMemo } from 'react';
import { type CallsPlace, causeHref, logCauseHref } from '../../lib/shared/calls-href.ts';
import type { SpikeDetail } from '../../lib/shared/spike-view.ts';
import type { TimeWindow } from '../../lib/shared/time-window.ts';
import { CauseChart, type ChartLine } from '../charts/cause-chart.tsx';
import { CauseLegend } from '../charts/cause-legend.tsx';
import { MarkerRow } from '../charts/marker-row.tsx';
import { causeSeries, onlyCauses } from '../charts/model/cause-series.ts';
import { BucketInspector } from '../explain/bucket-inspector.tsx';
import { CauseDataTable } from '../explain/cause-data-table.tsx';
import { useGo } from '../hooks/use-go.tsx';
import { useSelectWindow } from '../hooks/use-selected-window.ts';
import { useUrlState } from '../hooks/use-url-state.ts';
import { StateBox } from '../states/state-box.tsx';
import { PageLink } from '../ui/page-link.tsx';
import { Panel } from '../ui/panel.tsx';
import { unitWords } from './spike-words.ts';

const minuteMs = 60_000;

/** The spike's minutes and those around it, by cause, with what was expected. */
export function SpikeMinutes({ spike }: { spike: SpikeDetail }) {
  const { minutes, from, to, key, workspace, unit } = spike;
  const series = useMemo(
    () =>
      causeSeries(
        minutes.map(({ minute, causes }) => ({
          start: minute,
          messages: 0,
          causes,
          incomplete: false,
        })),
        minuteMs,
      ),
    [minutes],
  );
  const line = useMemo((): ChartLine => {
    const expected = new Map(minutes.map((minute) => [minute.minute, minute.expected]));
    return { label: 'Expected', axis: 'counts', of: ({ start }) => expected.get(start) ?? 0 };
  }, [minutes]);
  const { link, values } = useUrlState();
  const drawn = useMemo(() => onlyCauses(series, values.causes ?? []), [series, values.causes]);
  const go = useGo();
  const selectWindow = useSelectWindow();
  const onRange = (range: TimeWindow) => selectWindow(range, '/');
  const { rows } = drawn;
  const over = { from: minutes[0]?.minute ?? from, to: (minutes.at(-1)?.minute ?? to) + minuteMs };
  const hrefOf = (cause: string, place: CallsPlace) =>
    unit === 'calls' ? causeHref(cause, place) : logCauseHref({ cause, how: null, over }, place);
  return (
    <Panel
      title="Minute by minute"
      className="span-all"
      note={
        `Bars: ${unitWords[unit].many} a minute, by cause. Dashed: expected. Shaded: the spike. ` +
        'Drag to explain a range, click a bar for its calls.'
      }
    >
      {rows.length === 0 ? (
        <StateBox
          kind="empty"
          title="No minutes are kept"
          text="The counts around this spike are gone."
          action={
            <PageLink className="button" href="/spikes">
              All spikes
            </PageLink>
          }
        />
      ) : (
        <>
          <CauseLegend series={series} />
          <CauseChart
            label={`${unitWords[unit].many} by cause, minute by minute`}
            series={drawn}
            line={line}
            marked={{ from, to }}
            onPick={({ start, end }, cause) => {
              go(link(hrefOf(cause, { from: start, to: end, key, workspace })));
            }}
            onRange={onRange}
          />
          <MarkerRow
            from={rows[0]?.start ?? 0}
            to={rows.at(-1)?.end ?? 1}
            window={{ kind: 'between', from: rows[0]?.start ?? 0, to: rows.at(-1)?.end ?? 1 }}
          />
          <BucketInspector
            rows={rows}
            line={line}
            unit={unit}
            hrefOf={hrefOf}
            onRange={onRange}
            place={{ key, workspace }}
          />
          <CauseDataTable series={drawn} line={line} unit={unit} />
        </>
      )}
    </Panel>
  );
}
