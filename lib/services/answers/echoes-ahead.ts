import { cohortQuery, echoSteps } from '../../explain/spikes/echo-chain.ts';
import { echoesAhead } from '../../explain/spikes/echoes-ahead.ts';
import type { CohortAhead, EchoAhead, SpikeView } from '../../shared/spike-view.ts';
import { readTtl } from '../../store/views/read-ttl.ts';
import { readEchoes } from '../../store/views/spikes/read-echoes.ts';
import { readLeaseWaves } from '../../store/views/spikes/read-lease-waves.ts';
import type { ViewContext } from '../context.ts';

const minuteMs = 60_000;
/** Leases last a day at most, so older calls hold nothing. */
const lookBackMs = 25 * 60 * minuteMs;
/** Roots of one kind so near each other are one cohort's. */
const togetherMs = 5 * minuteMs;
const cohortsMax = 20;

type Cohort = Pick<SpikeView, 'key' | 'workspace' | 'echo'>;

/** What is still to come of each cohort at the instant that it is asked. */
async function aheadOf(ctx: ViewContext, cohorts: readonly Cohort[]): Promise<EchoAhead[][]> {
  const now = await ctx.now();
  const queries = cohorts.flatMap(({ key, workspace, echo }, no) =>
    echo === null ? [] : [{ no, keys: [key], workspace, process: null, ...cohortQuery(echo) }],
  );
  const waves = await readLeaseWaves(ctx.db, { queries, now, since: now - lookBackMs });
  if (waves.length === 0) return cohorts.map(() => []);
  const steps = await readEchoes(ctx.db, queries);
  const ttlMs = await readTtl(ctx.db, now);
  return cohorts.map((_, of) => {
    const chain = echoSteps(steps.flatMap(({ no, ...step }) => (no === of ? step : [])));
    const held = waves.filter(({ no }) => no === of);
    return echoesAhead(chain, { waves: held, ttlMs });
  });
}

/** What is still to come of the cohort that a spike goes back to. */
export async function spikeAhead(ctx: ViewContext, spike: Cohort): Promise<EchoAhead[]> {
  const [own] = await aheadOf(ctx, [spike]);
  return own ?? [];
}

/** What is still to come of the cohorts that the spikes go back to, each once, the soonest first. */
export async function cohortsAhead(
  ctx: ViewContext,
  spikes: readonly SpikeView[],
): Promise<CohortAhead[]> {
  const now = await ctx.now();
  const newest = spikes.filter(({ from }) => from > now - lookBackMs);
  const latest = newest.toSorted((a, b) => b.from - a.from);
  const cohorts: SpikeView[] = [];
  for (const spike of latest) {
    if (cohorts.length >= cohortsMax) break;
    if (spike.echo !== null && !cohorts.some((other) => isSame(other, spike))) cohorts.push(spike);
  }
  const found = await aheadOf(ctx, cohorts);
  const coming = cohorts.flatMap(({ href, echo }, no): CohortAhead[] => {
    const ahead = found[no] ?? [];
    if (echo === null || ahead.length === 0) return [];
    const { kind, fanOutOf, at } = echo;
    return [{ href, kind, fanOutOf, at, ahead }];
  });
  return coming.sort((a, b) => (a.ahead[0]?.from ?? 0) - (b.ahead[0]?.from ?? 0));
}

const isSame = (a: Cohort, b: Cohort): boolean =>
  a.key === b.key &&
  a.workspace === b.workspace &&
  a.echo?.kind === b.echo?.kind &&
  Math.abs((a.echo?.at ?? 0) - (b.echo?.at ?? 0)) <= togetherMs;
