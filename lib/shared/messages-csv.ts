import { parseInstant } from './instants.ts';
import type { TimeWindow } from './time-window.ts';

/** Messages a user counted in the hour that starts at `hour`, epoch ms. */
export interface HourMessages {
  hour: number;
  messages: number;
}

const hourMs = 3_600_000;
const hourPattern = /^(\d{4}-\d{2}-\d{2}[T ]\d{2})(:\d{2}(?::\d{2})?)?(Z|[+-]\d{2}:?\d{2})?$/;

/** Parses `hour,messages` lines (ISO hours with offset or Z; UTC without); the first line may be a heading. */
export function parseMessages(csv: string): {
  value: HourMessages[];
  rejected: { ref: number; reason: string }[];
} {
  const value: HourMessages[] = [];
  const rejected: { ref: number; reason: string }[] = [];
  for (const [index, line] of csv
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const [hourText = '', count = ''] = line.split(',').map((field) => field.trim());
    if (line.trim() === '' || (index === 0 && hourText === 'hour')) continue;
    const [, day = '', minutes = ':00', zone = 'Z'] = hourPattern.exec(hourText) ?? [];
    const hour = parseInstant(`${day}${minutes}${zone}`);
    if (hour === null) rejected.push({ ref: index + 1, reason: `${hourText} is no ISO hour` });
    else if (!/^\d{1,12}$/.test(count))
      rejected.push({ ref: index + 1, reason: `${count} is no count` });
    else value.push({ hour, messages: Number(count) });
  }
  return { value, rejected };
}

/** The average in each whole hour of the window; none where it is unknown. */
export function hourlyMessages(
  { messagesPerHour }: { messagesPerHour: number | null },
  { from, to }: TimeWindow,
): HourMessages[] {
  if (messagesPerHour === null) return [];
  const first = Math.ceil(from / hourMs) * hourMs;
  const hours = Math.max(0, Math.floor((to - first) / hourMs));
  return Array.from({ length: hours }, (_, no) => ({
    hour: first + no * hourMs,
    messages: messagesPerHour,
  }));
}

/** Messages of the hours that begin in the window. */
export function sumMessages(hours: readonly HourMessages[], { from, to }: TimeWindow): number {
  const first = Math.floor(from / hourMs) * hourMs;
  return hours.reduce(
    (sum, { hour, messages }) => (hour >= first && hour < to ? sum + messages : sum),
    0,
  );
}
