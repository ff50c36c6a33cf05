const months = 'JanFebMarAprMayJunJulAugSepOctNovDec';
/** A calendar date, week date or ordinal date, extended or basic. */
const datePattern =
  /^([+-]\d{6}|\d{4})(?:-(\d\d)-(\d\d)|(\d\d)(\d\d)|-W(\d\d)-(\d)|W(\d\d)(\d)|-?(\d{3}))$/;
const timePattern =
  /^(\d\d)(?::?(\d\d)(?::?(\d\d))?)?(?:[.,](\d{1,18}))?\s?(Z|UTC|GMT|(?:UTC)?[+-]\d\d(?::?\d\d)?(?: UTC)?)?$/i;
const offsetPattern = /([+-])(\d\d):?(\d\d)?(?: UTC)?$/i;
/** `Jan 1, 2019 12:00:00 AM`, and the console's `November 20, 2026, 08:00:00 (UTC+01:00)`. */
const longPattern =
  /^([A-Z][a-z]{2,8}) (\d{1,2}), (\d{4}),? (\d{1,2}):(\d\d):(\d\d)(?:\s?([AP])M)?(?:\s?\(?(UTC(?:[+-]\d\d:?\d\d)?)\)?)?$/;
const numberPattern = /^\d{1,19}(?:\.\d{1,17})?(?:E\+?\d{1,2})?$/i;

/**
 * Numbers below this are epoch seconds, from it on epoch ms: it is the year 5138 in one, 1973 in
 * the other.
 */
const secondsBelow = 100_000_000_000;
/** Above that: milliseconds, microseconds, nanoseconds, each with its number in a millisecond. */
const epochUnits = [
  [secondsBelow * 1e3, 1],
  [secondsBelow * 1e6, 1e3],
] as const;

/**
 * The instant an `eventTime` names, in epoch ms, or null where it names none. A time without an
 * offset is UTC.
 *
 * @example
 * parseEventTime('2025-03-05T21:19:44Z') // 1741209584000
 * parseEventTime('20250305T2119') // ISO 8601 in any of its forms, to the minute or hour too
 * parseEventTime('2025-03-05 21:19:44.000 UTC') // as databases write it
 * parseEventTime('Jan 1, 2019 12:00:00 AM') // 1546300800000
 * parseEventTime(1741209584) // or milli-, micro- or nanoseconds, also as text
 */
export function parseEventTime(value: unknown): number | null {
  if (typeof value === 'number') {
    if (!Number.isFinite(value) || value < 0) return null;
    if (value < secondsBelow) return Math.floor(value * 1000);
    return Math.floor(value / (epochUnits.find(([below]) => value < below)?.[1] ?? 1e6));
  }
  if (typeof value !== 'string') return null;
  const given = value.trim();
  // 19 digits at most: `20250305` and the like are epoch seconds only from nine digits on.
  if (numberPattern.test(given) && given.split('.', 1)[0]?.length !== 8) {
    return parseEventTime(Number(given));
  }
  return isoInstant(given) ?? longInstant(given);
}

/** Why a text is no instant, as far as its form tells. */
export function whyNoInstant(value: unknown): string {
  if (typeof value === 'string') {
    if (/:60(?:[.,]\d+)?\s*(?:Z|UTC|[+-][\d:]+)?$/i.test(value)) {
      return 'second 60 names no instant that a clock of this kind has: write the second after it';
    }
    if (/^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(value)) {
      return 'a form with the day of the week is not read: write it as ISO 8601';
    }
    if (datePattern.test(value.trim())) {
      return 'it names a day, no instant: give the time of day as well';
    }
  }
  return 'write it as ISO 8601';
}

function isoInstant(given: string): number | null {
  const parted = given.search(/[Tt ]/);
  const day = parted === -1 ? null : isoDay(given.slice(0, parted));
  const time = day === null ? null : timePattern.exec(given.slice(parted + 1));
  if (day === null || time === null) return null;
  const [, hours, minutes = '00', seconds = '00', fraction = '', zone] = time;
  const [hour, minute, second] = [Number(hours), Number(minutes), Number(seconds)];
  // 24:00 is the end of a day, and no more of it.
  const isEnd = hour === 24 && minute === 0 && second === 0 && Number(fraction) === 0;
  if ((hour > 23 && !isEnd) || minute > 59 || second > 59) return null;
  // A fraction is of the last unit that is written: of hours, minutes or seconds.
  const unitMs = time[3] !== undefined ? 1000 : time[2] !== undefined ? 60_000 : 3_600_000;
  const partMs = fraction === '' ? 0 : Math.floor(Number(`0.${fraction}`) * unitMs);
  const offsetMs = offsetOf(zone);
  if (offsetMs === null) return null;
  return day + ((hour * 60 + minute) * 60 + second) * 1000 + partMs - offsetMs;
}

/** Midnight UTC of a date in any form of ISO 8601; a date that does not exist is none. */
function isoDay(text: string): number | null {
  const found = datePattern.exec(text);
  if (found === null) return null;
  const year = Number(found[1]);
  const month = found[2] ?? found[4];
  if (month !== undefined) return calendarDay(year, Number(month), Number(found[3] ?? found[5]));
  const week = found[6] ?? found[8];
  const first = Date.UTC(year, 0, 1);
  if (week !== undefined) {
    const [no, weekday] = [Number(week), Number(found[7] ?? found[9])];
    if (no < 1 || no > 53 || weekday < 1 || weekday > 7) return null;
    // Week 1 is the one with 4 January in it; weeks begin on Monday.
    const fourth = new Date(Date.UTC(year, 0, 4));
    const monday = fourth.getTime() - ((fourth.getUTCDay() + 6) % 7) * 86_400_000;
    return monday + ((no - 1) * 7 + weekday - 1) * 86_400_000;
  }
  const at = first + (Number(found[10]) - 1) * 86_400_000;
  return found[10] !== '000' && new Date(at).getUTCFullYear() === year ? at : null;
}

/** Date.UTC rolls 30 February over into March; a date that does not exist is no instant. */
function calendarDay(year: number, month: number, day: number): number | null {
  if (month < 1 || month > 12 || day < 1) return null;
  const at = Date.UTC(year, month - 1, day);
  return new Date(at).getUTCDate() === day ? at : null;
}

function offsetOf(zone: string | undefined): number | null {
  const found = offsetPattern.exec(zone ?? '');
  if (found === null) return 0;
  const [, sign, hours, minutes = '00'] = found;
  if (Number(hours) > 23 || Number(minutes) > 59) return null;
  const ms = (Number(hours) * 60 + Number(minutes)) * 60_000;
  return sign === '+' ? ms : -ms;
}

function longInstant(given: string): number | null {
  const found = longPattern.exec(given);
  if (found === null) return null;
  const [, name = '', day, year, hours, minute, second, half, zone] = found;
  const month = months.indexOf(name.slice(0, 3)) / 3 + 1;
  const hour = Number(hours);
  if (!Number.isInteger(month) || (half !== undefined && (hour < 1 || hour > 12))) return null;
  const at = calendarDay(Number(year), month, Number(day));
  const of24 = half === undefined ? hour : (hour % 12) + (half === 'P' ? 12 : 0);
  const offsetMs = offsetOf(zone);
  if (at === null || offsetMs === null) return null;
  if (of24 > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  return at + ((of24 * 60 + Number(minute)) * 60 + Number(second)) * 1000 - offsetMs;
}
