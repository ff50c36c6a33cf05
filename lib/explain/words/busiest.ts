import type { MinutePart } from '../../domain/window-facts.ts';
import { addTo } from '../../shared/counts.ts';
import type { BusyHour } from '../../shared/dto.ts';
import type { SpikeUnit } from '../../shared/spike-view.ts';
import { type BusyMinuteFacts, minuteSentence } from './sentences.ts';

/** Minutes with their causes, busiest first; equal ones by time. Each minute's causes sum to its calls. */
export function busiestMinutes(
  parts: readonly MinutePart[],
  unit: SpikeUnit = 'calls',
): BusyMinuteFacts[] {
  const byMinute = new Map<number, MinutePart[]>();
  for (const part of parts) byMinute.set(part.minute, [...(byMinute.get(part.minute) ?? []), part]);
  const minutes = [...byMinute].map(([minute, own]) => minuteOf(minute, own, unit));
  return minutes.sort((a, b) => b.calls - a.calls || a.minute - b.minute);
}

/** Hours with most calls, busiest first; equal ones by time. */
export function busiestHours(
  parts: readonly { start: number; measure: string; label: string; n: number }[],
  hoursMax: number,
): BusyHour[] {
  const hours = new Map<number, Map<string, number>>();
  for (const { start, measure, label, n } of parts) {
    if (measure !== 'calls') continue;
    const causes = hours.get(start) ?? new Map<string, number>();
    causes.set(label, (causes.get(label) ?? 0) + n);
    hours.set(start, causes);
  }
  const all = [...hours].map(([hour, causes]): BusyHour => {
    const calls = [...causes.values()].reduce((sum, n) => sum + n, 0);
    const [mainCause, main] = mostOf(causes);
    return { hour, calls, mainCause, mainShare: calls === 0 ? 0 : main / calls };
  });
  return all.sort((a, b) => b.calls - a.calls || a.hour - b.hour).slice(0, hoursMax);
}

/** The cause of most calls; of equal ones the first. */
export function mostOf(causes: Iterable<[string, number]>): [cause: string, n: number] {
  let most: [string, number] = ['', 0];
  for (const entry of causes) if (entry[1] > most[1]) most = entry;
  return most;
}

function minuteOf(minute: number, parts: readonly MinutePart[], unit: SpikeUnit): BusyMinuteFacts {
  const sums = new Map<string, number>();
  for (const { cause, calls } of parts) addTo(sums, cause, calls);
  const calls = [...sums.values()].reduce((sum, n) => sum + n, 0);
  const [mainCause, main] = mostOf(sums);
  const processes = Math.max(0, ...parts.map((part) => part.processes ?? 0));
  const facts = {
    minute,
    calls,
    causes: Object.fromEntries(sums),
    mainCause,
    mainShare: calls === 0 ? 0 : main / calls,
    processes,
  };
  return { ...facts, sentence: minuteSentence(facts, unit) };
}
