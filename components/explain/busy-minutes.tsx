'use client';

import Link from 'next/link';
import type { BusyMinute } from '../../lib/shared/dto.ts';
import { dayText, shareText, timeText } from '../../lib/shared/screen-text.ts';
import { urlInstant } from '../../lib/shared/window-param.ts';
import { CauseName } from '../charts/cause-swatch.tsx';
import { ShareBar } from '../charts/share-bar.tsx';
import { StateBox } from '../states/state-box.tsx';
import { CountLink } from '../ui/count-link.tsx';
import { Panel } from '../ui/panel.tsx';
import { StateLink } from '../ui/state-link.tsx';

const minuteHref = (minute: number): string =>
  `/calls?from=${urlInstant(minute)}&to=${urlInstant(minute + 60_000)}`;

/** The minutes with the most KMS requests, each with its main cause. */
export function BusyMinutes({ minutes }: { minutes: readonly BusyMinute[] }) {
  return (
    <Panel title="Busiest minutes" className="span-all" note="Times in UTC.">
      {minutes.length === 0 ? (
        <StateBox
          kind="empty"
          title="No minute stands out"
          text="Requests came evenly, or there were none."
          action={
            <StateLink className="button" changes={{ last: '7d', from: null, to: null }}>
              Look at the last 7 days
            </StateLink>
          }
        />
      ) : (
        <table className="data-table cards-on-phone">
          <caption className="visually-hidden">Busiest minutes</caption>
          <thead>
            <tr>
              <th scope="col">Minute</th>
              <th scope="col" className="is-number">
                Requests
              </th>
              <th scope="col">Main cause</th>
              <th scope="col" className="col-bar">
                All causes
              </th>
              <th scope="col">What happened</th>
            </tr>
          </thead>
          <tbody>
            {minutes.map((minute) => (
              <tr key={minute.minute}>
                <th scope="row" className="nowrap">
                  <Link className="num" prefetch={false} href={minuteHref(minute.minute)}>
                    {dayText(minute.minute)} {timeText(minute.minute)}
                  </Link>
                </th>
                <td className="is-number" data-label="Requests">
                  <CountLink
                    value={minute.calls}
                    href={minuteHref(minute.minute)}
                    label={`Calls at ${timeText(minute.minute)}`}
                  />
                </td>
                <td className="nowrap" data-label="Main cause">
                  <CauseName cause={minute.mainCause} />{' '}
                  <span className="muted num">{shareText(minute.mainShare)}</span>
                </td>
                <td className="col-bar" data-label="All causes">
                  <span className="share-slot">
                    <ShareBar causes={minute.causes} />
                  </span>
                </td>
                <td className="col-sentence">{minute.sentence}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}
