import type { KeyFilter } from '../../domain/key-filter.ts';
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
import type { LogCauses } from '../../shared/dto.ts';
import type { TimeWindow } from '../../shared/time-window.ts';
import { type BucketSum, readUseBuckets } from '../../store/views/ledger/read-buckets.ts';
import { countLogUses, readLogUses } from '../../store/views/ledger/read-log-events.ts';
import type { ViewContext } from '../context.ts';
import { readService, serviceFacts } from './service-facts.ts';

const hourMs = 3_600_000;
/** What came before decides what a use is, and a TTL shows only over many uses. */
const lookbackMs = 24 * hourMs;
/** What comes afterwards shows it too. */
const aheadMs = 6 * hourMs;
/** Each one takes more than a kilobyte of memory. Of more than these a sample is taken, of half as many. */
const usesMaxDefault = 150_000;

export interface LogWindow {
  window: TimeWindow;
  filter: KeyFilter;
  /** Where the window begins before retention: until then there are sums only. */
  sumsBefore: number | null;
  /** Of the buckets that the window is shown in. */
  bucketMs: number;
}

export interface LogAnswers {
  causes: LogCauses;
  uses: InferredUse[];
  findings: StreamFinding[];
  /** What only has sums, in buckets and in hours. */
  gone: { buckets: BucketSum[]; hours: BucketSum[] };
}

/** The window's uses as the log alone tells them; null where the sums hold telemetry. */
export async function logCauses({
  ctx,
  input,
}: {
  ctx: ViewContext;
  input: LogWindow & { sums: readonly WindowSum[] };
}): Promise<LogAnswers | null> {
  const { window, filter, sums, sumsBefore, bucketMs } = input;
  // By principal no calls are kept: there events that were joined show that telemetry tells.
  const told = sums.some(
    ({ measure, label }) =>
      measure === 'calls' ||
      measure === 'operations' ||
      (measure === 'events' && label === 'matched'),
  );
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

/** Nobody can tell the cause of uses whose events are gone. */
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
 * Each use of `[from, to)` with its cause. Where there are too many to hold, a sample by DEK; where one DEK alone has
 * too many, its newest.
 */
export async function inferredEvents({
  ctx,
  input,
}: {
  ctx: ViewContext;
  input: { from: number; to: number; filter: KeyFilter };
}): Promise<{ events: InferredUse[]; of: number; findings: StreamFinding[] }> {
  const told = serviceFacts(await readService({ ctx }));
  const promisedMs = { ttlMs: told.promise?.ttlMs ?? null };
  const of = await countLogUses(ctx.db, input);
  const around = { ...input, to: input.to + aheadMs };
  const near = await usesSince(ctx, { ...around, from: input.from - lookbackMs });
  const first = inferCauses(near, promisedMs);
  // Longer leases than expected need a longer history.
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

/** Uses in time's order: of more than `usesMax` a share of the contexts, each whole, or the newest. */
export async function usesSince(
  ctx: ViewContext,
  query: { from: number; to: number; filter: KeyFilter },
  usesMax = usesMaxDefault,
): Promise<LogUse[]> {
  const uses = await countLogUses(ctx.db, query);
  const oneIn = uses <= usesMax ? 1 : Math.ceil((2 * uses) / usesMax);
  const read = await readLogUses(ctx.db, { ...query, oneIn, usesMax: 2 * usesMax });
  // Of a few contexts that hold most of a log a share may have none: then its newest part stands for it, whole.
  const isEven = read.length >= uses / oneIn / 4;
  return isEven ? read : readLogUses(ctx.db, { ...query, oneIn: 1, usesMax });
}
