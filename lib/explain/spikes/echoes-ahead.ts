/**
 * What is still to come of a load cohort, by lineage and leases: a DEK that stays in use is loaded again as its lease
 * ends, so the leases that hold now tell when the next echo is, and how many calls it has at most. No statistics here.
 */
import { echoStepMs } from '../../shared/echo-step.ts';
import type { EchoAhead, EchoStep } from '../../shared/spike-view.ts';
import { echoCallsMin } from './echo-chain.ts';

/** Leases of one generation that hold, the first and the last of which end at `from` and `to`. */
export interface Wave {
  generation: number;
  from: number;
  to: number;
  leases: number;
}

const aheadMax = 3;

/**
 * The next echoes: the leases' own, then as many more as follow at the step so far, each with the share of the echo
 * before it that the newest whole one kept. Before there are two whole echoes that share is unknown (of a root most may
 * be used once), so the leases are the most there can be.
 */
export function echoesAhead(
  chain: readonly EchoStep[],
  { waves, ttlMs }: { waves: readonly Wave[]; ttlMs: number | null },
): EchoAhead[] {
  const steps = chain.toSorted((a, b) => a.generation - b.generation);
  const sorted = waves.toSorted((a, b) => a.generation - b.generation);
  const last = steps.at(-1);
  if (last === undefined) return [];
  // Leases of the generation before the last: that one's echo is not over yet.
  const whole = steps.filter(({ generation }) => generation <= (sorted[0]?.generation ?? -1));
  const [newest, before] = [whole.at(-1), whole.at(-2)];
  const isMost = newest === undefined || before === undefined || before.generation === 0;
  const kept = isMost ? 1 : Math.min(1, newest.calls / before.calls);
  const ahead = sorted.map(
    ({ generation, from, to, leases }): EchoAhead => ({
      ...{ generation: generation + 1, from, to, calls: Math.round(leases * kept), isMost },
    }),
  );
  const stepMs = echoStepMs(steps) ?? ttlMs;
  for (let end = ahead.at(-1); end && stepMs !== null && ahead.length < aheadMax; ) {
    const { generation, from, to, calls } = end;
    end = {
      ...{ generation: generation + 1, from: from + stepMs, to: to + stepMs },
      ...{ calls: Math.round(calls * kept), isMost },
    };
    ahead.push(end);
  }
  return ahead.filter(({ calls }) => calls >= echoCallsMin);
}
