/** The pattern in words: whether loads repeat, by which period, and what each line is. Pure. */
import { brushText } from '../../shared/brush-param.ts';
import { callsHref } from '../../shared/calls-href.ts';
import type { PatternView } from '../../shared/pattern-view.ts';
import { joined, linked, type Said, said, unlinked } from '../../shared/said.ts';
import { countText, instantText, nounText, spanText } from '../../shared/screen-text.ts';
import type { SpikeUnit } from '../../shared/spike-view.ts';
import { queryText } from '../../shared/window-param.ts';
import { ordinal, rootText } from '../words/spike-sentence.ts';
import type { Burst } from './find-bursts.ts';
import type { FoundLine } from './pattern-lines.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** The period found and the theory's are the same within this. */
const nearShare = 0.05;

/** `62.4 min`, `60 min`; from three hours on `5 h 12 min`. */
const periodText = (ms: number): string =>
  ms >= 3 * hourMs ? spanText(ms) : `${(ms / minuteMs).toFixed(1).replace('.0', '')} min`;

type Period = NonNullable<PatternView['period']>;

/** All that was counted, or what came within a burst. */
const countedHref = (unit: SpikeUnit, within: { from?: number; to?: number } = {}): string =>
  callsHref(unit === 'calls' ? {} : { show: 'events' }, within);

const linesHref = '/pattern';

const nounOf = (unit: SpikeUnit): string => (unit === 'calls' ? 'KMS call' : 'audit event');

export interface PatternWords {
  unit: SpikeUnit;
  calls: number;
  bursts: readonly Burst[];
  period: PatternView['period'];
  repeats: boolean;
  /** The period is that of chains known by lineage. */
  chained: boolean;
  /** `T + 1/L`; null where it is not known. */
  theoryMs: number | null;
  lines: readonly FoundLine[];
  unlisted: number;
  /** Single bursts whose next echo would lie after the window. */
  recent: number;
}

/** The first sentence answers; the others add to it. */
export function patternSentences(words: PatternWords): Said[] {
  const { unit, calls, lines, unlisted, recent } = words;
  if (calls === 0)
    return [unlinked(`No ${nounOf(unit)}s in this window, so there is no pattern to see.`)];
  const sentences = [periodSentence(words)];
  if (lines.length > 0) sentences.push(linesSentence(lines));
  if (recent > 0) {
    const come = recent === 1 ? 'comes' : 'come';
    sentences.push(
      said`${linked(nounText(recent, 'burst'), linesHref)} ${come} too late in this window to tell whether anything follows.`,
    );
  }
  if (unlisted > 0) sentences.push(unlinked(`${nounText(unlisted, 'smaller line')} not listed.`));
  return sentences;
}

function periodSentence(words: PatternWords): Said {
  const { period, chained, repeats, lines } = words;
  if (period === null) return fewSentence(words);
  if (!repeats) return chained ? chainedSentence(period) : unsureSentence(period);
  const { foundMs, ttlMs, theoryMs, cohorts } = period;
  const from = said`${linked(nounText(cohorts, 'group'), linesHref)} of loads${chained ? ', each traced to the one before it' : ''}`;
  const head = `Loads repeat every ${periodText(foundMs)}`;
  if (theoryMs === null || ttlMs === null)
    return said`${head}, in ${from}. ${unknownTheory(ttlMs)}`;
  if (Math.abs(foundMs - theoryMs) <= theoryMs * nearShare && !isOnlyJob(lines)) {
    const not =
      periodText(foundMs) === periodText(ttlMs) ? '' : `, not every ${bareMinutes(ttlMs)}`;
    return said`${head}${not}: the TTL of ${spanText(ttlMs)} and, on average, ${periodText(theoryMs - ttlMs)} until a DEK is used again (${sumText(theoryMs)}). Seen in ${from}.`;
  }
  const why = isOnlyJob(lines) ? 'it is a schedule that repeats' : 'something else repeats';
  return said`${head}, in ${from}. An echo of the TTL of ${spanText(ttlMs)} would come every ${periodText(theoryMs)} (${sumText(theoryMs)}): ${why}.`;
}

