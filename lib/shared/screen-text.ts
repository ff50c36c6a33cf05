/**
 * Numbers, instants and durations as screens and sentences write them: English digits, a true minus sign, and UTC; a
 * browser may have its own zone shown instead. The server never does: what it says reads the same to everyone, and a
 * screen turns its instants over with `shownText`.
 */

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });
const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** `1,234`; below zero `−1,234`. */
export const countText = (value: number): string =>
  (value < 0 ? '−' : '') + whole.format(Math.abs(value));

/** `1 request`, `2,041 requests`. */
export const nounText = (value: number, one: string, many = `${one}s`): string =>
  `${countText(value)} ${value === 1 ? one : many}`;

/** `+1,234`, `−1,234`, `0`. */
export const signedText = (value: number): string =>
  value > 0 ? `+${countText(value)}` : countText(value);

/** `1.2K`, for axes. */
export const compactText = (value: number): string => compact.format(value);

/**
 * A share, 1 for all, as `12.3 %`, or as `3.4×` above all. Something never reads as `0 %`, and not quite all never as
 * `100 %`.
 */
export function shareText(share: number): string {
  if (!Number.isFinite(share)) return 'n/a';
  const size = Math.abs(share);
  const sign = share < 0 ? '−' : '';
  if (size === 0) return '0 %';
  if (size < 0.001) return `${sign}<0.1 %`;
  if (size < 1 && size > 0.999) return `${sign}>99.9 %`;
  if (size > 1) return `${sign}${size < 9.95 ? size.toFixed(1) : whole.format(size)}×`;
  return `${sign}${(size * 100).toFixed(size === 1 ? 0 : 1)} %`;
}

/** A relative error, 1 for as much again, as `+12.3 %` or `−126 %`. */
export function errorText(error: number): string {
  const percent = Math.abs(error) * 100;
  return `${error < 0 ? '−' : '+'}${percent < 99.95 ? percent.toFixed(1) : countText(Math.round(percent))} %`;
}

type Precision = 'minute' | 'second' | 'milli';
const timeEnds: Record<Precision, number> = { minute: 16, second: 19, milli: 23 };

export type Zone = 'utc' | 'local';
let zone: Zone = 'utc';

/** For the browser alone: what is on the screen already must be drawn anew. */
export function showZone(next: Zone): void {
  zone = next;
}

export const shownZone = (): Zone => zone;

/** How far the shown zone's clock is ahead of UTC then, summer time included. */
export const zoneAheadMs = (at: number): number =>
  zone === 'utc' ? 0 : -new Date(at).getTimezoneOffset() * 60_000;

/** `UTC`, `UTC+1`, `UTC−3:30`: of an instant, since it changes with summer time. */
export function zoneText(at: number): string {
  const minutes = zoneAheadMs(at) / 60_000;
  if (minutes === 0) return 'UTC';
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  const past = rest === 0 ? '' : `:${String(rest).padStart(2, '0')}`;
  return `UTC${minutes < 0 ? '−' : '+'}${hours}${past}`;
}

/** An instant whose UTC digits are those of the shown zone's clock. */
const shifted = (at: number): Date => new Date(at + zoneAheadMs(at));
const iso = (at: number): string => shifted(at).toISOString();

/** `03:04`, `03:04:05` or `03:04:05.678`. */
export const timeText = (at: number, to: Precision = 'minute'): string =>
  iso(at).slice(11, timeEnds[to]);

/** `2 Jan`. */
export function dayText(at: number): string {
  const day = shifted(at);
  return `${day.getUTCDate()} ${months[day.getUTCMonth()] ?? ''}`;
}

/** `2026-01-02`. */
export const dateText = (at: number): string => iso(at).slice(0, 10);

/** `2026-01-02 03:04 UTC`. */
export const instantText = (at: number, to: Precision = 'minute'): string =>
  `${dateText(at)} ${timeText(at, to)} ${zoneText(at)}`;

