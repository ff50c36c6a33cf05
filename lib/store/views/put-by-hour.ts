const minuteMs = 60_000;
const minutesPerHour = 60;

/** Puts counts, whose minutes are since 1970, into sixties by their hour's start (epoch ms). */
export function putByHour(hours: Map<number, number[]>): (at: number, n: number) => void {
  let start = Number.NaN;
  let counts: number[] = [];
  return (at, n) => {
    const minute = at % minutesPerHour;
    // Counts come in order of time.
    if (at - minute !== start) {
      start = at - minute;
      const hour = start * minuteMs;
      counts = hours.get(hour) ?? new Array<number>(minutesPerHour).fill(0);
      hours.set(hour, counts);
    }
    counts[minute] = (counts[minute] ?? 0) + n;
  };
}
