import { callsHref, logCauseHref } from '../../lib/shared/calls-href.ts';
import type { SpikeDimension } from '../../lib/shared/spike-dimensions.ts';
import type { SpikeDetail, SpikePart } from '../../lib/shared/spike-view.ts';

/** The kinds of log events that the calls page can list, where there are no calls of ours. */
const eventDimensions: ReadonlySet<SpikeDimension> = new Set(['workspace', 'dek', 'principal']);

type Place = Pick<SpikeDetail, 'unit' | 'from' | 'to' | 'key' | 'workspace'>;

/** The calls page of a part of a spike, within its interval; none where that page cannot show the same. */
export function partHref(
  { value, href }: Pick<SpikePart, 'value' | 'href'>,
  dimension: SpikeDimension,
  { unit, from, to, key, workspace }: Place,
): string | undefined {
  if (href === undefined || value === '') return undefined;
  const place = { from, to, key, ...(dimension !== 'workspace' && { workspace }) };
  if (unit === 'calls') {
    return callsHref(Object.fromEntries(new URLSearchParams(href.split('?')[1])), place);
  }
  if (dimension === 'cause')
    return logCauseHref({ cause: value, how: null, over: { from, to } }, place);
  if (!eventDimensions.has(dimension)) return undefined;
  return callsHref({ show: 'events', [dimension]: value }, place);
}
