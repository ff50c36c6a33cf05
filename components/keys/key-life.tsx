'use client';

import { effectWords, lifeWords } from '../../lib/shared/key-words.ts';
import type { KeyView } from '../../lib/shared/keys-view.ts';
import { instantText, nounText, rangeText } from '../../lib/shared/screen-text.ts';
import type { TimeWindow } from '../../lib/shared/time-window.ts';
import { KeyChart } from '../charts/key-chart.tsx';
import { keyHours } from '../charts/model/key-hours.ts';
import { PointCursor } from '../charts/point-cursor.tsx';
import { useSelectWindow } from '../hooks/use-selected-window.ts';
import { StateBox } from '../states/state-box.tsx';
import { Badge } from '../ui/badge.tsx';
import { PageLink } from '../ui/page-link.tsx';
import { Panel } from '../ui/panel.tsx';
import { WrappedText } from '../ui/wrapped-text.tsx';
import { KeyHourTable } from './key-hour-table.tsx';

const eventsMax = 20;
const aheadMsMax = 14 * 86_400_000;
const tones = { takes: 'bad', gives: 'good', either: 'warn', none: 'plain' } as const;

/** What changed the key, above its requests. */
export function LifeLine({ view: { key, now, life, hours } }: { view: KeyView }) {
  const from = hours[0]?.at ?? 0;
  // What a log dates years ahead would be years of empty hours; clocks differ by less.
  const marks = life
    .filter(({ at }) => at >= from && at <= now + aheadMsMax)
    .map(({ eventId, at, operation, effect }) => {
      const label = `${operation} at ${instantText(at)}`;
      return { eventId, at, label, takes: effect === 'takes' };
    });
  const stops = hours.length === 0 ? [] : keyHours(hours, marks);
  const selectWindow = useSelectWindow();
  const onRange = (range: TimeWindow) => selectWindow(range, `/?key=${encodeURIComponent(key)}`);
  const shown = life.slice(-eventsMax).reverse();
  return (
    <Panel
      title="Life line"
      className="span-all"
      note={
        'Requests in its log by hour, refused ones in red; a line at each change, dashed where it ' +
        'takes nothing away. Drag to explain a range.'
      }
    >
      {hours.length === 0 && life.length === 0 ? (
        <StateBox
          kind="empty"
          title="No event of this key"
          text="Only telemetry names it: connect the log of the account that owns the key."
          action={
            <PageLink className="button" href="/connections">
              Connect its log
            </PageLink>
          }
        />
      ) : (
        <>
          {stops.length > 0 && (
            <>
              <KeyChart stops={stops} marks={marks} onRange={onRange} />
              <PointCursor
                label="Hour to inspect"
                points={stops.map(({ from, to, text }) => ({
                  ...{ start: from, end: to },
                  ...{ at: rangeText({ from, to }), counts: text },
                }))}
                onRange={onRange}
              />
              <KeyHourTable hours={stops} />
            </>
          )}
          {shown.length === 0 ? (
            <p className="note">The log has no change of this key.</p>
          ) : (
            <table className="data-table cards-on-phone">
              <caption className="visually-hidden">Changes of the key, newest first</caption>
              <thead>
                <tr>
                  <th scope="col">When</th>
                  <th scope="col">What</th>
                  <th scope="col">Effect</th>
                  <th scope="col">By</th>
                </tr>
              </thead>
              <tbody>
                {shown.map(({ eventId, at, operation, kind, effect, by }) => (
                  <tr key={eventId}>
                    <th scope="row" className="num nowrap">
                      {instantText(at, 'second')}
                    </th>
                    <td data-label="What">
                      {lifeWords[kind]} <span className="mono muted">{operation}</span>
                    </td>
                    <td data-label="Effect">
                      <Badge tone={tones[effect]}>{effectWords[effect]}</Badge>
                    </td>
                    <td className="mono break" data-label="By">
                      <WrappedText text={by} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
          {life.length > eventsMax && (
            <p className="note panel-foot">
              {nounText(life.length - eventsMax, 'earlier change is', 'earlier changes are')} not
              listed.
            </p>
          )}
        </>
      )}
    </Panel>
  );
}
