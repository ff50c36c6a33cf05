import type { BusyHour } from '../../shared/dto.ts';

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
