/** An echo's generations on one axis: the root, those that were seen, and those that the same step leads to. */
import { instantText, nounText } from '../../../lib/shared/screen-text.ts';
import type { EchoStep } from '../../../lib/shared/spike-view.ts';

export interface TimelineStep extends EchoStep {
  state: 'seen' | 'ahead';
}

const aheadMax = 3;
/** An echo this many steps overdue will not come any more. */
const overdueStepsMax = 1.5;

/**
 * The steps by time. Those ahead follow at the mean step so far, each with the last one's share of the one before it;
 * none where nothing has echoed yet, and none once the next one is long overdue at `now`.
 */
export function echoTimeline(chain: readonly EchoStep[], now: number): TimelineStep[] {
  const seen = chain
    .toSorted((a, b) => a.generation - b.generation)
    .map((step): TimelineStep => ({ ...step, state: 'seen' }));
  const [root, last, before] = [seen[0], seen.at(-1), seen.at(-2)];
  if (!root || !last || !before || last.generation === root.generation) return seen;
  const stepMs = (last.from - root.from) / (last.generation - root.generation);
  if (now > last.to + stepMs * overdueStepsMax) return seen;
  const kept = before.calls > 0 ? Math.min(1, last.calls / before.calls) : 0;
  const ahead: TimelineStep[] = [];
  for (let n = 1; n <= aheadMax; n += 1) {
    const calls = Math.round(last.calls * kept ** n);
    const from = last.from + n * stepMs;
    if (calls === 0) break;
    ahead.push({
      generation: last.generation + n,
      from,
      to: from + (last.to - last.from),
      calls,
      state: 'ahead',
    });
  }
  return [...seen, ...ahead];
}

/** Ms from one generation to the next; null where nothing has echoed yet. */
export function echoStepMs(chain: readonly EchoStep[]): number | null {
  const sorted = chain.toSorted((a, b) => a.generation - b.generation);
  const [root, last] = [sorted[0], sorted.at(-1)];
  if (!root || !last || last.generation === root.generation) return null;
  return (last.from - root.from) / (last.generation - root.generation);
}

export const stepText = ({ generation, from, calls, state }: TimelineStep): string =>
  `${generation === 0 ? 'root' : `echo ${generation}`} ${instantText(from)}: ` +
  `${state === 'ahead' ? 'about ' : ''}${nounText(calls, 'request')}${state === 'ahead' ? ' ahead' : ''}`;
