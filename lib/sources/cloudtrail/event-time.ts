const isoPattern =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):?(\d\d))?$/;
const longPattern = /^([A-Z][a-z]{2}) (\d{1,2}), (\d{4}),? (\d{1,2}):(\d\d):(\d\d)\s?([AP])M$/;
const months = 'JanFebMarAprMayJunJulAugSepOctNovDec';

/**
 * Numbers below this are epoch seconds, from it on epoch ms: it is the year 5138 in one, 1973 in
 * the other.
 */
const secondsBelow = 100_000_000_000;

/**
 * The instant an `eventTime` names, in epoch ms, or null where it names none. A time without an
 * offset is UTC.
 *
 * @example
 * parseEventTime('2025-03-05T21:19:44Z') // 1741209584000
 * parseEventTime('2025-03-05 21:19:44.000000000') // the same, as databases write it
 * parseEventTime('Jan 1, 2019 12:00:00 AM') // 1546300800000
 * parseEventTime(1741209584) // seconds or milliseconds
 */
export function parseEventTime(value: unknown): number | null {
  if (typeof value === 'number') {
    if (!Number.isFinite(value) || value < 0) return null;
    return Math.floor(value < secondsBelow ? value * 1000 : value);
  }
  if (typeof value !== 'string') return null;
  const iso = isoPattern.exec(value);
  if (iso) return isoInstant(iso);
  const long = longPattern.exec(value);
  return long ? longInstant(long) : null;
}

function isoInstant(found: RegExpExecArray): number | null {
  const [, year, month, day, hour, minute, second, fraction = '', sign, offsetHour, offsetMinute] =
    found;
  const at = utc(
    [Number(year), Number(month), Number(day)],
    [Number(hour), Number(minute), Number(second)],
  );
  if (at === null) return null;
  const ms = Number(fraction.slice(0, 3).padEnd(3, '0'));
  if (sign === undefined) return at + ms;
  const offsetMs = (Number(offsetHour) * 60 + Number(offsetMinute)) * 60_000;
  return at + ms + (sign === '+' ? -offsetMs : offsetMs);
}

function longInstant(found: RegExpExecArray): number | null {
  const [, monthName = '', day, year, hour, minute, second, half] = found;
  const month = months.indexOf(monthName) / 3 + 1;
  const hour12 = Number(hour);
  if (!Number.isInteger(month) || hour12 < 1 || hour12 > 12) return null;
  return utc(
    [Number(year), month, Number(day)],
    [(hour12 % 12) + (half === 'P' ? 12 : 0), Number(minute), Number(second)],
  );
}

type Triple = readonly [number, number, number];

/** Date.UTC rolls 30 February over into March; a date that does not exist is no instant. */
function utc([year, month, day]: Triple, [hour, minute, second]: Triple): number | null {
  if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) return null;
  const at = Date.UTC(year, month - 1, day, hour, minute, second);
  return new Date(at).getUTCDate() === day ? at : null;
}
