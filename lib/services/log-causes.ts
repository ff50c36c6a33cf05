import type { WindowSum } from '../domain/window-facts.ts';
import { type InferredUse, inferCauses, inferTtlMs, logCausesOf } from '../explain/infer-causes.ts';
import type { ExplainFilter, LogCauses, TimeWindow } from '../shared/dto.ts';
import { countLogUses, readLogUses } from '../store/read-log-events.ts';
import type { ServiceContext } from './context.ts';

/** What came before tells what a use is: two leases of an hour, and the idle time between. */
const lookbackMs = 3 * 3_600_000;
const usesMax = 500_000;

/** The window's uses as the audit log alone tells them; null where its sums hold the engine's telemetry. */
export async function logCauses({
  ctx,
  input,
}: {
  ctx: ServiceContext;
  input: { window: TimeWindow; filter: ExplainFilter; sums: readonly WindowSum[] };
}): Promise<{ causes: LogCauses; uses: InferredUse[] } | null> {
  const { window, filter, sums } = input;
  const told = sums.some(({ measure }) => measure === 'calls' || measure === 'operations');
  if (told || !sums.some(({ measure }) => measure === 'events')) return null;
  const { events, of } = await inferredEvents({ ctx, input: { ...window, filter } });
  return { causes: logCausesOf(events, of), uses: events };
}

/**
 * Each use of `[from, to)` with its cause; a sample by DEK where there are more than can be held, and of that the
 * newest where one DEK alone has more.
 */
export async function inferredEvents({
  ctx,
  input,
}: {
  ctx: ServiceContext;
  input: { from: number; to: number; filter: ExplainFilter };
}): Promise<{ events: InferredUse[]; of: number }> {
  const query = { ...input, from: input.from - lookbackMs };
  const of = await countLogUses(ctx.db, input);
  const oneIn = Math.max(1, Math.ceil((await countLogUses(ctx.db, query)) / usesMax));
  const uses = await readLogUses(ctx.db, { ...query, oneIn, usesMax: 2 * usesMax });
  const events = inferCauses(uses, { ttlMs: inferTtlMs(uses) });
  return { events: events.filter(({ at }) => at >= input.from), of };
}