const sumText = (theoryMs: number): string => `T + 1/L = ${periodText(theoryMs)}`;

/** Too few cohorts for a test: what is known nevertheless. */
function fewSentence({ unit, calls, bursts, lines, theoryMs }: PatternWords): Said {
  const all = linked(nounText(calls, nounOf(unit)), countedHref(unit));
  const [only] = bursts;
  if (only === undefined)
    return said`No pattern shows: ${all}, and no burst of them stands out in any minute.`;
  if (bursts.length === 1) {
    const burst = linked(countText(only.calls), countedHref(unit, only));
    const most = only.calls === calls ? said`all ${all}` : said`${burst} of ${all}`;
    return said`One burst shows no period: ${most} came together at ${instantText(only.from)}.`;
  }
  const few = said`${linked(nounText(bursts.length, 'burst'), linesHref)} stand out, too few or too close together to tell a period by their times`;
  const echo = lines.find(({ kind, root, periodMs }) => kind === 'echo' && root && periodMs);
  if (echo === undefined) return said`${few}.`;
  const theory = theoryMs === null ? '' : `; ${sumText(theoryMs)}`;
  return said`${few}. What one burst loaded is asked for again every ${periodText(echo.periodMs ?? 0)}, by lineage${theory}.`;
}

/** Lineage is no statistics: few as they are, these cohorts do follow each other. */
function chainedSentence({ foundMs, theoryMs, cohorts }: Period): Said {
  const theory =
    theoryMs === null
      ? ''
      : ` With the time until a DEK is used again, ${sumText(theoryMs)} is expected.`;
  const groups = linked(nounText(cohorts, 'group'), linesHref);
  return said`Loads repeat every ${periodText(foundMs)}: each is traced to the one before it, an echo in which the same DEKs are asked for again as their TTL ends.${theory} The times of these ${groups} alone would not prove it.`;
}

/** `60` where the period beside it is told in minutes too. */
const bareMinutes = (ms: number): string => periodText(ms).replace(' min', '');

const isOnlyJob = (lines: readonly FoundLine[]): boolean =>
  lines.some(({ kind }) => kind === 'schedule') &&
  !lines.some(({ kind, points }) => kind === 'echo' && points.length > 1);

function unknownTheory(ttlMs: number | null): string {
  return ttlMs === null
    ? 'TTL and use of DEKs are not known here, so the period to expect (T + 1/L) is not known either.'
    : `The TTL is ${spanText(ttlMs)}; how often DEKs are used is not known here, so the period to expect (T + 1/L) is not known either.`;
}

function unsureSentence({ foundMs, pValue, cohorts, confirmed }: Period): Said {
  const all = said`${linked(nounText(cohorts, 'group'), linesHref)} of loads`;
  const best = said`of all periods tried ${periodText(foundMs)} fits ${all} best`;
  return pValue < 0.001 && !confirmed
    ? said`No period is sure: ${best}, but they follow one another as often after other times.`
    : said`Nothing repeats for sure: ${best}, but by chance alone one would fit as well ${chanceText(pValue)}.`;
}

const chanceText = (chance: number): string => {
  if (chance > 0.5) return 'more often than not';
  return chance < 0.001
    ? 'less than once in 1,000 times'
    : `once in ${countText(Math.round(1 / chance))} times`;
};

