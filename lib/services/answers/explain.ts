import { compareCounts, comparedWindows, isWhole } from '../../explain/ledger/comparison.ts';
import { costsOf } from '../../explain/ledger/costs.ts';
import { ourPrincipals, type WindowFacts } from '../../explain/ledger/facts.ts';
import { buildLedger } from '../../explain/ledger/ledger.ts';
import { countsOf } from '../../explain/ledger/ledger-counts.ts';
import { perMessageOf } from '../../explain/ledger/per-message.ts';
import { principalUses } from '../../explain/ledger/principal-uses.ts';
import { signalsOf } from '../../explain/ledger/signals.ts';
import { buildWaterfall } from '../../explain/ledger/waterfall.ts';
import { findingView } from '../../explain/log-only/finding-view.ts';
import { logBuckets, logMinutes } from '../../explain/log-only/log-traffic.ts';
import { alarmsOf } from '../../explain/words/alarms.ts';
import { busiestHours, busiestMinutes } from '../../explain/words/busiest.ts';
import type { LogSide } from '../../explain/words/log-sentences.ts';
import { buildSentences, type SentenceFacts } from '../../explain/words/sentences.ts';
import { allOf } from '../../shared/all-of.ts';
import { addTo } from '../../shared/counts.ts';
import type {
  CauseBucket,
  Comparison,
  ExplainFilter,
  ExplainView,
  PrincipalUse,
  Retention,
  SourceCoverage,
} from '../../shared/dto.ts';
import { type HourMessages, sumMessages } from '../../shared/messages-csv.ts';
import { isNamed, type ServiceFacts } from '../../shared/service-facts.ts';
import type { TimeWindow } from '../../shared/time-window.ts';
import { wholeMinutes } from '../../shared/window-param.ts';
import { type AuditSourceRow, readAuditSources } from '../../store/audit-sources.ts';
import { type BucketSum, readBuckets } from '../../store/read-buckets.ts';
import { readBusiestMinutes } from '../../store/read-busiest-minutes.ts';
import { readCrossAccountKeys } from '../../store/read-cross-account-keys.ts';
import { readEdges } from '../../store/read-edges.ts';
import { readExtent } from '../../store/read-extent.ts';
import { readPrincipals } from '../../store/read-principals.ts';
import { readReopenedTags } from '../../store/read-reopened-tags.ts';
import { readUnmatchedUses } from '../../store/read-unmatched-uses.ts';
import { readWindow } from '../../store/read-window.ts';
import type { ServiceContext, ViewContext } from '../context.ts';
import { pastRetention, readRetention } from '../retention.ts';
import { choicesIn } from './choices.ts';
import { closedFormFor } from './closed-form.ts';
import { coverageOf, coverageView, filesAlone } from './coverage.ts';
import { storeExtent } from './extent.ts';
import { logCauses } from './log-causes.ts';
import { logSide } from './log-side.ts';
import { oneSnapshot } from './one-snapshot.ts';
import { readPrices } from './prices.ts';
import { readService, serviceFacts } from './service-facts.ts';
import { findSpikes } from './spikes.ts';
import { type Watermark, watermarkOf } from './watermark.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const busiestMax = 10;
const spikesMax = 10;
const tagsMax = 10;
const bucketsMax = 120;
const bucketChoicesMs = [1, 5, 15, 30, 60, 180, 360, 720, 1440].map(
  (minutes) => minutes * minuteMs,
);

export interface ExplainInput {
  window: TimeWindow;
  filter?: ExplainFilter;
  /** The user's own counts of messages where telemetry has none. */
  messages?: readonly HourMessages[];
}

/** Why the window has the KMS requests it has. */
export const explain = ({
  ctx,
  input,
}: {
  ctx: ServiceContext;
  input: ExplainInput;
}): Promise<ExplainView> => oneSnapshot(ctx, (view) => explained(view, input));

