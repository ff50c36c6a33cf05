/** The spectrum of periods tried: its ticks and what it says in words. */
import type { PatternView } from '../../../lib/shared/pattern-view.ts';
import { spanText } from '../../../lib/shared/screen-text.ts';
import { decimalText } from './figure-text.ts';

type Spectrum = PatternView['spectrum'];

const stepsMs = [5, 10, 15, 20, 30, 60, 120, 240, 360, 720, 1440].map(
  (minutes) => minutes * 60_000,
);
const ticksMax = 6;

/** Round periods within the spectrum, whatever the order of its points. */
export function spectrumTicks(spectrum: Spectrum): number[] {
  const periods = spectrum.map(({ periodMs }) => periodMs);
  const first = periods.reduce(
    (least, period) => Math.min(least, period),
    Number.POSITIVE_INFINITY,
  );
  const last = periods.reduce((most, period) => Math.max(most, period), 0);
  if (!(last >= first)) return [];
  const step = stepsMs.find((each) => (last - first) / each <= ticksMax) ?? last - first;
  const ticks: number[] = [];
  for (let tick = Math.ceil(first / step) * step; tick <= last; tick += step) ticks.push(tick);
  return ticks.length > 0 ? ticks : [first];
}

export function spectrumSummary(spectrum: Spectrum): string {
  const peak = spectrum.reduce<Spectrum[number] | null>(
    (most, point) => (most === null || point.z > most.z ? point : most),
    null,
  );
  if (peak === null) return 'no period was tried.';
  return `strongest at ${spanText(peak.periodMs)}, z ${decimalText(peak.z)}.`;
}
