import type { MinutePart } from '../domain/window-facts.ts';
import type { BusyMinute } from '../shared/dto.ts';
import { minuteSentence } from './sentences.ts';

export interface BusyMinuteFacts extends BusyMinute {
  /** Most processes that any one cause came from. */
  processes: number;
}

/** Minutes with their causes, busiest first; equal ones by time. Each minute's causes sum to its calls. */
export function busiestMinutes(parts: readonly MinutePart[]): BusyMinuteFacts[] {
  const byMinute = new Map<number, MinutePart[]>();
  for (const part of parts) byMinute.set(part.minute, [...(byMinute.get(part.minute) ?? []), part]);
  const minutes = [...byMinute].map(([minute, own]) => minuteOf(minute, own));
  return minutes.sort((a, b) => b.calls - a.calls || a.minute - b.minute);
}

function minuteOf(minute: number, parts: readonly MinutePart[]): BusyMinuteFacts {
  const causes: Record<string, number> = {};
  for (const { cause, calls } of parts) causes[cause] = (causes[cause] ?? 0) + calls;
  const calls = Object.values(causes).reduce((sum, n) => sum + n, 0);
  const [mainCause = '', main = 0] = Object.entries(causes).reduce(
    (a, b) => (b[1] > a[1] ? b : a),
    ['', 0],
  );
  const processes = Math.max(0, ...parts.map((part) => part.processes));
  const facts = {
    minute,
    calls,
    causes,
    mainCause,
    mainShare: calls === 0 ? 0 : main / calls,
    processes,
  };
  return { ...facts, sentence: minuteSentence(facts) };
}
