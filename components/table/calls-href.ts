/** Addresses of the calls page for what a chart or a list counts. */
import { queryText, urlInstant } from '../../lib/shared/window-param.ts';

/** Parts of a count that are no cause of a call, and the events that they are. */
const shows: ReadonlyMap<string, string> = new Map([
  ['stranger', 'strangers'],
  ['suspect', 'suspects'],
  ['telemetry-lost', 'lost'],
]);

export interface CallsPlace {
  from?: number;
  to?: number;
  key?: string;
  workspace?: string | null;
}

/** The calls page with these filters, within an interval and of a key where there are any. */
export function callsHref(
  filters: Readonly<Record<string, string>>,
  { from, to, key, workspace }: CallsPlace = {},
): string {
  const params = new URLSearchParams(filters);
  if (key !== undefined) params.set('key', key);
  if (workspace !== undefined && workspace !== null) params.set('workspace', workspace);
  if (from !== undefined) params.set('from', urlInstant(from));
  if (to !== undefined) params.set('to', urlInstant(to));
  return params.size > 0 ? `/calls?${queryText(params)}` : '/calls';
}

/** The calls of a cause; for events that no call explains, those events. */
export function causeHref(cause: string, place: CallsPlace = {}): string {
  const show = shows.get(cause);
  return callsHref(show === undefined ? { cause } : { show }, place);
}

/** What the calls page is to show where all is of one kind of event that no call explains. */
export function onlyShow(causes: readonly string[]): string | undefined {
  const [first] = causes;
  return first !== undefined && causes.length === 1 ? shows.get(first) : undefined;
}
