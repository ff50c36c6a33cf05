'use client';

import type { Counts } from '../../lib/shared/counts.ts';
import type { BusyHour, BusyMinute } from '../../lib/shared/dto.ts';
import { dayText, shareText, timeText } from '../../lib/shared/screen-text.ts';
import type { SpikeUnit } from '../../lib/shared/spike-view.ts';
import { CauseName } from '../charts/cause-swatch.tsx';
import { ShareBar } from '../charts/share-bar.tsx';
import { useUrlState } from '../hooks/use-url-state.ts';
import { unitWords } from '../spikes/spike-words.ts';
import { StateBox } from '../states/state-box.tsx';
import { callsHref } from '../table/calls-href.ts';
import { CountLink } from '../ui/count-link.tsx';
import { PageLink } from '../ui/page-link.tsx';
import { Panel } from '../ui/panel.tsx';
import { WiderLink } from '../ui/wider-link.tsx';

const minuteMs = 60_000;
const spans = { minutes: minuteMs, hours: 60 * minuteMs } as const;
const names = ['minutes', 'hours'] as const;

/** The minutes or hours with the most KMS requests, each with its main cause. */
export function Busiest({
  minutes,
  hours,
  unit,
}: {
  minutes: readonly BusyMinute[];
  hours: readonly BusyHour[];
  unit: SpikeUnit;
}) {
  const { get, set } = useUrlState();
  const shown = get('busiest') === 'hours' ? 'hours' : 'minutes';
  const rows: readonly Row[] =
    shown === 'minutes'
      ? minutes.map((minute) => ({ ...minute, at: minute.minute }))
      : hours.map((hour) => ({ ...hour, at: hour.hour }));
  return (
    <Panel
      title={`Busiest ${shown}`}
      className="span-all"
      note="Times in UTC."
      tools={
        <fieldset className="segmented">
          <legend className="visually-hidden">Busiest of</legend>
          {names.map((name) => (
            <button
              key={name}
              type="button"
              aria-pressed={shown === name}
              onClick={() => set({ busiest: name === 'hours' ? 'hours' : null })}
            >
              {name === 'hours' ? 'Hours' : 'Minutes'}
            </button>
          ))}
        </fieldset>
      }
    >
      {rows.length === 0 ? (
        <StateBox
          kind="empty"
          title="None stands out"
          text="Requests came evenly, or there were none."
          action={<WiderLink />}
        />
      ) : (
        <BusyTable rows={rows} shown={shown} unit={unit} />
      )}
    </Panel>
  );
}

interface Row {
  at: number;
  calls: number;
  mainCause: string;
  mainShare: number;
  causes?: Counts;
  sentence?: string;
}

function BusyTable({
  rows,
  shown,
  unit,
}: {
  rows: readonly Row[];
  shown: keyof typeof spans;
  unit: SpikeUnit;
}) {
  const hasMore = shown === 'minutes';
  return (
    <table className="data-table cards-on-phone">
      <caption className="visually-hidden">Busiest {shown}</caption>
      <thead>
        <tr>
          <th scope="col">{hasMore ? 'Minute' : 'Hour'}</th>
          <th scope="col" className="is-number">
            {unitWords[unit].title}
          </th>
          <th scope="col">Main cause</th>
          {hasMore && (
            <th scope="col" className="col-bar">
              All causes
            </th>
          )}
          {hasMore && <th scope="col">What happened</th>}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <BusyRow key={row.at} row={row} spanMs={spans[shown]} unit={unit} />
        ))}
      </tbody>
    </table>
  );
}

function BusyRow({ row, spanMs, unit }: { row: Row; spanMs: number; unit: SpikeUnit }) {
  const { at, calls, mainCause, mainShare, causes, sentence } = row;
  const shown = unit === 'calls' ? {} : { show: 'events' };
  const href = callsHref(shown, { from: at, to: at + spanMs });
  return (
    <tr>
      <th scope="row" className="nowrap">
        <PageLink className="num" href={href}>
          {dayText(at)} {timeText(at)}
        </PageLink>
      </th>
      <td className="is-number" data-label={unitWords[unit].title}>
        <CountLink value={calls} href={href} label={`Calls at ${timeText(at)}`} />
      </td>
      <td className="nowrap" data-label="Main cause">
        <CauseName cause={mainCause} /> <span className="muted num">{shareText(mainShare)}</span>
      </td>
      {causes && (
        <td className="col-bar" data-label="All causes">
          <span className="share-slot">
            <ShareBar causes={causes} />
          </span>
        </td>
      )}
      {sentence !== undefined && <td className="col-sentence">{sentence}</td>}
    </tr>
  );
}
