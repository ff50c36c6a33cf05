/** Logs in which causes occur that the simulated services hardly show, planted with their truth. */
import { inferCauses } from '../../lib/explain/log-only/infer-causes.ts';
import { withDeploys } from '../../lib/explain/log-only/told-deploys.ts';
import { isRight, type RuleScore } from './infer-scores.ts';
import { fleetOf, type Host } from './simulated-fleet.ts';
import { dayMs, hourMs, Log, minuteMs } from './simulated-log.ts';
import { simulatedLog } from './simulated-logs.ts';

const ttlMs = 30 * minuteMs;

/** A service whose hosts share keys named by their time, and the log of it from an instant on. */
class Service {
  readonly log: Log;
  readonly #hosts: Host[];
  /** For each host, when it last loaded each key since it started. */
  readonly #held = new Map<number, Map<string, number>>();
  readonly #from: number;

  constructor(log: Log, given: { hosts: number; restarts: number; from: number; to: number }) {
    this.log = log;
    this.#from = given.from;
    const { hosts: count, restarts, to } = given;
    this.#hosts = fleetOf(log, { count, restarts, from: log.from, to });
  }

  make(given: { at: number; host: number; scope: number }, truth: string): string {
    const time = Math.floor(given.at).toString(16).padStart(12, '0');
    const id = `${time}${this.log.hex(20)}`;
    this.#heldBy(given).set(id, given.at);
    this.#add({ ...given, id, operation: 'GenerateDataKey', truth });
    return id;
  }

  /** `truth`: why a host asks that never held it. */
  read(given: { at: number; host: number; scope: number; id: string }, truth: string): void {
    const held = this.#heldBy(given);
    const before = held.get(given.id);
    if (before !== undefined && given.at < before + ttlMs) return;
    held.set(given.id, given.at);
    const again = given.at < (before ?? 0) + 2 * ttlMs ? 'load.expired' : 'load.reopened';
    const cause = before === undefined ? truth : again;
    this.#add({ ...given, operation: 'Decrypt', truth: cause });
  }

  #heldBy({ host, at }: { host: number; at: number }): Map<string, number> {
    const starts = this.#hosts[host]?.restarts.filter((start) => start <= at).length ?? 0;
    const life = starts * this.#hosts.length + host;
    const held = this.#held.get(life) ?? new Map<string, number>();
    this.#held.set(life, held);
    return held;
  }

  #add(given: {
    at: number;
    host: number;
    scope: number;
    id: string;
    operation: string;
    truth: string;
  }): void {
    const { at, host, scope, id, operation, truth } = given;
    const caller = this.#hosts[host]?.caller(at);
    if (caller === undefined || at < this.#from) return;
    const context = { tenant: `t${scope}`, dek: id };
    this.log.add({ at, operation, who: 'AROASHARED', caller, context, truth: [truth] });
  }
}

/**
 * Hosts that find a key due at once make one each; all but one then take over that one's. Where keys are replaced
 * quickly, a host also reads another's new key soon after it made one itself.
 */
function racesLog(seed: number): Log {
  const log = new Log(seed * 104_729 + 3);
  const [hosts, scopes] = [log.between(2, 6), log.between(3, 20)];
  const to = log.from + dayMs;
  const service = new Service(log, { hosts, restarts: 0, from: log.from, to });
  const everyMs = log.pick([1, 2, 4]) * hourMs;
  const quick = log.chance(0.3);
  for (let scope = 0; scope < scopes; scope++)
    for (
      let at = log.from + log.wait(everyMs / 4);
      at < to;
      at += everyMs + log.wait(5 * minuteMs)
    ) {
      const [host, other] = [log.between(0, hosts - 1), log.between(0, hosts - 1)];
      const id = service.make({ at, host, scope }, 'dek.rotation');
      if (other !== host && log.chance(0.4)) {
        service.make({ at: at + log.random() * 900, host: other, scope }, 'dek.rotation');
        const took = at + 900 + log.random() * 1_500;
        service.read({ at: took, host: other, scope, id }, 'dek.adopted');
      } else if (other !== host && quick) {
        const next = at + 2_000 + log.wait(4_000);
        const second = service.make({ at: next, host: other, scope }, 'dek.rotation');
        service.read({ at: next + log.wait(4_000), host, scope, id: second }, 'load.first');
      }
      for (let use = at + log.wait(5 * minuteMs); use < at + everyMs; use += log.wait(5 * minuteMs))
        service.read({ at: use, host: log.between(0, hosts - 1), scope, id }, 'load.first');
    }
  return log;
}

/** The second half of a service's life: keys from before are read by hosts that never held them, or that did. */
function midLifeLog(seed: number): Log {
  const log = new Log(seed * 15_485_863 + 5);
  const [hosts, scopes] = [log.pick([1, 2, 4, 8, 12]), log.between(5, 30)];
  const restarts = log.pick([0, 1, 4]);
  const [from, to] = [log.from + 3 * dayMs, log.from + 5 * dayMs];
  const service = new Service(log, { hosts, restarts, from, to });
  const reads: { at: number; scope: number; id: string }[] = [];
  for (let scope = 0; scope < scopes; scope++)
    for (let at = log.from; at < to; at += dayMs) {
      const id = service.make({ at: at + log.wait(hourMs), host: 0, scope }, 'dek.rotation');
      const fresh = log.wait(20 * minuteMs);
      for (let use = at + 2 * hourMs; use < at + dayMs; use += fresh + log.wait(20 * minuteMs))
        reads.push({ at: use, scope, id });
      // Old data is opened now and then.
      const opened = at + dayMs + log.wait(2 * dayMs);
      if (log.chance(0.7)) reads.push({ at: opened, scope, id });
    }
  for (const read of reads.sort((a, b) => a.at - b.at))
    service.read({ ...read, host: log.between(0, hosts - 1) }, 'load.first');
  return log;
}

/** Of the rules that nothing else measures, how often each is right. */
export function rareRules(seeds: readonly number[]): Map<string, RuleScore> {
  const scores = new Map<string, RuleScore>();
  const count = (rule: string, right: boolean) => {
    const score = scores.get(rule) ?? { right: 0, wrong: 0 };
    scores.set(rule, score);
    score[right ? 'right' : 'wrong'] += 1;
  };
  for (const seed of seeds)
    for (const log of [racesLog(seed), midLifeLog(seed)]) {
      const uses = log.uses.sort((a, b) => a.at - b.at);
      for (const { eventId, cause, rule } of inferCauses(uses).uses)
        if (
          rule === 'another one’s key, just made' ||
          rule === 'first seen, a key from before the log'
        )
          count(rule, isRight(cause, log.truth.get(eventId) ?? []));
    }
  for (const seed of seeds) {
    const { uses, truth, restarts, ttls } = simulatedLog(seed);
    if (restarts.length === 0) continue;
    const [ttl = null] = ttls.values();
    const deploys = [...restarts].sort((a, b) => a - b);
    for (const one of withDeploys(inferCauses(uses).uses, { deploys, ttlMs: ttl }))
      if (one.rule === 'asked for after a deploy')
        count(one.rule, isRight(one.cause, truth.get(one.eventId) ?? []));
  }
  return scores;
}
