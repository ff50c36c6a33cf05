/**
 * Logs of envelope services of other designs than ours, each with its truth: what every event was
 * made for. Who makes them knows no rule of what explains them. Causes that a design makes equal
 * (the first read of an object is its key's first load and a request without a cache) are several.
 */
import type { LogUse } from '../../lib/domain/log-use.ts';
import { designs, person } from './simulated-designs.ts';
import { Log } from './simulated-log.ts';

export interface SimulatedLog {
  name: string;
  uses: LogUse[];
  /** Causes that are right, by event. */
  truth: Map<string, readonly string[]>;
  /** The TTL in force by principal, ms, where re-validations show it. */
  ttls: Map<string, number>;
  /** A context or a claim is there to tell by. */
  hasContext: boolean;
}

/** A log by its seed: one design, or several of them on one key, with a person now and then. */
export function simulatedLog(seed: number): SimulatedLog {
  const log = new Log(seed * 7919 + 17);
  const first = designs[seed % (designs.length + 2)] ?? null;
  const chosen =
    first === null
      ? [...new Set([log.pick(designs), log.pick(designs), log.pick(designs)])]
      : [first];
  if (log.random() < 0.2) chosen.push(['a person', person]);
  for (const [, design] of chosen) design(log);
  // Two of one kind in a mixture would be one service of two TTLs.
  log.uses.sort((a, b) => a.at - b.at);
  return {
    name: chosen.map(([name]) => name).join(' and '),
    uses: log.uses,
    truth: log.truth,
    ttls: log.ttls,
    hasContext: log.hasContext,
  };
}
