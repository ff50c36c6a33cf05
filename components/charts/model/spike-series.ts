/** Counts against what was expected, and where the spikes and the incomplete stretches lie. */
import { countText, instantText, nounText } from '../../../lib/shared/screen-text.ts';
import type {
  CohortAhead,
  EchoAhead,
  RootKind,
  SpikesView,
  SpikeView,
} from '../../../lib/shared/spike-view.ts';
import { originText } from '../../spikes/spike-words.ts';
import { aheadText } from './echo-timeline.ts';

export interface SpikeRow {
  start: number;
  end: number;
  calls: number;
  expected: number;
  incomplete: boolean;
}

export interface Stretch {
  from: number;
  to: number;
}

export function spikeRows({ buckets, bucketMs }: Pick<SpikesView, 'buckets' | 'bucketMs'>) {
  return buckets.map(
    (bucket): SpikeRow => ({
      ...bucket,
      end: bucket.start + bucketMs,
    }),
  );
}

/** Neighbouring rows summed, so that there are `rowsMax` at most. */
export function fewerRows(rows: readonly SpikeRow[], rowsMax: number): SpikeRow[] {
  const each = Math.max(1, Math.ceil(rows.length / rowsMax));
  const groups: SpikeRow[] = [];
  for (let at = 0; at < rows.length; at += each) {
    const part = rows.slice(at, at + each);
    const [first, last] = [part[0], part.at(-1)];
    if (first === undefined || last === undefined) break;
    groups.push({
      ...{ start: first.start, end: last.end },
      calls: part.reduce((sum, { calls }) => sum + calls, 0),
      expected: part.reduce((sum, { expected }) => sum + expected, 0),
      incomplete: part.some(({ incomplete }) => incomplete),
    });
  }
  return groups;
}

/** An echo that is still to come, and what it is one of. */
export interface ComingEcho extends EchoAhead {
  href: string;
  kind: RootKind;
  fanOutOf: CohortAhead['fanOutOf'];
  rootAt: number;
}

/** `27 Nov 10:50: about 27 requests (Deploy at 06:50, echo 4)`. */
export const comingText = ({ rootAt, ...echo }: ComingEcho): string =>
  `${instantText(echo.from)}: ${aheadText(echo)} (${originText({ ...echo, at: rootAt }, echo.from)})`;

/** How far beyond the window the chart goes for what is still to come, as a share of it. */
const beyondMax = 0.5;

/** The echoes to come that the chart has room for, the soonest first; the first one always has. */
export function comingEchoes(
  cohorts: readonly CohortAhead[],
  { from, to }: { from: number; to: number },
): ComingEcho[] {
  return cohorts
    .flatMap(({ ahead, href, kind, fanOutOf, at }) =>
      ahead.map((step): ComingEcho => ({ ...step, href, kind, fanOutOf, rootAt: at })),
    )
    .sort((a, b) => a.from - b.from)
    .filter((echo, no) => no === 0 || echo.to <= to + (to - from) * beyondMax);
}

/** Neighbouring incomplete rows as one stretch each. */
export function incompleteStretches(rows: readonly SpikeRow[]): Stretch[] {
  const stretches: Stretch[] = [];
  for (const { start, end, incomplete } of rows) {
    if (!incomplete) continue;
    const last = stretches.at(-1);
    if (last?.to === start) last.to = end;
    else stretches.push({ from: start, to: end });
  }
  return stretches;
}

type Interval = Pick<SpikeView, 'from' | 'to' | 'excess'>;

/** The spike that the row belongs to; of several the one furthest from the usual. */
export function spikeAt<T extends Interval>(
  spikes: readonly T[],
  { start, end }: Pick<SpikeRow, 'start' | 'end'>,
): T | null {
  return spikes.reduce<T | null>(
    (most, spike) =>
      spike.from < end &&
      start < spike.to &&
      (most === null || Math.abs(spike.excess) > Math.abs(most.excess))
        ? spike
        : most,
    null,
  );
}

/** The chart in words: how much, when most, and how many spikes. */
export function spikeSummary(
  rows: readonly SpikeRow[],
  { spikes, noun, atText }: { spikes: number; noun: string; atText: (at: number) => string },
): string {
  const total = rows.reduce((sum, { calls }) => sum + calls, 0);
  const peak = rows.reduce<SpikeRow | null>(
    (most, row) => (most === null || row.calls > most.calls ? row : most),
    null,
  );
  if (peak === null || total === 0) return `No ${noun} in this window.`;
  return (
    `${countText(total)} ${noun}; the peak is ${countText(peak.calls)} at ${atText(peak.start)} ` +
    `where about ${countText(Math.round(peak.expected))} are usual; ${nounText(spikes, 'spike')} marked.`
  );
}
