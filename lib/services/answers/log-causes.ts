import type { LogUse } from '../../domain/log-use.ts';
import type { WindowSum } from '../../domain/window-facts.ts';
import {
  type Inferred,
  type InferredUse,
  inferCauses,
  type StreamFinding,
} from '../../explain/log-only/infer-causes.ts';
import { logCausesOf } from '../../explain/log-only/log-causes.ts';
import { withDeploys } from '../../explain/log-only/told-deploys.ts';
import type { ExplainFilter, LogCauses } from '../../shared/dto.ts';
import type { TimeWindow } from '../../shared/time-window.ts';
import { type BucketSum, readUseBuckets } from '../../store/read-buckets.ts';
import { countLogUses, readLogUses } from '../../store/read-log-events.ts';
import type { ViewContext } from '../context.ts';
import { readService, serviceFacts } from './service-facts.ts';

const hourMs = 3_600_000;
/** What came before tells what a use is, and the TTL shows only over many uses. */
const lookbackMs = 24 * hourMs;
/** What comes after shows it as well. */
const aheadMs = 6 * hourMs;
/** What is held of them costs about a kilobyte each. */
const usesMax = 150_000;

export interface LogWindow {
  window: TimeWindow;
  filter: ExplainFilter;
  /** Where the window begins before what is kept: of what came before there are sums only. */
  sumsBefore: number | null;
  /** Of the buckets that the window is shown in. */
  bucketMs: number;
}

export interface LogAnswers {
  causes: LogCauses;
  uses: InferredUse[];
  findings: StreamFinding[];
  /** What there are sums only of, in buckets and in hours. */
  gone: { buckets: BucketSum[]; hours: BucketSum[] };
}

/** The window's uses as the audit log alone tells them; null where its sums hold the engine's telemetry. */
export async function logCauses({
  ctx,
  input,
}: {
  ctx: ViewContext;
  input: LogWindow & { sums: readonly WindowSum[] };
}): Promise<LogAnswers | null> {
  const { window, filter, sums, sumsBefore, bucketMs } = input;
  const told = sums.some(({ measure }) => measure === 'calls' || measure === 'operations');
  if (told || !sums.some(({ measure }) => measure === 'events')) return null;
  const from = sumsBefore === null ? window.from : Math.min(window.to, sumsBefore);
  const { events, of, findings } = await inferredEvents({
    ctx,
    input: { from, to: window.to, filter },
  });
  const span = { from: window.from, to: from, filter };
  const gone = {
    buckets: await readUseBuckets(ctx.db, { ...span, bucketMs }),
    hours: await readUseBuckets(ctx.db, { ...span, bucketMs: hourMs }),
  };
  const causes = withGone(logCausesOf(events, of), gone.buckets);
  return { causes, uses: events, findings, gone };
}

/** Uses whose events are gone have a cause that nobody can tell any more. */
function withGone(known: LogCauses, gone: readonly BucketSum[]): LogCauses {
  const events = gone.reduce((sum, { n }) => sum + n, 0);
  if (events === 0) return known;
  return {
    examined: known.examined + events,
    of: known.of + events,
    causes: [...known.causes, { cause: 'unknown', events, how: 'inferred', confidence: 0 }],
  };
}

/**
 * Each use of `[from, to)` with its cause; a sample by DEK where there are more than can be held, and of that the
 * newest where one DEK alone has more.
 */
export async function inferredEvents({
  ctx,
  input,
}: {
  ctx: ViewContext;
  input: { from: number; to: number; filter: ExplainFilter };
}): Promise<{ events: InferredUse[]; of: number; findings: StreamFinding[] }> {
  const told = serviceFacts(await readService({ ctx }));
  const promisedMs = { ttlMs: told.promise?.ttlMs ?? null };
  const of = await countLogUses(ctx.db, input);
  const around = { ...input, to: input.to + aheadMs };
  const near = await usesSince(ctx, { ...around, from: input.from - lookbackMs });
  const first = inferCauses(near, promisedMs);
  // Where leases turn out to be longer, so does what must be known of before.
  const ttlMs = Math.max(0, ...first.findings.map(({ ttl }) => ttl?.ms ?? 0));
  const inferred: Inferred =
    2 * ttlMs <= lookbackMs
      ? first
      : inferCauses(
          await usesSince(ctx, { ...around, from: input.from - 2 * ttlMs - hourMs }),
          promisedMs,
        );
  const { deploys } = told;
  const deployed = withDeploys(inferred.uses, { deploys, ttlMs: ttlMs || promisedMs.ttlMs });
  const events = deployed.filter(({ at }) => at >= input.from && at < input.to);
  return { events, of, findings: inferred.findings };
}

async function usesSince(
  ctx: ViewContext,
  query: { from: number; to: number; filter: ExplainFilter },
): Promise<LogUse[]> {
  const oneIn = Math.max(1, Math.ceil((await countLogUses(ctx.db, query)) / usesMax));
  return readLogUses(ctx.db, { ...query, oneIn, usesMax: 2 * usesMax });
}
