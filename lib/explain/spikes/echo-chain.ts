/**
 * What an echo is, for whatever page says so: the next generation of re-validations of one load cohort, by lineage,
 * large enough to be worth naming, each following the one before. Nothing here is statistics.
 */
import type { EchoStep, RootKind } from '../../shared/spike-view.ts';
import { causesOfKind } from './spike-origin.ts';

/** Fewer calls of a cohort are nobody's echo, here or in a spike. */
export const echoCallsMin = 8;
/** Roots of a rollout or scan, from a little before the first that was seen to the last. */
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

/** @param cause the cohort's own, which tells where its kind does not. */
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

/** The cohort and its echoes, of its calls by generation, as far as each generation is there. */
export function echoSteps(generations: readonly EchoStep[]): EchoStep[] {
  const steps: EchoStep[] = [];
  for (const step of generations.toSorted((a, b) => a.generation - b.generation)) {
    if (step.generation !== steps.length || step.calls < echoCallsMin) break;
    steps.push(step);
  }
  return steps;
}
