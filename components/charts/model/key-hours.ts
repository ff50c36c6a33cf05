/** A key's requests as whole hours from its first to its last, with what changed the key within each. */
import { countText } from '../../../lib/shared/screen-text.ts';

const hourMs = 3_600_000;

export interface KeyHour {
  from: number;
  to: number;
  granted: number;
  refused: number;
  /** The hour in words. */
  text: string;
}

export interface KeyMark {
  eventId: string;
  at: number;
  label: string;
  takes: boolean;
}

export function keyHours(
  hours: readonly { at: number; granted: number; refused: number }[],
  marks: readonly KeyMark[],
): KeyHour[] {
  const instants = [...hours, ...marks].map(({ at }) => Math.floor(at / hourMs) * hourMs);
  const last = instants.reduce((most, at) => Math.max(most, at), -Infinity);
  const byHour = new Map(hours.map((hour) => [hour.at, hour]));
  const found: KeyHour[] = [];
  for (let from = Math.min(...instants); from <= last; from += hourMs) {
    const { granted = 0, refused = 0 } = byHour.get(from) ?? {};
    const changes = marks.filter(({ at }) => at >= from && at < from + hourMs);
    const counts = `${countText(granted)} granted, ${countText(refused)} refused`;
    const text = [counts, ...changes.map(({ label }) => label)].join('; ');
    found.push({ from, to: from + hourMs, granted, refused, text });
  }
  return found;
}
