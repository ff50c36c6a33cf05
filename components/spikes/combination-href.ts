import { callsHref, showOfCause, spikeCountHref } from '../../lib/shared/calls-href.ts';
import { echoText } from '../../lib/shared/echo-param.ts';
import type { SpikeCombination, SpikeDetail } from '../../lib/shared/spike-view.ts';

/** The calls page of what shares values and is not explained by lineage; none where no list has just that. */
export function combinationHref(
  values: SpikeCombination['values'],
  spike: SpikeDetail,
): string | undefined {
  const { unit, echo, from, to, key, workspace } = spike;
  const { cause, ...others } = values;
  const place = { from, to, key, ...(others.workspace === undefined && { workspace }) };
  if (unit === 'events') return undefined;
  if (cause === undefined && spikeCountHref(spike) === undefined) return undefined;
  const show = showOfCause(cause ?? spike.mainCause);
  if (show !== undefined) return callsHref({ ...others, show }, place);
  const rest = echo === null ? {} : { echo: echoText({ ...echo, generation: 'rest' }) };
  return callsHref({ ...others, ...(cause !== undefined && { cause }), ...rest }, place);
}
