import type { MarkerView } from '../../../lib/shared/markers-view.ts';

/** Markers that stand at one place of the row, and how much of it their text may take, both in [0, 1] of its width. */
export interface Flag {
  at: number;
  room: number;
  /** The text ends at its mark instead of beginning there. */
  isBefore: boolean;
  markers: readonly MarkerView[];
  /** A change of the key, else the first. */
  named: MarkerView | undefined;
}

/** Closer than this they would hide one another, and a finger would not tell them apart. */
const apartMin = 0.06;
/** A text with less room than this stands at the other side of its mark, if there is more. */
const roomMin = 0.2;

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
  const gaps = flags.map(({ at }, no) => (flags[no + 1]?.at ?? 1) - at);
  const gapBefore = (no: number) => gaps[no - 1] ?? flags[no]?.at ?? 0;
  const isBefore = gaps.map((gap, no) => gap < roomMin && gapBefore(no) / 2 > gap);
  return flags.map(({ at, markers }, no) => ({
    at,
    markers,
    named: markers.find(({ kind }) => kind === 'key') ?? markers[0],
    isBefore: isBefore[no] === true,
    // Two texts in one gap share it.
    room: isBefore[no] ? gapBefore(no) / 2 : (gaps[no] ?? 0) / (isBefore[no + 1] ? 2 : 1),
  }));
}
