/**
 * A vendor's statements on caching and rotation, compared with the log. A log shows requests, not uses: only counts of
 * messages tell that keys were used in between. Pure.
 */
import { isMaking } from '../../shared/causes.ts';
import type { PromiseCheck, PromiseView } from '../../shared/log-view.ts';
import type { HourMessages } from '../../shared/messages-csv.ts';
import { afterText, countText, instantText, nounText, spanText } from '../../shared/screen-text.ts';
import type { InferredUse, StreamFinding } from './infer-causes.ts';
import { graceMs, soundWaitsMin } from './lower-edge.ts';
import { roleOf } from './roles.ts';

export interface PromiseFacts {
  window: { from: number; to: number };
  /** The service's own uses, in order of time; a sample where `sampled`. */
  uses: readonly InferredUse[];
  sampled: boolean;
  findings: readonly StreamFinding[];
  stated: PromiseView['stated'];
  /** Messages as they were counted; none where nobody did. */
  hours: readonly HourMessages[];
  revocations: readonly {
    operation: string;
    at: number;
    lastSuccessAt: number | null;
    firstDenialAt: number | null;
  }[];
}

const hourMs = 3_600_000;
/** A cloud takes at most this long to apply a disabled key everywhere. */
const propagationMsMax = 5 * 60_000;
/** Found and stated are the same within this. */
const slack = 1.02;

export function checkPromise(facts: PromiseFacts): PromiseView {
  const checks = [
    ttlCheck(facts),
    silenceCheck(facts),
    revocationCheck(facts),
    rotationCheck(facts),
  ];
  return { stated: facts.stated, checks };
}

type Told = Pick<PromiseCheck, 'foundMs' | 'verdict' | 'because'>;

const unknown = (because: string, foundMs: number | null = null): Told => ({
  foundMs,
  verdict: 'unknown',
  because,
});

const isWithin = (found: number, stated: number): boolean => found <= stated * slack + graceMs;

/** Each shortest wait is an upper bound of the lease, unless a cache was lost. */
function ttlCheck({ findings, stated: { ttlMs } }: PromiseFacts): PromiseCheck {
  return {
    id: 'ttl',
    label: 'Shortest time between two Decrypts of one data key by one session',
    statedMs: ttlMs,
    ...told(),
  };

  function told(): Told {
    const keyed = findings.filter(({ identity }) => identity === 'key');
    const waits = keyed.flatMap(({ ttl, shortestMs }) => ttl?.ms ?? shortestMs ?? []);
    if (keyed.length === 0)
      return unknown('The log does not show which requests are of one data key.');
    if (waits.length === 0) return unknown('No session asked for one data key twice.');
    const found = waits.reduce((a, b) => Math.max(a, b));
    const shortest = keyed.reduce(
      (least, { shortestMs }) => Math.min(least, shortestMs ?? least),
      found,
    );
    const repeated = keyed.some(({ ttl }) => (ttl?.waits ?? 0) >= soundWaitsMin);
    const edge = `${repeated ? 'Time and again keys' : 'Keys'} are asked for again no sooner than ${spanText(found)} after their load`;
    if (ttlMs === null) return unknown(`${edge}; no TTL is stated.`, shortest);
    if (isWithin(found, ttlMs))
      return {
        foundMs: shortest,
        verdict: 'consistent',
        because: `${edge}: an upper bound of the TTL in force, unless caches were lost in between or several processes share a session.`,
      };
    return unknown(
      `${edge}: either they are used so long without asking, or not used in between, which only counts of messages show.`,
      shortest,
    );
  }
}

/** A message in an hour without a request was read or written under a key asked for before that hour. */
function silenceCheck({
  window,
  uses,
  sampled,
  hours,
  stated: { ttlMs },
}: PromiseFacts): PromiseCheck {
  return {
    id: 'silence',
    label: 'Longest use without asking, as message counts show it',
    statedMs: ttlMs,
    ...told(),
  };

  function told(): Told {
    if (hours.length === 0) return unknown('No counts of messages by the hour are given.');
    if (sampled) return unknown('The log is too large to be read whole: this needs every request.');
    // What was refused gave no key.
    const at = uses.flatMap(({ operation, errorCode, at }) =>
      roleOf(operation) === 'other' || errorCode !== null ? [] : [at],
    );
    const longest = longestUse(at, { window, hours });
    if (longest === null) return unknown('No message was counted after the first request.');
    const { ms, hour, messages, since } = longest;
    if (ms <= 0)
      return {
        foundMs: 0,
        verdict: ttlMs === null ? 'unknown' : 'consistent',
        because: 'Every hour with messages has requests.',
      };
    const which = `${nounText(messages, 'message')} were counted in the hour of ${instantText(hour)}, the last request before it came at ${instantText(since)}`;
    if (ttlMs === null) return unknown(`${which}; no TTL is stated.`, ms);
    return isWithin(ms, ttlMs)
      ? { foundMs: ms, verdict: 'consistent', because: `${which}.` }
      : {
          foundMs: ms,
          verdict: 'not-consistent',
          because: `${which}: keys were used for ${spanText(ms)} without asking, ${spanText(ttlMs)} is stated.`,
        };
  }
}

