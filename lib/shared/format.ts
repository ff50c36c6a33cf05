/** Numbers and times as text. Instants are epoch ms and shown in UTC. */

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

export const formatNumber = (n: number): string => whole.format(n);

/** "1 request", "2,041 requests". */
export function formatCount(n: number, one: string, many = `${one}s`): string {
  return `${formatNumber(n)} ${n === 1 ? one : many}`;
}

/** A share as a whole percentage that never rounds to 0 or 100 what is neither; "–" of nothing. */
export function formatShare(part: number, all: number): string {
  if (all === 0) return '–';
  const percent = (100 * part) / all;
  if (percent > 0 && percent < 1) return '<1 %';
  if (percent > 99 && percent < 100) return '>99 %';
  return `${Math.round(percent)} %`;
}

/** "45 s", "5 min", "2 h 10 min". */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  const rest = minutes % 60;
  return `${Math.floor(minutes / 60)} h${rest > 0 ? ` ${rest} min` : ''}`;
}

/** "2026-11-23 14:03". */
export const formatUtcMinute = (at: number): string =>
  new Date(at).toISOString().slice(0, 16).replace('T', ' ');

/** "2026-11-23 14:03:09". */
export const formatUtcSecond = (at: number): string =>
  new Date(at).toISOString().slice(0, 19).replace('T', ' ');
