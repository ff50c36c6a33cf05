import type { KeyFilter } from '../../domain/key-filter.ts';
import { comparableFrom, compareCounts, comparedWindows } from '../../explain/ledger/comparison.ts';
import { costsOf } from '../../explain/ledger/costs.ts';
import { ourPrincipals, type WindowFacts } from '../../explain/ledger/facts.ts';
import { buildLedger } from '../../explain/ledger/ledger.ts';
import { countsOf } from '../../explain/ledger/ledger-counts.ts';
import { perMessageOf } from '../../explain/ledger/per-message.ts';
import { principalUses } from '../../explain/ledger/principal-uses.ts';
import { buildWaterfall } from '../../explain/ledger/waterfall.ts';
import { findingView } from '../../explain/log-only/finding-view.ts';
import { logBuckets, peakMinute } from '../../explain/log-only/log-traffic.ts';
import { alarmsOf, deniedIn } from '../../explain/words/alarms.ts';
import { busiestHours } from '../../explain/words/busiest.ts';
import { buildSentences } from '../../explain/words/sentences.ts';
import { allOf } from '../../shared/all-of.ts';
import { addTo } from '../../shared/counts.ts';
import type { CauseBucket, Comparison, ExplainView, Retention } from '../../shared/dto.ts';
import { isNamed } from '../../shared/service-facts.ts';
import type { TimeWindow } from '../../shared/time-window.ts';
import { wholeMinutes } from '../../shared/window-param.ts';
import { readAuditSources } from '../../store/entities/audit-sources.ts';
import { type BucketSum, readBuckets } from '../../store/views/ledger/read-buckets.ts';
import { readReopenedTags } from '../../store/views/ledger/read-reopened-tags.ts';
import { readUnmatchedUses } from '../../store/views/ledger/read-unmatched-uses.ts';
import { readWindow } from '../../store/views/ledger/read-window.ts';
import { hasDataBy } from '../../store/views/read-extent.ts';
import type { LogContext, ServiceContext, ViewContext } from '../context.ts';
import { pastRetention, readRetention } from '../retention.ts';
import { choicesIn } from './choices.ts';
import { closedFormFor } from './closed-form.ts';
import { coverageView } from './coverage.ts';
import { storeExtent } from './extent.ts';
import { keyFilter } from './key-filter.ts';
import { logCauses } from './log-causes.ts';
import { logSide } from './log-side.ts';
import { oneSnapshot } from './one-snapshot.ts';
import { readPrices } from './prices.ts';
import { readService, serviceFacts } from './service-facts.ts';
import { findSpikes } from './spikes.ts';
import { darkNow, takenKey } from './taken-key.ts';
import { watermarkOf } from './watermark.ts';
import { type ExplainInput, noEdges, windowFacts } from './window-facts.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const busiestMax = 10;
const spikesMax = 10;
const tagsMax = 10;
const bucketsMax = 120;
const bucketChoicesMs = [1, 5, 15, 30, 60, 180, 360, 720, 1440].map(
  (minutes) => minutes * minuteMs,
);

/** Why the window has the KMS requests it has. */
export const explain = ({
  ctx,
  input,
}: {
  ctx: ServiceContext | LogContext;
  input: ExplainInput;
}): Promise<ExplainView> => oneSnapshot(ctx, (view) => explained(view, input));

