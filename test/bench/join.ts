import { assignByTime } from '../../lib/correlate/assign.ts';
import type { TimedAttempt, TimedEvent } from '../../lib/correlate/timed.ts';
import { seededRandom } from '../../lib/domain/seeded-random.ts';
import { sized } from '../support/sized.ts';
import { type BenchOptions, printRow } from './bench-row.ts';

/**
 * For one key and one action: the sandbox's service has 2,000 messages an hour and a third as many requests at most.
 */
const perMinuteDefault = 10;

/**
 * How many pairs are right where neither ids nor claims join: attempts of an hour and the events they left, of which
 * 2 % have lost their attempts; at the default load, at ten and at a hundred times it, with whole seconds and with
 * milliseconds.
 */
export async function benchJoin(options: BenchOptions): Promise<void> {
  const minutes = sized({ ci: 20, long: 240 });
  for (const [load, name] of [
    [1, 'default'],
    [10, 'tenfold'],
    [100, 'hundredfold'],
  ] as const)
    for (const [resolutionMs, grain] of [
      [0.000001, 'fine'],
      [1_000, 'seconds'],
    ] as const) {
      const given = { perMinute: load * perMinuteDefault, minutes, resolutionMs };
      const { assigned, sure } = assignedRight(given);
      const row = (what: string, ours: number, unit: string) =>
        printRow({ name: `join.${what}.${name}.${grain}`, ours, peers: {}, unit }, options);
      row('assigned', assigned, 'of the pairs that are right');
      row('confidence', sure, 'mean confidence of a pair');
    }
}

function assignedRight(given: { perMinute: number; minutes: number; resolutionMs: number }) {
  const { perMinute, minutes, resolutionMs } = given;
  const random = seededRandom(perMinute);
  const attempts: TimedAttempt[] = [];
  const events: TimedEvent[] = [];
  const skewMs = 140;
  for (let number = 0; number < perMinute * minutes; number += 1) {
    const sentAt = random() * minutes * 60_000;
    const durationMs = 4 + random() * 36;
    const at = sentAt + random() * durationMs + skewMs;
    const cut = Math.max(1, resolutionMs);
    const common = { requestId: null, ok: random() > 0.03 };
    events.push({ eventId: `${number}`, at: at - (at % cut), resolutionMs, ...common });
    if (random() < 0.02) continue;
    attempts.push({ id: `${number}`, sentAt, endedAt: sentAt + durationMs, ...common });
  }
  const pairs = assignByTime(attempts, events);
  const right = pairs.filter(({ attempt, event }) => attempt.id === event.eventId).length;
  const sum = pairs.reduce((all, { confidence }) => all + confidence, 0);
  return { assigned: right / attempts.length, sure: sum / pairs.length };
}
