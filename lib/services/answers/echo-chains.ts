import { cohortQuery, echoSteps } from '../../explain/spikes/echo-chain.ts';
import type { EchoStep, RootKind } from '../../shared/spike-view.ts';
import { readEchoes } from '../../store/views/spikes/read-echoes.ts';
import type { ViewContext } from '../context.ts';

export interface CohortOf {
  key?: string | null | undefined;
  workspace?: string | null | undefined;
  process?: string | null | undefined;
  /** Null for no cohort; its chain is empty. */
  cohort: { kind: RootKind; at: number; cause: string } | null;
}

/** Each cohort from its root on, by generation. The spike page, the list and the pattern page all use this. */
export async function echoChains(
  ctx: ViewContext,
  cohorts: readonly CohortOf[],
): Promise<EchoStep[][]> {
  const queries = cohorts.flatMap(({ key = null, workspace = null, process = null, cohort }, no) =>
    cohort === null ? [] : [{ no, key, workspace, process, ...cohortQuery(cohort) }],
  );
  const rows = Map.groupBy(await readEchoes(ctx.db, queries), ({ no }) => no);
  return cohorts.map((_, no) => echoSteps((rows.get(no) ?? []).map(({ no: _, ...step }) => step)));
}