async function explained(ctx: ViewContext, input: ExplainInput): Promise<ExplainView> {
  const { db } = ctx;
  const window = wholeMinutes(input.window);
  const filter = input.filter ?? {};
  const sources = await readAuditSources(db);
  const retention = await readRetention(db);
  const before = pastRetention(retention, window);
  const watermark = await watermarkOf(ctx, sources);
  const service = serviceFacts(await readService({ ctx }));
  const bucketMs = bucketFor(window);
  const parts = await readParts(ctx, {
    ...{ input: { ...input, window }, filter, before, bucketMs },
    ...{ sources, service, watermark },
  });
  const { facts, spikes } = parts;
  const asked = { window, filter, sums: facts.sums, sumsBefore: before, bucketMs };
  const alone = await logCauses({ ctx, input: asked });
  const comparisons = await comparisonsFor(ctx, { facts, filter, retention });
  const now = await ctx.now();
  const traffic = alone === null ? parts : logTraffic(alone, { before, bucketMs });
  const busiest = busiestMinutes(traffic.minutes, alone === null ? 'calls' : 'events');
  const hours = busiestHours(traffic.hours, busiestMax);
  const strangers = strangersOf(parts, { service, alone: alone !== null });
  const costs = costsOf(facts.sums, { window, table: parts.prices });
  const log =
    alone &&
    (await logSide(ctx, {
      ...{ facts, filter, service, costs, log: alone },
      hours: input.messages ?? [],
      peak: busiest[0]?.calls ?? 0,
    }));
  const coverage = sources.map((source) => coverageView(source, now));
  const told = { strangers, spikes, busiest: busiest[0], busiestHours: hours, costs, comparisons };
  return {
    window,
    filter,
    choices: parts.choices,
    now,
    elsewhere: facts.sums.length > 0 ? null : await storeExtent({ ctx }),
    coveredUntil: facts.coveredUntil,
    retention: retention && { days: retention.days, keptFrom: retention.keptFrom },
    sumsBefore: before,
    ...accountOf(facts, { ...told, coverage, log }),
    comparisons,
    closedForm: signalsOf(facts).traces ? parts.closedForm : null,
    costs,
    perMessage: perMessageOf(facts.sums, {
      messages: countsOf(facts).messages,
      reopened: parts.reopened,
    }),
    ...logView(log),
    bucketMs,
    buckets: fillBuckets(traffic.buckets, { window, bucketMs, wholeUntil: watermark.wholeUntil }),
    busiest: busiest.map(({ processes: _, ...minute }) => minute),
    busiestHours: hours,
    spikes,
    coverage,
    strangers,
  };
}

type Account = Pick<ExplainView, 'alarms' | 'sentences' | 'ledger' | 'waterfall'>;

/** The ledger of the window, drawn and put in words, the gravest first. */
function accountOf(
  facts: WindowFacts,
  {
    coverage,
    ...told
  }: Omit<SentenceFacts, 'alarms' | 'facts' | 'counts' | 'residual'> & {
    coverage: readonly SourceCoverage[];
  },
): Account {
  const counts = countsOf(facts);
  const ledger = buildLedger(facts);
  const { residual } = ledger;
  const drops = told.spikes.filter(({ direction }) => direction === 'drop');
  const alarms = alarmsOf({ counts, facts, residual, coverage, drops });
  const sentences = buildSentences({ ...told, alarms, facts, counts, residual });
  return { alarms, sentences, ledger, waterfall: buildWaterfall(counts) };
}

/** What the log alone tells; nothing where there is telemetry. */
const logView = (log: LogSide | null) => ({
  logCauses: log?.causes ?? null,
  logFindings: log === null ? null : log.findings.map(findingView),
  pattern: log?.pattern ?? null,
  advice: [...(log?.advice ?? [])],
  promise: log?.promise ?? null,
  helps: [...(log?.helps ?? [])],
});

interface PartsInput {
  input: ExplainInput;
  filter: ExplainFilter;
  /** The instant before which the window is kept as sums only; null where all of it is kept. */
  before: number | null;
  bucketMs: number;
  sources: readonly AuditSourceRow[];
  service: ServiceFacts;
  watermark: Watermark;
}

/** What the view is made of; no part needs another one's answer. */
async function readParts(
  ctx: ViewContext,
  { input, filter, before, bucketMs, ...known }: PartsInput,
) {
  const { db } = ctx;
  const { window } = input;
  const { toldUntil } = known.watermark;
  const { spikes, ...parts } = await allOf({
    facts: factsOf(ctx, input, { ...known, sumsBefore: before }),
    minutes: readBusiestMinutes(db, { ...window, minutesMax: busiestMax, filter }),
    uses:
      before === null
        ? readUnmatchedUses(db, { ...window, to: Math.min(window.to, toldUntil), filter })
        : [],
    buckets: readBuckets(db, { ...window, bucketMs, filter }),
    hours: readBuckets(db, { ...window, bucketMs: hourMs, filter }),
    spikes: findSpikes({ ctx, input: { window, filter, spikesMax } }),
    closedForm: before === null ? closedFormFor(ctx, { window, filter }) : null,
    prices: readPrices({ ctx }),
    reopened: readReopenedTags(db, { ...window, filter, tagsMax }),
    choices: choicesIn(ctx, { window }),
  });
  return { ...parts, spikes: spikes.spikes };
}

