'use client';

import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState } from 'react';
import type { AttemptView, CallRow, EventView } from '../../lib/shared/dto.ts';
import { dayText, spanText, timeText } from '../../lib/shared/screen-text.ts';
import { CauseName } from '../charts/cause-swatch.tsx';
import { useUrlState } from '../hooks/use-url-state.ts';
import { Badge } from '../ui/badge.tsx';
import { StateLink } from '../ui/state-link.tsx';
import { joinWords, stateWords } from './call-words.ts';
import { rowKey } from './row-key.ts';

/** About what a row takes; each is measured once it is drawn. */
const rowPx = 56;
const firstRowsMax = 100;
const headRows = 2;

/** Each attempt beside its audit event. Of all rows only those near the window are drawn. */
export function CallsTable({ rows }: { rows: readonly CallRow[] }) {
  const table = useRef<HTMLTableElement>(null);
  const [top, setTop] = useState(0);
  useEffect(() => {
    setTop((table.current?.getBoundingClientRect().top ?? 0) + scrollY);
  }, []);
  const view = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => rowPx,
    getItemKey: (index) => rowKey(rows[index] ?? { attempt: null, event: null }) || index,
    overscan: 12,
    scrollMargin: top,
    // What the server sends is a whole answer, for those who have no script.
    initialRect: { width: 0, height: firstRowsMax * rowPx },
  });
  const shown = view.getVirtualItems();
  const above = (shown[0]?.start ?? top) - top;
  const below = view.getTotalSize() - ((shown.at(-1)?.end ?? top) - top);
  return (
    <table ref={table} className="data-table calls-table" aria-rowcount={rows.length + headRows}>
      <caption className="visually-hidden">Attempts beside their audit events</caption>
      <colgroup>
        <col className="col-time" />
        <col span={2} />
        <col className="col-outcome" />
        <col />
        <col className="col-state" />
        <col className="col-time" />
        <col span={2} />
      </colgroup>
      <thead>
        <tr className="calls-sides">
          <th scope="colgroup" colSpan={5}>
            Attempt, as the engine told it
          </th>
          <th scope="colgroup" colSpan={4} className="side-event">
            Audit event, as the cloud logged it
          </th>
        </tr>
        <tr>
          <th scope="col">Time</th>
          <th scope="col">Process, workspace</th>
          <th scope="col">Operation, cause</th>
          <th scope="col">Outcome</th>
          <th scope="col">Request id</th>
          <th scope="col" className="side-event">
            State
          </th>
          <th scope="col">Time</th>
          <th scope="col">Event, principal</th>
          <th scope="col">Source IP, error</th>
        </tr>
      </thead>
      <tbody>
        {above > 0 && <tr className="calls-space" style={{ height: above }} />}
        {shown.map(({ index, key }) => {
          const row = rows[index];
          return row && <Row key={key} row={row} index={index} measure={view.measureElement} />;
        })}
        {below > 0 && <tr className="calls-space" style={{ height: below }} />}
      </tbody>
    </table>
  );
}

function Row({
  row,
  index,
  measure,
}: {
  row: CallRow;
  index: number;
  measure: (element: Element | null) => void;
}) {
  const { set, values } = useUrlState();
  const { attempt, event } = row;
  const key = rowKey(row);
  const { tone, label, about } = stateWords(attempt?.state ?? event?.state ?? '');
  const open = (target: EventTarget | null) => {
    const isControl = target instanceof Element && target.closest('a, button') !== null;
    if (!isControl && !getSelection()?.toString()) set({ open: key });
  };
  return (
    <tr
      ref={measure}
      data-index={index}
      aria-rowindex={index + 1 + headRows}
      className={values.open === key ? 'call-row is-open' : 'call-row'}
      onClick={({ target }) => open(target)}
    >
      <AttemptCells attempt={attempt} eventState={event?.state} open={key} />
      <td className="side-event" data-label="State">
        <span title={about}>
          <Badge tone={tone}>{label}</Badge>
        </span>
        {attempt?.joinMethod && <span className="second">{joinWords(attempt)}</span>}
      </td>
      <EventCells event={event} attempt={attempt} open={key} />
    </tr>
  );
}

function Instant({
  at,
  to,
  open,
  label,
}: {
  at: number;
  to: 'second' | 'milli';
  open: string;
  label: string;
}) {
  return (
    <StateLink
      className="num nowrap"
      changes={{ open }}
      aria-label={`${label} at ${timeText(at, to)}: open`}
    >
      {timeText(at, to)}
    </StateLink>
  );
}

function absentWords(eventState: string | undefined): string {
  if (eventState === 'matched') return 'Listed among the matched attempts';
  return eventState === 'not-known' ? 'No telemetry tells of it' : 'No attempt of ours';
}

function AttemptCells({
  attempt,
  eventState,
  open,
}: {
  attempt: AttemptView | null;
  eventState: string | undefined;
  open: string;
}) {
  if (!attempt) {
    return (
      <td colSpan={5} className="no-side">
        {absentWords(eventState)}
      </td>
    );
  }
  const isGood = attempt.errorCode === null && attempt.outcome === 'ok';
  return (
    <>
      <td data-label="Time">
        <Instant at={attempt.at} to="milli" open={open} label={`${attempt.operation} attempt`} />
        <span className="second">{dayText(attempt.at)}</span>
      </td>
      <td data-label="Process, workspace">
        {attempt.process}
        <span className="second clamp" title={attempt.workspace}>
          {attempt.workspace}
        </span>
      </td>
      <td data-label="Operation, cause">
        {attempt.operation}
        <span className="second">
          <CauseName cause={attempt.cause} />
        </span>
      </td>
      <td data-label="Outcome">
        <span className={isGood ? '' : 'is-failed'}>{attempt.errorCode ?? attempt.outcome}</span>
        <span className="second num">{spanText(attempt.durationMs)}</span>
      </td>
      <td data-label="Request id">
        {attempt.requestId === null ? (
          <span className="muted">{attempt.sent ? 'none seen' : 'never sent'}</span>
        ) : (
          <code className="clip" title={attempt.requestId}>
            {attempt.requestId}
          </code>
        )}
        {attempt.attempt > 1 && <span className="second">attempt {attempt.attempt}</span>}
      </td>
    </>
  );
}

const apartText = (ms: number): string =>
  ms === 0 ? 'same instant' : `${ms < 0 ? '' : '+'}${spanText(ms)}`;

function EventCells({
  event,
  attempt,
  open,
}: {
  event: EventView | null;
  attempt: AttemptView | null;
  open: string;
}) {
  if (!event) {
    return (
      <td colSpan={3} className="no-side">
        {attempt?.state === 'pending' ? 'Not in the log yet' : 'No audit event'}
      </td>
    );
  }
  const who = `${event.principalName}${event.session ? ` / ${event.session}` : ''}`;
  const apart = attempt === null ? null : event.at - attempt.sentAt;
  return (
    <>
      <td data-label="Logged">
        <Instant
          at={event.at}
          to={event.at % 1000 === 0 ? 'second' : 'milli'}
          open={open}
          label={`${event.operation} event`}
        />
        <span className="second num">{apart === null ? dayText(event.at) : apartText(apart)}</span>
      </td>
      <td data-label="Event, principal">
        {event.operation}
        <span className="second clip" title={who}>
          {who}
        </span>
      </td>
      <td data-label="Source IP, error">
        <span className="num">{event.sourceIp ?? 'no address'}</span>
        {event.errorCode && <span className="second is-failed">{event.errorCode}</span>}
      </td>
    </>
  );
}
