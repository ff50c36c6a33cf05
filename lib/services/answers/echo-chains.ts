import { cohortQuery, echoSteps } from '../../explain/spikes/echo-chain.ts';
import type { EchoStep, RootKind } from '../../shared/spike-view.ts';
import { type EchoQuery, readEchoes } from '../../store/views/spikes/read-echoes.ts';
import type { ViewContext } from '../context.ts';

export interface CohortOf {
  keys?: readonly string[] | undefined;
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
  // Echoes of one cohort ask for the same chain.
  const queries = new Map<string, EchoQuery>();
  const asked = cohorts.map(({ keys, workspace = null, process = null, cohort }) => {
    if (cohort === null) return null;
    const query = { keys, workspace, process, ...cohortQuery(cohort) };
    const id = JSON.stringify(query);
    const no = queries.get(id)?.no ?? queries.size;
    queries.set(id, { no, ...query });
    return no;
  });
  const rows = Map.groupBy(await readEchoes(ctx.db, [...queries.values()]), ({ no }) => no);
  return asked.map((no) => {
    const found = no === null ? [] : (rows.get(no) ?? []);
    return echoSteps(found.map(({ no: _, ...step }) => step));
  });
}
