/**
 * The window as a URL holds it, one codec for pages, API and report: `last=24h`, which moves with the data's clock,
 * `from=…&to=…`, or `from=…` alone, which ends now. Counts are kept by the minute, so a window is whole minutes: at
 * least what was asked for. What is not understood is said, never replaced.
 */

import { parseInstant, parseSpan } from './instants.ts';
import type { TimeWindow } from './time-window.ts';

const presets = {
  '1h': 3_600_000,
  '6h': 21_600_000,
  '24h': 86_400_000,
  '48h': 172_800_000,
  '7d': 604_800_000,
} as const;
export type WindowPreset = keyof typeof presets;
// The table is written here, whole: it has these keys and no others.
export const presetNames = Object.keys(presets) as WindowPreset[];

export type WindowParam =
  | { kind: 'last'; last: string }
  | { kind: 'since'; from: number }
  | { kind: 'between'; from: number; to: number }
  | { kind: 'fault'; fault: string; given: Readonly<Record<WindowName, string>> };

type WindowName = 'last' | 'from' | 'to';

export const defaultWindow: WindowParam = { kind: 'last', last: '24h' };

const minuteMs = 60_000;
export const windowMsMax = 400 * 86_400_000;
const defaultMs = presets['24h'];

/** The whole minutes that hold the window, one at least. */
export function wholeMinutes({ from, to }: TimeWindow): TimeWindow {
  const start = Math.floor(from / minuteMs) * minuteMs;
  return { from: start, to: Math.max(Math.ceil(to / minuteMs) * minuteMs, start + minuteMs) };
}

/** The newest part of the window that a page can show. */
export const newestOf = ({ from, to }: TimeWindow): TimeWindow => ({
  from: Math.max(from, to - windowMsMax),
  to,
});

/** A window that moves ends with the last minute that is whole. */
const lastMinute = (now: number): number => Math.floor(now / minuteMs) * minuteMs;

/** `2026-01-02T03:04Z`; seconds and ms only where there are any. */
export function urlInstant(at: number): string {
  return new Date(at).toISOString().replace(/(?::00)?\.000Z$/, 'Z');
}

/** What the URL asks for; the default window where it asks for none. */
export function parseWindowParam(params: { get(name: string): string | null }): WindowParam {
  const given = (name: WindowName) => params.get(name) ?? '';
  const [last, from, to] = [given('last'), given('from'), given('to')];
  const read = readWindow({ last, from, to });
  return typeof read === 'string'
    ? { kind: 'fault', fault: read, given: { last, from, to } }
    : read;
}

function readWindow({ last, from, to }: Record<WindowName, string>): WindowParam | string {
  const spanMs = last === '' ? null : parseSpan(last);
  const [start, end] = [from, to].map((text) => (text === '' ? null : parseInstant(text)));
  if (last !== '' && spanMs === null) return `last=${last} is no span; write 30m, 6h or 7d.`;
  for (const [name, text, at] of [
    ['from', from, start],
    ['to', to, end],
  ] as const)
    if (text !== '' && at === null)
      return `${name}=${text} is no time; write 2026-11-23T14:00Z or epoch ms.`;
  if (spanMs !== null && from !== '')
    return 'The window is named twice: give last, or from and to.';
  if ((spanMs ?? 0) > windowMsMax) return tooLong;
  if (end === null || end === undefined) {
    if (start !== null && start !== undefined)
      return { kind: 'since', from: wholeMinutes({ from: start, to: start }).from };
    return last === '' ? defaultWindow : { kind: 'last', last };
  }
  const window = { from: start ?? end - (spanMs ?? defaultMs), to: end };
  if (window.from >= window.to) return empty;
  return window.to - window.from > windowMsMax
    ? tooLong
    : { kind: 'between', ...wholeMinutes(window) };
}

const empty = 'The window is empty: from must be before to.';
const tooLong = 'The window is longer than 400 days; choose a shorter one.';

/** The window's instants where it is now `now`, epoch ms; or what is wrong with it. */
export function resolveWindow(window: WindowParam, now: number): TimeWindow | string {
  if (window.kind === 'fault') return window.fault;
  if (window.kind === 'between') return { from: window.from, to: window.to };
  const to = lastMinute(now);
  if (window.kind === 'last') {
    const spanMs = parseSpan(window.last) ?? defaultMs;
    return { from: to - Math.max(minuteMs, Math.ceil(spanMs / minuteMs) * minuteMs), to };
  }
  if (window.from >= to)
    return `from=${urlInstant(window.from)} is yet to come; it is ${urlInstant(to)}.`;
  return to - window.from > windowMsMax ? tooLong : { from: window.from, to };
}

/** Whether it moves with the data's clock. */
export const isMoving = ({ kind }: WindowParam): boolean => kind === 'last' || kind === 'since';

/** The window's parameters for a page's URL; null ones are to be removed. */
export function windowChanges(window: WindowParam): Record<WindowName, string | null> {
  const none = { last: null, from: null, to: null };
  if (window.kind === 'last') return { ...none, last: window.last };
  if (window.kind === 'since') return { ...none, from: urlInstant(window.from) };
  if (window.kind === 'between')
    return { ...none, from: urlInstant(window.from), to: urlInstant(window.to) };
  return none;
}

/** The window's parameters for the API: a relative one stays relative, a faulty one is the API's to refuse. */
export function windowRequest(window: WindowParam): Record<string, string> {
  if (window.kind === 'last') return { last: window.last };
  if (window.kind === 'since') return { from: String(window.from) };
  if (window.kind === 'between') return { from: String(window.from), to: String(window.to) };
  return Object.fromEntries(Object.entries(window.given).filter(([, text]) => text !== ''));
}

/** A query's text with colons left legible, which a query may hold. */
export const queryText = (params: URLSearchParams): string =>
  params.toString().replaceAll('%3A', ':').replaceAll('%40', '@');

/** The relative window that reaches at least as far back as this one is long. */
export function relativeTo(window: WindowParam): WindowParam {
  if (window.kind === 'last') return window;
  if (window.kind !== 'between') return defaultWindow;
  const spanMs = window.to - window.from;
  return { kind: 'last', last: presetNames.find((name) => presets[name] >= spanMs) ?? '7d' };
}