/** `2 Jan 03:04 to 05:06 UTC`; the second day is named where it is another one, the years where they differ. */
export function rangeText({ from, to }: { from: number; to: number }): string {
  const years = dateText(from).slice(0, 4) !== dateText(to).slice(0, 4);
  const named = (at: number) => `${years ? dateText(at) : dayText(at)} `;
  const day = dateText(from) === dateText(to) ? '' : named(to);
  return `${named(from)}${timeText(from)} to ${day}${timeText(to)} ${zoneText(to)}`;
}

/** `<1 ms`, `850 ms`, `4.2 s`, `42 s`, `12 min`, `1 h 3 min`, `2 d 4 h`: what took place never reads as no time. */
export function spanText(ms: number): string {
  const size = Math.abs(ms);
  const sign = ms < 0 ? '−' : '';
  if (size < 0.5) return '<1 ms';
  if (size < 999.5) return `${sign}${Math.round(size)} ms`;
  if (size < 9_950) return `${sign}${(size / 1000).toFixed(1).replace('.0', '')} s`;
  const seconds = Math.round(size / 1000);
  if (seconds < 60) return `${sign}${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${sign}${minutes} min`;
  const [big, small, unit, rest] =
    minutes < 1440
      ? [Math.floor(minutes / 60), minutes % 60, 'h', 'min']
      : [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60), 'd', 'h'];
  return `${sign}${big} ${unit}${small === 0 ? '' : ` ${small} ${rest}`}`;
}

/** `4 s after it`, or `at the same instant`: two times of a log are often one. */
export const afterText = (ms: number): string =>
  ms === 0 ? 'at the same instant' : `${spanText(ms)} after it`;

/** `3 min ago`, `just now`. */
export const agoText = (ms: number): string => (ms < 1000 ? 'just now' : `${spanText(ms)} ago`);

/** How much at a log's end is still to come. */
export const behindText = (ms: number): string =>
  ms <= 0 ? 'nothing' : `the last ${spanText(ms)}`;

/** How late a log's events come. */
export const lagText = (ms: number): string => (ms <= 0 ? 'at once' : `up to ${spanText(ms)}`);

const cents = new Intl.NumberFormat('en-US', {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
});

/** `1,234.50`; an amount above nothing never reads as nothing. */
export const priceText = (amount: number): string =>
  amount > 0 && amount < 0.01 ? 'less than 0.01' : cents.format(amount);

const utcInstants = /\b(\d{4}-\d\d-\d\d) (\d\d:\d\d(?::\d\d(?:\.\d{3})?)?) UTC\b(?![+−])/g;
const precisions = new Map<number, Precision>([
  [5, 'minute'],
  [8, 'second'],
]);

/**
 * Reads what the server wrote, part after part, and gives its instants in the shown zone. One of the same day as that
 * before it keeps its time alone: `2026-01-02 03:04 UTC to 05:06`.
 */
export function shownTextReader(): (text: string) => string {
  let before = '';
  return (text) =>
    text.replace(utcInstants, (whole, date: string, time: string) => {
      const at = Date.parse(`${date}T${time}Z`);
      if (Number.isNaN(at)) return whole;
      const to = precisions.get(time.length) ?? 'milli';
      const day = `${dateText(at)} ${zoneText(at)}`;
      if (day === before) return timeText(at, to);
      before = day;
      return instantText(at, to);
    });
}

/** A text of the server's as a screen shows it. */
export const shownText = (text: string): string => shownTextReader()(text);

export interface TextPart {
  text: string;
  isNumber: boolean;
  /** Where it begins. */
  at: number;
}

/** A sentence cut at its counts, shares and spans, so that a screen can set them apart; times stay whole. */
export function splitNumbers(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let at = 0;
  const numbers =
    /(?<![\w.:,/-])[<>]?\d+(?:,\d{3})*(?:\.\d+)?(?: ?%| (?:d|h|min|s|ms)\b(?: \d+ (?:h|min)\b)?|(?![\w:/-]|\.\d| (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b))/g;
  for (const match of text.matchAll(numbers)) {
    if (match.index > at) parts.push({ text: text.slice(at, match.index), isNumber: false, at });
    parts.push({ text: match[0], isNumber: true, at: match.index });
    at = match.index + match[0].length;
  }
  if (at < text.length) parts.push({ text: text.slice(at), isNumber: false, at });
  return parts;
}
