import { causeOrder, logCauseOrder } from '../../lib/shared/causes.ts';

/** Parts of a spike that are no cause of our calls: events that no call explains. */
const eventParts = ['stranger', 'suspect', 'telemetry-lost', 'unknown'];

/** Everything that has a colour and a pattern of its own. */
export const paintedCauses: readonly string[] = [...causeOrder, ...logCauseOrder, ...eventParts];

/** A cause's colour and pattern, the same on every screen; causes not known here share one. */
export function causePaint(cause: string): { id: string; colour: string; fill: string } {
  const name = paintedCauses.includes(cause) ? cause.replaceAll('.', '-') : 'other';
  return { id: `cause-${name}`, colour: `var(--cause-${name})`, fill: `url(#cause-${name})` };
}
