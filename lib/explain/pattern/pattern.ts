/**
 * When within the hour KMS calls come, and whether that repeats: from bursts and their lineage to lines and a period.
 * The period comes from chains of lineage, since jobs and other bursts have periods of their own; without chains from
 * slanted lines, and without those from all bursts. Pure.
 */
import type { PatternView } from '../../shared/pattern-view.ts';
import type { SpikeUnit } from '../../shared/spike-view.ts';
import type { Burst } from './find-bursts.ts';
import { type FoundPeriod, findPeriod, type LoadCohort } from './find-period.ts';
import type { LoadChain } from './load-chains.ts';
import {
  type FoundLine,
  loneLines,
  slantedLines,
  tracedLines,
  uprightLines,
} from './pattern-lines.ts';
import { closerHref, lineSentence, patternSentences } from './pattern-sentence.ts';

export interface PatternFacts {
  /** The hours shown; whole minutes. */
  window: { from: number; to: number };
  unit: SpikeUnit;
  /** Calls of the whole window. */
  calls: number;
  /** In order of time. */
  bursts: readonly Burst[];
  /** What lineage says of the bursts, including echoes too small to be bursts. */
  chains: readonly LoadChain[];
  /** Null where there is no telemetry. */
  ttlMs: number | null;
  accessesPerHour: number | null;
  /** Bursts that the log alone shows to be re-validations, by index; lineage knows better where it exists. */
  revalidations?: ReadonlySet<number>;
}

export type PatternFound = Pick<
  PatternView,
  'lines' | 'period' | 'spectrum' | 'sentences' | 'sentenceLinks'
>;

const hourMs = 3_600_000;
/** A less likely period is not taken. */
const pValueMax = 0.001;
/** A looser bound, for rows looked for once the period is known. */
const linePValueMax = 0.01;
const periodsTried = 4;
const linesMax = 40;
const loneMax = 10;

/** Whether a period found is one. */
export const repeats = (period: Pick<FoundPeriod, 'pValue' | 'confirmed'> | null): boolean =>
  period?.confirmed === true && period.pValue < pValueMax;

export function findPattern(facts: PatternFacts): PatternFound {
  const { bursts, chains, ttlMs, accessesPerHour } = facts;
  const { revalidations = new Set<number>() } = facts;
  const { schedules, echoes, left } = tracedLines({ bursts, chains });
  const theoryMs =
    ttlMs !== null && accessesPerHour !== null && accessesPerHour > 0
      ? ttlMs + hourMs / accessesPerHour
      : null;
  const chained = findPeriod(chainCohorts(echoes));
  const timed = linesByTime(bursts, left, theoryMs);
  // Where the log shows which bursts are echoes, only they have the period.
  const echoing = revalidations.size > 0 ? revalidations : bursts.keys();
  const found = chained ?? timed.slanted ?? findPeriod(burstCohorts(bursts, echoing));
  const lone = loneLines({ bursts, chains }, left);
  const told = new Set([...revalidations].map((index) => bursts[index]?.at));
  const lined = [
    ...echoes,
    ...[...schedules, ...timed.lines].map((line) => asEcho(line, told)),
  ].sort((a, b) => callsOf(b) - callsOf(a) || a.first.from - b.first.from);
  const lines = [...lined.slice(0, linesMax), ...lone.slice(0, loneMax)];
  const period = found && withTheory(found, { ttlMs, accessesPerHour, theoryMs });
  const { to } = facts.window;
  const nextMs = theoryMs ?? (repeats(found) ? found?.foundMs : undefined) ?? ttlMs ?? hourMs;
  const sentences = patternSentences({
    ...facts,
    period,
    repeats: repeats(found),
    chained: chained !== null,
    theoryMs,
    lines: [...lined, ...lone],
    unlisted: lined.length + lone.length - lines.length,
    recent: lone.filter(({ first }) => first.from + nextMs > to).length,
  });
  return {
    lines: lines.map((line) => {
      const { text, links } = lineSentence(line, { ...facts, nextMs });
      const { kind, points, driftMinutes } = line;
      const href = closerHref(line, facts.unit);
      return { kind, points, driftMinutes, sentence: text, links, href };
    }),
    period,
    spectrum: found?.spectrum ?? [],
    sentences: sentences.map(({ text }) => text),
    sentenceLinks: sentences.map(({ links }) => links),
  };
}

/**
 * Lines of bursts that lineage does not explain, period by period, each over what the last one left; and the first
 * period that gave slanted lines.
 */
function linesByTime(
  bursts: readonly Burst[],
  left: Set<number>,
  theoryMs: number | null,
): { lines: FoundLine[]; slanted: FoundPeriod | null } {
  const lines: FoundLine[] = [];
  let slanted: FoundPeriod | null = null;
  for (let tried = 0; tried < periodsTried; tried += 1) {
    const period = findPeriod(burstCohorts(bursts, left));
    if (period === null || !period.confirmed || period.pValue > linePValueMax) break;
    const more = slantedLines(bursts, { left, periodMs: period.foundMs });
    if (more.length > 0 && repeats(period)) slanted ??= period;
    if (more.length === 0) more.push(...uprightLines(bursts, left));
    if (more.length === 0) break;
    lines.push(...more);
  }
  if (theoryMs !== null) lines.push(...slantedLines(bursts, { left, periodMs: theoryMs }));
  return { lines: [...lines, ...uprightLines(bursts, left)], slanted };
}

/** An echo whose period is whole hours stays in its minute as a job does; what the bursts consist of decides. */
function asEcho(line: FoundLine, revalidatedAt: ReadonlySet<number | undefined>): FoundLine {
  const again = line.points.filter(({ at }) => revalidatedAt.has(at)).length;
  return line.kind === 'schedule' && 2 * again >= line.points.length
    ? { ...line, kind: 'echo' }
    : line;
}

function chainCohorts(echoes: readonly FoundLine[]): LoadCohort[] {
  return echoes.flatMap(({ points }, chain) =>
    points.map(({ at }) => ({ at, chain: String(chain) })),
  );
}

const burstCohorts = (bursts: readonly Burst[], of: Iterable<number>): LoadCohort[] =>
  [...of].flatMap((index) => {
    const at = bursts[index]?.at;
    return at === undefined ? [] : [{ at, chain: null }];
  });

const callsOf = ({ points }: FoundLine): number =>
  points.reduce((sum, { calls }) => sum + calls, 0);

function withTheory(
  { foundMs, z, pValue, cohorts, confirmed }: FoundPeriod,
  theory: { theoryMs: number | null; ttlMs: number | null; accessesPerHour: number | null },
): PatternView['period'] {
  return { foundMs, z, pValue, cohorts, confirmed, ...theory };
}