type Parts = Awaited<ReturnType<typeof readParts>>;

/** Of a log alone, the traffic is its events'. */
const logTraffic = (
  alone: NonNullable<Awaited<ReturnType<typeof logCauses>>>,
  { before, bucketMs }: { before: number | null; bucketMs: number },
): Pick<Parts, 'minutes' | 'hours' | 'buckets'> => ({
  minutes: before === null ? logMinutes(alone.uses, busiestMax) : [],
  hours: [...alone.gone.hours, ...logBuckets(alone.uses, hourMs)],
  buckets: [...alone.gone.buckets, ...logBuckets(alone.uses, bucketMs)],
});

/** Other principals on the key; of a log alone, those that are not told to be the service's own. */
function strangersOf(
  { uses, facts }: Parts,
  { service, alone }: { service: ServiceFacts; alone: boolean },
): PrincipalUse[] {
  const isOwn = (one: { id: string; name: string }) =>
    service.principals.length === 0 ? null : isNamed(service, one);
  return principalUses(uses, ourPrincipals(facts), alone ? isOwn : undefined);
}

async function factsOf(
  ctx: ViewContext,
  { window, filter = {}, messages }: ExplainInput,
  known: {
    sources: readonly AuditSourceRow[];
    service: ServiceFacts;
    watermark: Watermark;
    sumsBefore: number | null;
  },
): Promise<WindowFacts> {
  const { db } = ctx;
  const { sources, service, sumsBefore } = known;
  const { toldUntil, loggedUntil } = known.watermark;
  const sumsSince = async (from: number) =>
    from < window.to
      ? readWindow(db, { from: Math.max(window.from, from), to: window.to, filter })
      : [];
  const principals = await readPrincipals(db);
  const sums = await readWindow(db, { ...window, filter });
  return {
    window,
    sums,
    uncovered: await sumsSince(loggedUntil ?? window.from),
    untold: await sumsSince(toldUntil),
    toldUntil,
    edges: sumsBefore === null ? await readEdges(db, { ...window, filter }) : noEdges,
    ofProcess: filter.process !== undefined,
    principals: new Map(principals.map(({ id, name, ours }) => [id, { name, ours }])),
    crossAccountKeys: new Set(await readCrossAccountKeys(db, window)),
    coveredUntil: coverageOf(sources),
    filesAlone: filesAlone(sources),
    lagMs: sources.reduce<number | null>(
      (most, { lagMs }) => (lagMs === null ? most : Math.max(most ?? 0, lagMs)),
      null,
    ),
    sumsBefore,
    // A rate is applied only to a window of which something is known.
    messagesGiven: messagesIn(window, messages, sums.length > 0 ? service.messagesPerHour : null),
  };
}

/** As counted, otherwise by the told rate; null with neither. */
function messagesIn(
  window: TimeWindow,
  counted: readonly HourMessages[] | undefined,
  messagesPerHour: number | null,
): number | null {
  if (counted !== undefined) return sumMessages(counted, window);
  if (messagesPerHour === null) return null;
  return Math.round((messagesPerHour * (window.to - window.from)) / hourMs);
}

/** Past retention nobody can tell which pairs the edges part. */
const noEdges = { attempts: 0, events: 0 };

/** The same counts for earlier windows. Pairs across their edges count with their attempts and events. */
async function comparisonsFor(
  ctx: ViewContext,
  {
    facts,
    filter,
    retention,
  }: { facts: WindowFacts; filter: ExplainFilter; retention: Retention | null },
): Promise<Comparison[]> {
  const now = countsOf(facts);
  const extent = await readExtent(ctx.db);
  const comparisons: Comparison[] = [];
  for (const { kind, window } of comparedWindows(facts.window)) {
    const then =
      extent === null || !isWhole(window, extent.from)
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
