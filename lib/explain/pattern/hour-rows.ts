/** The rows of the heatmap of minute of the hour by hour. Pure. */

import type { HourRow } from '../../shared/pattern-view.ts';
import type { TimeWindow } from '../../shared/time-window.ts';
import type { MinuteSeries } from '../spikes/detect-spikes.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** One row for each hour that the window touches; minutes outside the window count zero. `start` is a whole minute. */
export function hourRows(
  { start, counts }: MinuteSeries,
  { from, to, completeUntil }: TimeWindow & { completeUntil: number | null },
): HourRow[] {
  const rows: HourRow[] = [];
  for (let hour = Math.floor(from / hourMs) * hourMs; hour < to; hour += hourMs) {
    const minutes = Array.from({ length: 60 }, (_, minute) => {
      const at = hour + minute * minuteMs;
      return at < from || at >= to ? 0 : (counts[(at - start) / minuteMs] ?? 0);
    });
    const end = Math.min(hour + hourMs, to);
    rows.push({ hour, minutes, incomplete: completeUntil === null || end > completeUntil });
  }
  return rows;
}
