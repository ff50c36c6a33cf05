/** The window as the URL holds it: `last=24h`, which moves with the data's clock, or `from=…&to=…`. */
import { parseInstant } from './instants.ts';

export const presets = {
  '1h': 3_600_000,
  '6h': 21_600_000,
  '24h': 86_400_000,
  '48h': 172_800_000,
  '7d': 604_800_000,
} as const;
export type Preset = keyof typeof presets;
export const presetNames = Object.keys(presets) as Preset[];

export type WindowParam =
  | { kind: 'last'; last: Preset }
  | { kind: 'between'; from: number; to: number };

export const defaultWindow: WindowParam = { kind: 'last', last: '24h' };

const isPreset = (text: string): text is Preset => Object.hasOwn(presets, text);

/** `2026-01-02T03:04Z`; seconds and ms only where there are any. */
export function urlInstant(at: number): string {
  return new Date(at).toISOString().replace(/(?::00)?\.000Z$/, 'Z');
}

/** What the URL asks for; the default window where it asks for none or for nonsense. */
export function parseWindow(params: { get(name: string): string | null }): WindowParam {
  const last = params.get('last');
  if (last !== null && isPreset(last)) return { kind: 'last', last };
  const from = parseInstant(params.get('from') ?? '');
  const to = parseInstant(params.get('to') ?? '');
  if (from === null || to === null || from >= to) return defaultWindow;
  return { kind: 'between', from, to };
}

/** The window's parameters for a page's URL; null ones are to be removed. */
export function windowChanges(window: WindowParam): Record<'last' | 'from' | 'to', string | null> {
  return window.kind === 'last'
    ? { last: window.last, from: null, to: null }
    : { last: null, from: urlInstant(window.from), to: urlInstant(window.to) };
}

/** The window's parameters for the API: a relative window stays relative, instants are epoch ms. */
export function windowRequest(window: WindowParam): Record<string, string> {
  return window.kind === 'last'
    ? { last: window.last }
    : { from: String(window.from), to: String(window.to) };
}

/** A query's text with colons left legible, which a query may hold. */
export const queryText = (params: URLSearchParams): string =>
  params.toString().replaceAll('%3A', ':').replaceAll('%40', '@');

/** A page's address with the window added, unless it names its own. */
export function withWindow(href: string, window: WindowParam): string {
  const [path = '', query = ''] = href.split('?', 2);
  const params = new URLSearchParams(query);
  if (!params.has('last') && !params.has('from')) {
    for (const [name, value] of Object.entries(windowChanges(window))) {
      if (value !== null) params.set(name, value);
    }
  }
  return `${path}?${queryText(params)}`;
}

/** The relative window that reaches at least as far back as this one is long. */
export function relativeTo(window: WindowParam): WindowParam {
  if (window.kind === 'last') return window;
  const spanMs = window.to - window.from;
  return { kind: 'last', last: presetNames.find((name) => presets[name] >= spanMs) ?? '7d' };
}
