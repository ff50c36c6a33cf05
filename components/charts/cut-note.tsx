import type { TimeWindow } from '../../lib/shared/time-window.ts';
import { cutStops } from './model/plot.ts';

/** Why a bucket at an edge of the window is pale. */
export function CutNote({
  buckets,
  within,
}: {
  buckets: readonly { start: number; end: number }[];
  within: TimeWindow;
}) {
  const stops = buckets.map(({ start, end }) => ({ from: start, to: end }));
  if (cutStops(stops, within).length === 0) return null;
  return <p className="note">Pale at the edge: only a part of that bucket lies in the window.</p>;
}