// Long: the whole view, put together in the order of its parts.
async function explained(ctx: ViewContext, input: ExplainInput): Promise<ExplainView> {
  const { db } = ctx;
  const window = wholeMinutes(input.window);
  const asked = input.filter ?? {};
  const filter = await keyFilter(ctx, asked);
  const isFiltered = Object.values(asked).some((value) => value !== undefined);
  const sources = await readAuditSources(db);
  const retention = await readRetention(db);
  const before = pastRetention(retention, window);
  const watermark = await watermarkOf(ctx, sources);
  const { toldUntil } = watermark;
  const service = serviceFacts(await readService({ ctx }));
  const bucketMs = bucketFor(window);
  // None needs another one's answer.
  const { facts, uses, hourSums, found, ...rest } = await allOf({
    facts: windowFacts(
      ctx,
      { window, filter, ...(input.messages !== undefined && { messages: input.messages }) },
      { sources, service, watermark, sumsBefore: before },
    ),
    uses:
      before === null
        ? readUnmatchedUses(db, { ...window, to: Math.min(window.to, toldUntil), filter })
        : [],
    hourSums: readBuckets(db, { ...window, bucketMs: hourMs, filter }),
    found: findSpikes({ ctx, input: { window, filter, spikesMax } }),
    closedForm:
      before === null && input.panel !== 'overview' ? closedFormFor(ctx, { window, filter }) : null,
    prices: readPrices({ ctx }),
    reopened:
      input.panel === 'overview' ? [] : readReopenedTags(db, { ...window, filter, tagsMax }),
    choices: choicesIn(ctx, { window }),
  });
  const { spikes, unseenDrops } = found;
  const { closedForm, prices, reopened, choices } = rest;
  const alone = await logCauses({
    ctx,
    input: { window, filter, sums: facts.sums, sumsBefore: before, bucketMs },
  });
  const comparisons = await comparisonsFor(ctx, { facts, filter, retention });
  const counts = countsOf(facts);
  const ledger = buildLedger(facts);
  const { coveredUntil } = facts;
  const now = await ctx.now();
  const traffic =
    alone === null
      ? {
          hours: hourSums,
          buckets: await bucketSums(db, { window, filter, bucketMs, hours: hourSums }),
        }
      : {
          hours: [...alone.gone.hours, ...logBuckets(alone.uses, hourMs)],
          buckets: [...alone.gone.buckets, ...logBuckets(alone.uses, bucketMs)],
        };
  const hours = busiestHours(traffic.hours, busiestMax);
  const { principals: named } = service;
  const strangers = principalUses(
    uses,
    ourPrincipals(facts),
    alone === null ? undefined : (one) => (named.length === 0 ? null : isNamed(service, one)),
  );
  const costs = costsOf(facts.sums, { window, table: prices });
  const log =
    alone === null
      ? null
      : await logSide(ctx, {
          facts,
          filter: asked,
          service,
          hours: input.messages ?? [],
          costs,
          log: alone,
          peak: before === null ? peakMinute(alone.uses) : 0,
        });
  // Of a log of minutes, and of logs that end apart, no rate is known.
  const isUnrated = log !== null && (log.endsApart || window.to - window.from < hourMs);
  const coverage = sources.map((source) => coverageView(source, now));
  const drops = spikes.filter(({ direction }) => direction === 'drop');
  const keys = filter.keys ?? choices.keys;
  const isTold = counts.calls + counts.operations > 0;
  const { denied, refused } = deniedIn({ counts, facts });
  const alarms = alarmsOf({
    taken: await takenKey(ctx, { keys, until: window.to, isTold }),
    processes: denied + refused > 0 ? await darkNow(ctx, { keys, until: window.to }) : null,
    counts,
    facts,
    residual: ledger.residual,
    coverage,
    drops,
    unseenDrops,
  });
  const sentences = buildSentences({
    ...{ alarms, facts, counts, strangers, spikes, costs, comparisons, log },
    residual: ledger.residual,
    busiestHours: hours,
    isFiltered,
  });
  return {
    window,
    filter: asked,
    choices,
    now,
    elsewhere: facts.sums.length > 0 || isFiltered ? null : await storeExtent({ ctx }),
    coveredUntil,
    retention: retention && { days: retention.days, keptFrom: retention.keptFrom },
    sumsBefore: before,
    alarms,
    sentences: sentences.map(({ text }) => text),
    sentenceLinks: sentences.map(({ links }) => links),
    ledger,
    waterfall: buildWaterfall(counts),
    comparisons,
    closedForm: counts.known.traces ? closedForm : null,
    costs: isUnrated ? costs.map((cost) => ({ ...cost, amountPerMonth: null })) : costs,
    perMessage: perMessageOf(facts.sums, { messages: counts.messages, reopened }),
    logCauses: log?.causes ?? null,
    logFindings: log === null ? null : log.findings.map(findingView),
    pattern: log?.pattern ?? null,
    advice: [...(log?.advice ?? [])],
    promise: log?.promise ?? null,
    helps: [...(log?.helps ?? [])],
    bucketMs,
    buckets: fillBuckets(traffic.buckets, {
      window,
      bucketMs,
      wholeUntil: watermark.wholeUntil,
    }),
    busiestHours: hours,
    spikes,
    coverage,
    strangers,
  };
}

/** The same counts of earlier windows. What their edges part is left with its attempts and events. */
async function comparisonsFor(
  ctx: ViewContext,
  {
    facts,
    filter,
    retention,
  }: { facts: WindowFacts; filter: KeyFilter; retention: Retention | null },
): Promise<Comparison[]> {
  const now = countsOf(facts);
  const comparisons: Comparison[] = [];
  for (const { kind, window } of comparedWindows(facts.window)) {
    const then = !(await hasDataBy(ctx.db, comparableFrom(window)))
      ? null
      : countsOf({
          ...facts,
          window,
          sums: await readWindow(ctx.db, { ...window, filter }),
          sumsBefore: pastRetention(retention, window),
          uncovered: [],
          untold: [],
          edges: noEdges,
          messagesGiven: null,
        });
    comparisons.push({ kind, window, counts: compareCounts(now, then) });
  }
  return comparisons;
}

function bucketFor({ from, to }: TimeWindow): number {
  return (
    bucketChoicesMs.find((bucketMs) => (to - from) / bucketMs <= bucketsMax) ?? 7 * 1440 * minuteMs
  );
}

/** Buckets of whole hours are sums of those. */
async function bucketSums(
  db: ViewContext['db'],
  of: { window: TimeWindow; filter: KeyFilter; bucketMs: number; hours: readonly BucketSum[] },
): Promise<BucketSum[]> {
  const { window, filter, bucketMs, hours } = of;
  if (bucketMs % hourMs !== 0) return readBuckets(db, { ...window, bucketMs, filter });
  return hours.map((sum) => ({ ...sum, start: Math.floor(sum.start / bucketMs) * bucketMs }));
}

function fillBuckets(
  sums: readonly BucketSum[],
  {
    window,
    bucketMs,
    wholeUntil,
  }: { window: TimeWindow; bucketMs: number; wholeUntil: number | null },
): CauseBucket[] {
  const buckets = new Map<
    number,
    Pick<CauseBucket, 'start' | 'messages' | 'incomplete'> & { causes: Map<string, number> }
  >();
  for (
    let start = Math.floor(window.from / bucketMs) * bucketMs;
    start < window.to;
    start += bucketMs
  ) {
    const incomplete = start + bucketMs > (wholeUntil ?? Number.NEGATIVE_INFINITY);
    buckets.set(start, { start, messages: 0, causes: new Map(), incomplete });
  }
  for (const { start, measure, label, n } of sums) {
    const bucket = buckets.get(start);
    if (bucket === undefined) continue;
    if (measure === 'messages') bucket.messages += n;
    else addTo(bucket.causes, label, n);
  }
  return [...buckets.values()].map((bucket) => ({
    ...bucket,
    causes: Object.fromEntries(bucket.causes),
  }));
}
