/**
 * What counts as an echo, on every page: the next generation of re-validations of one load cohort, by lineage, large
 * enough to name, each following the last. No statistics here.
 */
import type { EchoStep, RootKind } from '../../shared/spike-view.ts';
import { causesOfKind } from './spike-origin.ts';

/** A cohort with fewer calls is no echo, here or in a spike. */
export const echoCallsMin = 8;
/** The roots of a rollout or scan, from a little before the first one seen to the last. */
const beforeMs = 5 * 60_000;
const afterMs = 10 * 60_000;
const echoHoursMs = 12 * 3_600_000;

/** The calls that make a cohort's chain: where to look for them. */
export interface CohortQuery {
  causes: readonly string[];
  /** Roots of `[rootFrom, rootTo)`, calls before `until`; epoch ms. */
  rootFrom: number;
  rootTo: number;
  until: number;
}

/**
 * @param cause the cohort's own cause, used where its kind does not name one.
 */
export function cohortQuery({
  kind,
  at,
  cause,
}: {
  kind: RootKind;
  at: number;
  cause: string;
}): CohortQuery {
  const causes = causesOfKind(kind);
  return {
    causes: causes.length > 0 ? causes : [cause],
    rootFrom: at - beforeMs,
    rootTo: at + afterMs,
    until: at + echoHoursMs,
  };
}

/** The cohort and its echoes, by generation, as far as each generation exists. */
export function echoSteps(generations: readonly EchoStep[]): EchoStep[] {
  const steps: EchoStep[] = [];
  for (const step of generations.toSorted((a, b) => a.generation - b.generation)) {
    if (step.generation !== steps.length || step.calls < echoCallsMin) break;
    steps.push(step);
  }
  return steps;
}
