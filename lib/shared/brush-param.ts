/** A part of the heatmap as a URL holds it: `2026-01-02T03:00Z/2026-01-02T09:00Z/5-12`, hours and minutes of them. */
import { parseInstant } from './instants.ts';
import type { Brush } from './pattern-view.ts';
import { urlInstant } from './window-param.ts';

const hourMs = 3_600_000;

export function parseBrush(text: string): Brush | null {
  const [, start = '', end = '', first = '', last = ''] =
    /^([^/]+)\/([^/]+)\/(\d{1,2})-(\d{1,2})$/.exec(text) ?? [];
  const [from, to] = [parseInstant(start), parseInstant(end)];
  const [firstMinute, lastMinute] = [Number(first), Number(last)];
  if (from === null || to === null || first === '') return null;
  if (from >= to || from % hourMs !== 0 || to % hourMs !== 0) return null;
  if (firstMinute > lastMinute || lastMinute > 59) return null;
  return { from, to, firstMinute, lastMinute };
}

export const brushText = ({ from, to, firstMinute, lastMinute }: Brush): string =>
  `${urlInstant(from)}/${urlInstant(to)}/${firstMinute}-${lastMinute}`;
