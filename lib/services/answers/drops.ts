import type { KeyFilter } from '../../domain/key-filter.ts';
import { detectDrops, type FoundDrop } from '../../explain/spikes/detect-drops.ts';
import { dropCause, dropSentence } from '../../explain/spikes/drop-cause.ts';
import { otherCause } from '../../shared/causes.ts';
import { spikeHref, spikeId } from '../../shared/spike-id.ts';
import type { SpikeUnit, SpikeView } from '../../shared/spike-view.ts';
import type { TimeWindow } from '../../shared/time-window.ts';
import { readAuditSources } from '../../store/entities/audit-sources.ts';
import { keyNames } from '../../store/views/key-names.ts';
import {
  readCallsNotDenied,
  readLastTelemetry,
  readLeasesEnded,
  readTraffic,
  readTrailEvent,
} from '../../store/views/spikes/read-drop-facts.ts';
import type { ViewContext } from '../context.ts';
import { filesAlone } from './coverage.ts';
import { logEndsOf } from './log-ends.ts';
import type { NamedSeries } from './spike-series.ts';
import { watermarkOf } from './watermark.ts';

const minuteMs = 60_000;
const beforeMs = 60 * minuteMs;
/** A log that is switched off is delivered for a while yet. */
const trailBeforeMs = 15 * minuteMs;

/** Each asks the store why: the largest are told. */
const dropsMax = 50;

interface Counted {
  of: SpikeUnit;
  counts: Float64Array;
  /** Up to where they are whole; epoch ms. */
  until: number;
}

interface FoundIn {
  series: NamedSeries;
  counted: Counted;
  drop: FoundDrop;
}

/**
 * The window's drops of the requests shown, and of the log's events that should go with them. `unseen`: so many
 * smaller ones were not looked into.
 */
export async function findDrops(
  ctx: ViewContext,
  given: { window: TimeWindow; filter: KeyFilter; series: readonly NamedSeries[] },
): Promise<{ drops: SpikeView[]; unseen: number }> {
  const { window, filter, series } = given;
  const sources = await readAuditSources(ctx.db);
  const { loggedUntil, toldUntil } = await watermarkOf(ctx, sources);
  const covered = loggedUntil ?? 0;
  const logUntil = Math.min(covered, toldUntil);
  // Where the log is complete later than telemetry was heard of, telemetry is over and not merely late.
  const heardUntil = Math.max(covered, (await readLastTelemetry(ctx.db, window.to)) ?? 0);
  const callsUntil = Math.min(heardUntil, toldUntil);
  const shown = series.filter(({ workspace }) => workspace === (filter.workspace ?? null));
  const search = (logEnd: (key: string) => number) =>
    shown.flatMap((one) => countsOf(one, { callsUntil, logEnd }).flatMap(inWindow(one, window)));
  let found = search(() => logUntil);
  if (found.length > 0 && filesAlone(sources)) {
    const ends = await logEndsOf(ctx, window);
    const off = await readTrailEvent(ctx.db, window);
    // What was done to a log may be why it ends.
    if (off === null) found = search((key) => Math.min(logUntil, ends.get(key) ?? logUntil));
  }
  const lacking = ({ drop }: FoundIn) => drop.expected - drop.count;
  const drops: SpikeView[] = [];
  for (const one of found.sort((a, b) => lacking(b) - lacking(a)).slice(0, dropsMax)) {
    const view = await told(ctx, one);
    if (view !== null) drops.push(view);
  }
  return { drops, unseen: Math.max(0, found.length - dropsMax) };
}

/** A series' requests, and the log's events that should go with them. */
function countsOf(
  { key, unit, counts, logged }: NamedSeries,
  { callsUntil, logEnd }: { callsUntil: number; logEnd: (key: string) => number },
): Counted[] {
  const logUntil = logEnd(key);
  const events =
    logged === null ? [] : [{ of: 'events' as const, counts: logged, until: logUntil }];
  return [{ of: unit, counts, until: unit === 'calls' ? callsUntil : logUntil }, ...events];
}

const inWindow =
  (series: NamedSeries, window: TimeWindow) =>
  (counted: Counted): FoundIn[] =>
    dropsIn(series, counted, window).map((drop) => ({ series, counted, drop }));

function dropsIn(
  { start }: NamedSeries,
  { counts, until }: Counted,
  window: TimeWindow,
): FoundDrop[] {
  const end = Math.max(0, Math.floor((Math.min(until, window.to) - start) / minuteMs));
  const at = (index: number) => start + index * minuteMs;
  return detectDrops(counts.subarray(0, end)).filter(
    ({ from, to }) => at(to) > window.from && at(from) < window.to,
  );
}

/** Null where what else goes on foretells as little. */
async function told(
  ctx: ViewContext,
  { series, counted, drop }: FoundIn,
): Promise<SpikeView | null> {
  const { key, workspace, start } = series;
  const [from, to] = [start + drop.from * minuteMs, start + drop.to * minuteMs];
  const { count, expected, pValue, advance } = drop;
  const within = { keys: await keyNames(ctx.db, key), workspace, from, to };
  const hasCalls = series.unit === 'calls';
  const inside = await readTraffic(ctx.db, within);
  // The log of another account never has what was denied there.
  const inLog = hasCalls && counted.of === 'events';
  const made = inLog ? await readCallsNotDenied(ctx.db, within) : inside.calls;
  const before = await readTraffic(ctx.db, { ...within, from: from - beforeMs, to: from });
  const facts = {
    of: counted.of,
    from,
    to,
    count,
    expected,
    advance,
    lookups: hasCalls
      ? { inside: inside.lookups, before: (before.lookups * (to - from)) / beforeMs }
      : null,
    calls: hasCalls ? { inside: made, leasesEnded: await readLeasesEnded(ctx.db, within) } : null,
    trail: await readTrailEvent(ctx.db, { from: from - trailBeforeMs, to }),
  };
  const cause = dropCause(facts);
  if (cause === null) return null;
  const id = spikeId({ from, to });
  return {
    direction: 'drop',
    drop: cause,
    id,
    href: spikeHref({ id, key, workspace }),
    unit: counted.of,
    from,
    to,
    key,
    workspace,
    calls: count,
    expected,
    excess: count - expected,
    peakMinute: from,
    peak: counted.counts[drop.from] ?? 0,
    pValue,
    causes: count > 0 ? { [otherCause]: count } : {},
    mainCause: otherCause,
    mainShare: count > 0 ? 1 : 0,
    echo: null,
    echoes: [],
    chain: [],
    sentence: dropSentence(facts, cause),
  };
}