function linesSentence(lines: readonly FoundLine[]): Said {
  const of = (test: (line: FoundLine) => boolean) => lines.filter(test).length;
  const echoes = of(({ kind, points }) => kind === 'echo' && points.length > 1);
  const jobs = of(({ kind }) => kind === 'schedule');
  const alone = of(({ points }) => points.length === 1);
  const parts = [
    echoes > 0 && said`${linked(nounText(echoes, 'line'), linesHref)} of TTL echoes`,
    jobs > 0 && said`${linked(nounText(jobs, 'vertical line'), linesHref)} of scheduled jobs`,
    alone > 0 && said`${linked(nounText(alone, 'burst'), linesHref)} in one row alone`,
  ].filter((part) => part !== false);
  const last = parts.pop() ?? '';
  return said`On the heatmap: ${parts.length > 0 ? said`${joined(parts, ', ')} and ` : ''}${last}.`;
}

/** One line in a sentence. `nextMs` is when an echo would follow. */
export function lineSentence(
  line: FoundLine,
  { unit, window, nextMs }: { unit: SpikeUnit; window: { to: number }; nextMs: number },
): Said {
  const { kind, points, first, root } = line;
  if (points.length === 1) return loneSentence(line, { unit, window, nextMs });
  const calls = points.reduce((sum, point) => sum + point.calls, 0);
  const all = nounText(calls, nounOf(unit));
  const last = points.at(-1)?.at ?? first.from;
  const span = `${instantText(first.from)} to ${instantText(last)}`;
  if (kind === 'schedule')
    return said`The same minute of the hour ${countText(points.length)} times, from ${span}: ${all}. It stays in its minute, so it is a scheduled job and no TTL echo.`;
  const drift = line.driftMinutes ?? 0;
  const moves =
    Math.abs(drift) < 0.05
      ? 'hardly moving within the hour'
      : `${Math.abs(drift).toFixed(1)} min ${drift > 0 ? 'later' : 'earlier'} in each hour`;
  const apart = `${periodText(line.periodMs ?? 0)} apart, ${moves}`;
  const asEcho =
    Math.abs(drift) < 0.05
      ? 'They come back as a TTL echo does: they are re-validations, though there is no lineage to prove it.'
      : 'They come back as a TTL echo does, by their times alone: there is no lineage to prove it.';
  if (root === null)
    return said`${nounText(points.length, 'burst')} from ${span}, ${apart}: ${all}. ${asEcho}`;
  const echoes = root.generation === 0 ? points.length - 1 : points.length;
  return said`${capital(rootText(root.kind, root.rootAt))} echoes: ${nounText(echoes, 're-validation')} of what it loaded, ${apart}; ${all} in all.`;
}

function loneSentence(
  { first, points, root }: FoundLine,
  { unit, window, nextMs }: { unit: SpikeUnit; window: { to: number }; nextMs: number },
): Said {
  // What is above the usual is no list of calls: which of the burst's are, nobody can tell.
  const burst = nounText(points[0]?.calls ?? 0, nounOf(unit));
  const head = `${instantText(first.from)}: ${burst} above what is usual`;
  const rooted = root && rootText(root.kind, root.rootAt);
  if (root !== null && root.generation > 0)
    return said`${head}, the ${ordinal(root.generation)} echo of ${rooted ?? ''}; no other of its echoes stands out here.`;
  const of = rooted === null ? '' : `, ${rooted}`;
  return first.from + nextMs > window.to
    ? said`${head}${of}; the window ends too soon to tell whether it has an echo.`
    : said`${head}${of}; no burst of another hour lines up with it.`;
}

/** Where to look closer: at a lone burst, or at the part of the heatmap that a line runs through, beside the rest. */
export function closerHref({ points, first }: FoundLine, unit: SpikeUnit): string {
  if (points.length === 1) return countedHref(unit, first);
  const instants = points.map(({ at }) => at);
  const minutes = instants.map((at) => Math.floor((at % hourMs) / minuteMs));
  const brush = brushText({
    from: Math.floor(first.from / hourMs) * hourMs,
    to: (Math.floor(Math.max(...instants) / hourMs) + 1) * hourMs,
    firstMinute: Math.min(...minutes),
    lastMinute: Math.max(...minutes),
  });
  return `${linesHref}?${queryText(new URLSearchParams({ brush }))}`;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
