import type { MarkerView } from '../../../lib/shared/markers-view.ts';

/** Markers that stand at one place of the row, and how far it is to the next, both in [0, 1] of its width. */
export interface Flag {
  at: number;
  room: number;
  markers: readonly MarkerView[];
}

/** Closer than this they would hide one another, and a finger would not tell them apart. */
const apartMin = 0.03;

/** The markers within `[from, to)` as flags, left to right; each marker is in one. */
export function markerFlags(
  markers: readonly MarkerView[],
  { from, to }: { from: number; to: number },
): Flag[] {
  const flags: { at: number; markers: MarkerView[] }[] = [];
  for (const marker of markers) {
    if (marker.at < from || marker.at >= to) continue;
    const at = (marker.at - from) / (to - from);
    const last = flags.at(-1);
    if (last && at - last.at < apartMin) last.markers.push(marker);
    else flags.push({ at, markers: [marker] });
  }
  return flags.map((flag, no) => ({ ...flag, room: (flags[no + 1]?.at ?? 1) - flag.at }));
}
