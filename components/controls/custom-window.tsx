'use client';

import {
  type CalendarDateTime,
  fromAbsolute,
  getLocalTimeZone,
  toCalendarDate,
  toCalendarDateTime,
} from '@internationalized/date';
import { useState } from 'react';
import {
  Button,
  CalendarCell,
  CalendarGrid,
  DateField,
  DateInput,
  DateSegment,
  Heading,
  Label,
  RangeCalendar,
} from 'react-aria-components';
import { shownZone } from '../../lib/shared/screen-text.ts';
import type { TimeWindow } from '../../lib/shared/time-window.ts';
import { PopoverBox } from '../ui/popover.tsx';
import './custom-window.css';

const zoneName = (): string => (shownZone() === 'utc' ? 'UTC' : getLocalTimeZone());
const fieldsAt = (at: number): CalendarDateTime => toCalendarDateTime(fromAbsolute(at, zoneName()));
const instantOf = (fields: CalendarDateTime): number => fields.toDate(zoneName()).getTime();

/** Any two instants as the window: by the days of a calendar, then to the minute. */
export function CustomWindow({
  trigger,
  initial,
  onApply,
  onClose,
}: {
  trigger: React.RefObject<Element | null>;
  initial: TimeWindow | undefined;
  onApply: (window: TimeWindow) => void;
  onClose: () => void;
}) {
  const [from, setFrom] = useState(initial ? fieldsAt(initial.from) : null);
  const [to, setTo] = useState(initial ? fieldsAt(initial.to) : null);
  const fault =
    from === null || to === null
      ? 'Give both instants.'
      : from.compare(to) >= 0
        ? 'The window must end after it begins.'
        : null;
  const days =
    from && to && from.compare(to) < 0
      ? { start: toCalendarDate(from), end: toCalendarDate(to) }
      : null;
  return (
    <PopoverBox trigger={trigger} label="Custom window" onClose={onClose}>
      <form
        className="custom-window"
        onSubmit={(event) => {
          event.preventDefault();
          if (from && to && fault === null) onApply({ from: instantOf(from), to: instantOf(to) });
        }}
      >
        <RangeCalendar
          aria-label="Days"
          firstDayOfWeek="mon"
          value={days}
          onChange={({ start, end }) => {
            setFrom((from ?? toCalendarDateTime(start)).set(start));
            setTo((to ?? toCalendarDateTime(end)).set(end));
          }}
        >
          <header className="calendar-head">
            <Button slot="previous" className="button button-small">
              ‹
            </Button>
            <Heading className="calendar-title" />
            <Button slot="next" className="button button-small">
              ›
            </Button>
          </header>
          <CalendarGrid className="calendar-grid">
            {(day) => <CalendarCell date={day} className="calendar-day" />}
          </CalendarGrid>
        </RangeCalendar>
        <Instant label={`From (${zoneName()})`} value={from} onChange={setFrom} />
        <Instant label={`To (${zoneName()})`} value={to} onChange={setTo} />
        <button type="submit" className="button button-primary" disabled={fault !== null}>
          Apply
        </button>
        {fault && (
          <p className="note" role="status">
            {fault}
          </p>
        )}
      </form>
    </PopoverBox>
  );
}

function Instant({
  label,
  value,
  onChange,
}: {
  label: string;
  value: CalendarDateTime | null;
  onChange: (value: CalendarDateTime | null) => void;
}) {
  return (
    <DateField
      value={value}
      onChange={onChange}
      granularity="minute"
      hourCycle={24}
      shouldForceLeadingZeros
    >
      <Label className="picker-label">{label}</Label>
      <DateInput className="date-field">
        {(segment) => <DateSegment segment={segment} className="date-segment" />}
      </DateInput>
    </DateField>
  );
}