interface LongestUse {
  ms: number;
  hour: number;
  messages: number;
  since: number;
}

/** By how much, at least, the use of a key outlasts the last instant before it; instants in order. */
function longestUse(
  instants: readonly number[],
  { window, hours }: Pick<PromiseFacts, 'window' | 'hours'>,
): LongestUse | null {
  let longest: LongestUse | null = null;
  let next = 0;
  for (const { hour, messages } of [...hours].sort((a, b) => a.hour - b.hour)) {
    if (messages === 0 || hour < window.from || hour + hourMs > window.to) continue;
    while (next < instants.length && (instants[next] ?? 0) < hour) next++;
    const since = instants[next - 1];
    const inside = instants[next];
    if (since === undefined) continue;
    // A request within the hour may have come before its messages.
    const ms = inside !== undefined && inside < hour + hourMs ? 0 : hour - since;
    if (longest === null || ms > longest.ms) longest = { ms, hour, messages, since };
  }
  return longest;
}

function revocationCheck({ revocations, stated: { ttlMs } }: PromiseFacts): PromiseCheck {
  return {
    id: 'revocation',
    label: 'Latest success after a revocation',
    statedMs: ttlMs,
    ...told(),
  };

  function told(): Told {
    const [first] = revocations;
    if (first === undefined) return unknown('The log has no DisableKey or ScheduleKeyDeletion.');
    const late = (one: (typeof revocations)[number]) =>
      one.lastSuccessAt === null ? 0 : one.lastSuccessAt - one.at;
    const worst = revocations.reduce((a, b) => (late(b) > late(a) ? b : a), first);
    const ms = late(worst);
    const denied =
      worst.firstDenialAt === null
        ? 'no denial is in this log'
        : `the first denial came ${afterText(worst.firstDenialAt - worst.at)}`;
    const last =
      ms === 0 ? 'no request succeeded' : `the last request succeeded ${spanText(ms)} later`;
    const until =
      ttlMs === null || worst.lastSuccessAt === null
        ? ''
        : `; what it loaded was usable until ${instantText(worst.lastSuccessAt + ttlMs)} at the latest, if the TTL is as stated`;
    const which = `After ${worst.operation} at ${instantText(worst.at)} ${last}, ${denied}${until}`;
    if (ms > propagationMsMax)
      return {
        foundMs: ms,
        verdict: 'not-consistent',
        because: `${which}. A cloud tells all of itself within ${spanText(propagationMsMax)}: the key was usable again, or still.`,
      };
    return { foundMs: ms, verdict: 'consistent', because: `${which}.` };
  }
}

function rotationCheck(facts: PromiseFacts): PromiseCheck {
  const { uses, findings, sampled, window, hours } = facts;
  const statedMs = facts.stated.dekLifetimeMs;
  return { id: 'rotation', label: 'Time between two data keys', statedMs, ...told() };

  function told(): Told {
    const keyed = findings.filter(({ identity }) => identity === 'key');
    const made = uses.filter(({ cause }) => isMaking(cause)).map(({ at }) => at);
    if (made.length === 0 || keyed.length === 0)
      return unknown('The log shows no making of a data key that is cached.');
    const found = keyed.reduce<number | null>(
      (least, { lifetimeMs }) =>
        lifetimeMs === null ? least : Math.min(least ?? lifetimeMs, lifetimeMs),
      null,
    );
    const longest = sampled ? null : longestUse(made, { window, hours });
    if (longest !== null && statedMs !== null && !isWithin(longest.ms, statedMs))
      return {
        foundMs: longest.ms,
        verdict: 'not-consistent',
        because: `${nounText(longest.messages, 'message')} were counted in the hour of ${instantText(longest.hour)}; the last data key was made at ${instantText(longest.since)}, ${spanText(longest.ms)} before.`,
      };
    if (found === null)
      return unknown(
        `${nounText(made.length, 'data key was', 'data keys were')} made, none in the place of another.`,
      );
    const every = `A data key is replaced after ${spanText(found)} at the earliest (${countText(made.length)} were made)`;
    if (statedMs === null) return unknown(`${every}; nothing is stated.`, found);
    return isWithin(found, statedMs)
      ? { foundMs: found, verdict: 'consistent', because: `${every}.` }
      : unknown(
          `${every}; a service that rests makes none, and only counts of messages show that it did not.`,
          found,
        );
  }
}
