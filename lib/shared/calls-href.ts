/** Addresses of the calls page for what a chart or a list counts. */
import type { CallsShow, PrincipalUse } from './dto.ts';
import { type LogCausePart, logCauseText } from './log-cause-param.ts';
import type { SpikeView } from './spike-view.ts';
import { queryText, urlInstant } from './window-param.ts';

/** Parts of a count that are no cause of a call, and the events that they are. */
const shows: ReadonlyMap<string, string> = new Map([
  ['stranger', 'strangers'],
  ['suspect', 'suspects'],
  ['telemetry-lost', 'lost'],
]);

/** What the calls page shows for events that are called so; none for a call's cause. */
export const showOfCause = (cause: string): string | undefined => shows.get(cause);

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

/** The calls of a cause; for events that no call explains, those events; of them those that other filters leave. */
export function causeHref(
  cause: string,
  place: CallsPlace = {},
  others: Readonly<Record<string, string>> = {},
): string {
  const show = shows.get(cause);
  return callsHref({ ...others, ...(show === undefined ? { cause } : { show }) }, place);
}

/** The events of a cause as a log alone tells it. */
export const logCauseHref = (part: LogCausePart, place: CallsPlace = {}): string =>
  callsHref({ show: 'events', log: logCauseText(part) }, place);

const showOf = {
  stranger: 'strangers',
  suspect: 'suspects',
  own: 'strangers',
  unknown: 'strangers',
} as const satisfies Record<PrincipalUse['kind'], CallsShow>;

/** The events of a principal that no call explains; those on one key, or of one operation, where they are named. */
export const principalHref = (
  { kind, principal, key = '' }: Pick<PrincipalUse, 'kind' | 'principal'> & { key?: string },
  operation?: string,
): string =>
  callsHref(
    { show: showOf[kind], principal, ...(operation !== undefined && { operation }) },
    key === '' ? {} : { key },
  );

/** Where all of a spike is listed: its calls, or the events of the log where there are none. */
export function spikeCallsHref(
  spike: Pick<SpikeView, 'unit' | 'from' | 'to' | 'key' | 'workspace' | 'causes'>,
): string {
  const { unit, from, to, key, workspace, causes } = spike;
  const show = unit === 'events' ? 'events' : onlyShow(Object.keys(causes));
  return callsHref(show === undefined ? {} : { show }, { from, to, key, workspace });
}

/** The same where that list has as many as the spike counts: none has calls beside events that no call explains. */
export function spikeCountHref(spike: Parameters<typeof spikeCallsHref>[0]): string | undefined {
  const kinds = new Set(Object.keys(spike.causes).map((cause) => shows.get(cause)));
  return spike.unit === 'events' || kinds.size <= 1 ? spikeCallsHref(spike) : undefined;
}

/** What the calls page is to show where all is of one kind of event that no call explains. */
function onlyShow(causes: readonly string[]): string | undefined {
  const [first] = causes;
  return first !== undefined && causes.length === 1 ? shows.get(first) : undefined;
}
