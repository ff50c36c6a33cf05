/**
 * Logs of envelope services of other designs than ours, each with its truth: what every event was
 * made for. Who makes them knows no rule of what explains them. Causes that a design makes equal
 * (the first read of an object is its key's first load and a request without a cache) are several.
 */
import type { LogUse } from '../../lib/domain/log-use.ts';
import { designs, person } from './simulated-designs.ts';
import { hourMs, Log, minuteMs } from './simulated-log.ts';

export interface SimulatedLog {
  name: string;
  uses: LogUse[];
  /** Causes that are right, by event. */
  truth: Map<string, readonly string[]>;
  /** The TTL in force by principal, ms, where re-validations show it. */
  ttls: Map<string, number>;
  /** When hosts started anew, in any order. */
  restarts: readonly number[];
}

/** A log by its seed: one design, or several of them on one key, with a person now and then. */
export function simulatedLog(seed: number): SimulatedLog {
  const log = new Log(seed * 7919 + 17);
  if (log.chance(0.1)) log.keyless = 0.3;
  const first = designs[seed % (designs.length + 2)] ?? null;
  const chosen =
    first === null
      ? [...new Set([log.pick(designs), log.pick(designs), log.pick(designs)])]
      : [first];
  if (log.chance(0.2)) chosen.push(['a person', person]);
  for (const [, design] of chosen) design(log);
  if (log.chance(0.08)) jump(log);
  log.uses.sort((a, b) => a.at - b.at);
  return {
    name: chosen.map(([name]) => name).join(' and '),
    uses: log.uses,
    truth: log.truth,
    ttls: log.ttls,
    restarts: log.restarts,
  };
}

/** For a while the log's clock is ahead or behind. */
function jump(log: Log): void {
  const from = log.from + log.random() * 6 * hourMs;
  const to = from + log.pick([1, 4, 48]) * hourMs;
  const by = log.pick([-60, -5, 3, 60]) * minuteMs;
  for (const use of log.uses) if (use.at >= from && use.at < to) use.at += by;
}
