import { busiestMinutes } from '../explain/busiest.ts';
import { ourPrincipals, type WindowFacts } from '../explain/facts.ts';
import { buildLedger, countsOf } from '../explain/ledger.ts';
import { principalUses } from '../explain/principal-uses.ts';
import { buildSentences } from '../explain/sentences.ts';
import { buildWaterfall } from '../explain/waterfall.ts';
import type { CauseBucket, ExplainView, SourceCoverage, TimeWindow } from '../shared/dto.ts';
import { type AuditSourceRow, readAuditSources } from '../store/audit-sources.ts';
import { type BucketSum, readBuckets } from '../store/read-buckets.ts';
import { readBusiestMinutes } from '../store/read-busiest-minutes.ts';
import { readCrossAccountKeys } from '../store/read-cross-account-keys.ts';
import { readEdges } from '../store/read-edges.ts';
import { readPrincipals } from '../store/read-principals.ts';
import { readUnmatchedUses } from '../store/read-unmatched-uses.ts';
import { readWindow } from '../store/read-window.ts';
import type { ServiceContext } from './context.ts';
import { coverageOf } from './coverage.ts';

const minuteMs = 60_000;
const busiestMax = 10;
const bucketsMax = 120;
const bucketChoicesMs = [1, 5, 15, 30, 60, 180, 360, 720, 1440].map(
  (minutes) => minutes * minuteMs,
);

/** Why the window has the KMS requests it has. `messages` is the user's own count where telemetry has none. */
export async function explain({
  ctx,
  input,
}: {
  ctx: ServiceContext;
  input: { window: TimeWindow; messages?: number };
}): Promise<ExplainView> {
  const window = wholeMinutes(input.window);
  const { db } = ctx;
  const sources = await readAuditSources(db);
  const coveredUntil = coverageOf(sources);
  const lagMs = sources.reduce<number | null>(
    (most, { lagMs: lag }) => (lag === null ? most : Math.max(most ?? 0, lag)),
    null,
  );
  const principals = await readPrincipals(db);
  const facts: WindowFacts = {
    window,
    sums: await readWindow(db, window),
    uncovered: await uncoveredSums(ctx, window, coveredUntil),
    edges: await readEdges(db, window),
    principals: new Map(principals.map(({ id, name, ours }) => [id, { name, ours }])),
    crossAccountKeys: new Set(await readCrossAccountKeys(db, window)),
    coveredUntil,
    lagMs,
    messagesGiven: input.messages ?? null,
  };
  const bucketMs = bucketFor(window);
  const buckets = await readBuckets(db, { ...window, bucketMs });
  const spikes = busiestMinutes(
    await readBusiestMinutes(db, { ...window, minutesMax: busiestMax }),
  );
  const strangers = principalUses(await readUnmatchedUses(db, window), ourPrincipals(facts));
  const ledger = buildLedger(facts);
  const counts = countsOf(facts);
  return {
    window,
    now: await ctx.now(),
    coveredUntil,
    sentences: buildSentences({
      facts,
      counts,
      residual: ledger.residual,
      strangers,
      busiest: spikes[0],
    }),
    ledger,
    waterfall: buildWaterfall(counts),
    bucketMs,
    buckets: fillBuckets(buckets, { window, bucketMs, coveredUntil }),
    spikes: spikes.map(({ processes: _, ...spike }) => spike),
    coverage: sources.map(coverageView),
    strangers,
  };
}

/** Counts are kept by the minute: a window ends with its last whole one. */
function wholeMinutes({ from, to }: TimeWindow): TimeWindow {
  return {
    from: Math.floor(from / minuteMs) * minuteMs,
    to: Math.max(Math.floor(to / minuteMs), Math.floor(from / minuteMs) + 1) * minuteMs,
  };
}

async function uncoveredSums(ctx: ServiceContext, window: TimeWindow, coveredUntil: number | null) {
  const from = Math.max(
    window.from,
    Math.floor((coveredUntil ?? window.from) / minuteMs) * minuteMs,
  );
  return from < window.to ? readWindow(ctx.db, { from, to: window.to }) : [];
}

function bucketFor({ from, to }: TimeWindow): number {
  return (
    bucketChoicesMs.find((bucketMs) => (to - from) / bucketMs <= bucketsMax) ?? 7 * 1440 * minuteMs
  );
}

function fillBuckets(
  sums: readonly BucketSum[],
  {
    window,
    bucketMs,
    coveredUntil,
  }: { window: TimeWindow; bucketMs: number; coveredUntil: number | null },
): CauseBucket[] {
  const buckets = new Map<number, CauseBucket>();
  const complete = coveredUntil ?? Number.NEGATIVE_INFINITY;
  for (
    let start = Math.floor(window.from / bucketMs) * bucketMs;
    start < window.to;
    start += bucketMs
  ) {
    buckets.set(start, { start, messages: 0, causes: {}, incomplete: start + bucketMs > complete });
  }
  for (const { start, measure, label, n } of sums) {
    const bucket = buckets.get(start);
    if (bucket === undefined) continue;
    if (measure === 'messages') bucket.messages += n;
    else bucket.causes[label] = (bucket.causes[label] ?? 0) + n;
  }
  return [...buckets.values()];
}

function coverageView(source: AuditSourceRow): SourceCoverage {
  const { id, kind, message, coveredUntil, polledAt, lagMs } = source;
  const known = ['ok', 'behind', 'failed', 'file'] as const;
  const status = known.find((name) => name === source.status) ?? 'failed';
  return { id, kind, status, message, coveredUntil, polledAt, lagMs };
}
