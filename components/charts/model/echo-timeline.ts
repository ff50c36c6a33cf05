/** An echo's generations on one axis: the root, those that were seen, and those that are ahead. */
import { instantText, nounText } from '../../../lib/shared/screen-text.ts';
import type { EchoAhead, EchoStep } from '../../../lib/shared/spike-view.ts';

const minuteMs = 60_000;

export type TimelineStep = (EchoStep & { state: 'seen' }) | (EchoAhead & { state: 'ahead' });

/** The steps by generation; what is left of one that has begun follows it. */
export const echoTimeline = (
  chain: readonly EchoStep[],
  ahead: readonly EchoAhead[],
): TimelineStep[] =>
  [
    ...chain.map((step) => ({ ...step, state: 'seen' as const })),
    ...ahead.map((step) => ({ ...step, state: 'ahead' as const })),
  ].sort((a, b) => a.generation - b.generation || a.from - b.from);

/** `about 27 requests`: of an echo that is still to come. */
export const aheadText = ({ calls, isMost }: EchoAhead): string =>
  `${isMost ? 'up to' : 'about'} ${nounText(calls, 'request')}`;

export const stepText = (step: TimelineStep): string =>
  `${step.generation === 0 ? 'root' : `echo ${step.generation}`} ${instantText(step.from)}: ` +
  (step.state === 'ahead' ? `${aheadText(step)} ahead` : nounText(step.calls, 'request'));

export interface TimelineStop {
  from: number;
  to: number;
  text: string;
}

/** What a cursor goes by: each stop until the next one begins, however long the loads of its generation went on. */
export function timelineStops(steps: readonly TimelineStep[]): TimelineStop[] {
  const starts = [...new Set(steps.map(({ from }) => from))].sort((a, b) => a - b);
  return starts.map((from, index) => {
    const here = steps.filter((step) => step.from === from);
    const ends = here.map(({ to }) => Math.max(to, from + minuteMs));
    return {
      from,
      to: starts[index + 1] ?? Math.max(...ends),
      text: here.map(stepText).join('; '),
    };
  });
}
