/**
 * Causes read out of an audit log alone, whatever envelope design made it. Where an event claims its
 * cause, that is taken, as a claim; else it is inferred stream by stream from contexts, processes
 * and times, by rules whose share of right answers was measured. What nothing tells is unknown.
 */
import type { LogUse } from '../../domain/log-use.ts';
import { causeOf } from '../../shared/causes.ts';
import { type History, historyOf, roleOf } from './history.ts';
import { graceMs, judgeLoads } from './judge-loads.ts';
import { type AtOnce, judgeMakings, mostAtOnce } from './judge-makings.ts';
import { type Judged, type Rule, ruleConfidence, unknown } from './judged.ts';
import { type Edge, lowerEdge } from './lower-edge.ts';
import { type Probe, probesOf } from './probes.ts';
import { type LearntName, learnNames, scopesOf } from './scopes.ts';
import { type Stream, streamsOf } from './streams.ts';

export interface InferredUse extends LogUse {
  cause: string;
  how: 'claimed' | 'inferred';
  /** In (0, 1]. */
  confidence: number;
  rule: Rule | null;
}

/** What a stream of uses shows of the design behind it. */
export interface StreamFinding {
  key: string | null;
  principal: string;
  invokedBy: string | null;
  uses: number;
  names: readonly LearntName[];
  contexts: number;
  processes: number;
  /** A context stands for one data key, for many, or the log can't tell. */
  identity: 'key' | 'scope' | 'none' | 'unknown';
  ttl: Edge | null;
  /** The shortest wait between two loads of one key by one process. */
  shortestMs: number | null;
  /** How long a key waits for its next use once its lease has ended, on average. */
  untilUseMs: number | null;
  lifetimeMs: number | null;
  probes: readonly Probe[];
  /** The most keys that one process made at once for one context. */
  atOnce: AtOnce | null;
  /** Of a service's requests: what it asked for, such as buckets; most first. */
  places: readonly string[];
}

export interface Inferred {
  uses: InferredUse[];
  findings: StreamFinding[];
}

export interface ToldOfService {
  /** The TTL that is promised: taken where the log is too short to show its own and bears that one out. */
  ttlMs: number | null;
}

/** Uses in the order given, which must be that of time, each with its cause. */
export function inferCauses(
  uses: readonly LogUse[],
  known: ToldOfService = { ttlMs: null },
): Inferred {
  const judged = new Map<LogUse, Judged>();
  const [logFrom, logTo] = [uses[0]?.at ?? 0, uses.at(-1)?.at ?? 0];
  const findings = streamsOf(uses).map((stream) => {
    const { finding, judge } = judgeStream(stream, { logFrom, logTo }, known);
    for (const [index, use] of stream.uses.entries()) judged.set(use, judge(index));
    return finding;
  });
  return {
    uses: uses.map((use) => told(use, judged.get(use) ?? unknown)),
    findings: findings.sort((a, b) => b.uses - a.uses),
  };
}

function told(use: LogUse, { cause, rule, assumed }: Judged): InferredUse {
  return use.claimCause === null
    ? {
        ...use,
        cause,
        how: 'inferred',
        confidence: ruleConfidence[rule] * (assumed ? 0.5 : 1),
        rule,
      }
    : { ...use, cause: causeOf(use.claimCause), how: 'claimed', confidence: 1, rule: null };
}

function judgeStream(
  stream: Stream,
  log: { logFrom: number; logTo: number },
  { ttlMs }: ToldOfService,
): { finding: StreamFinding; judge: (index: number) => Judged } {
  const { uses, values, principal, invokedBy } = stream;
  const history = historyOf(stream);
  const learnt = learnNames(stream);
  const scopes = scopesOf(stream, learnt, { oneScope: replaceInTurn(stream, history, learnt) });
  const probes = probesOf(stream);
  const edge =
    values.length === 0 ? null : ttlOf(history, (uses.at(-1)?.at ?? 0) - (uses[0]?.at ?? 0));
  const lifetimeMs = lifetimeOf(stream, history, scopes);
  const made = history.makings.filter(({ length }) => length > 0);
  const oneKeyEach = made.length >= 5 && made.every(({ length }) => length <= 2);
  const manyKeys = made.length > 0 && made.some(({ length }) => length > 3);
  // Ours lease for an hour unless told otherwise: too short a log is told by that, at half the confidence.
  const assumed = edge === null && stream.names.includes('keytide:dek') ? ourPreset : null;
  const promised = edge === null && ttlMs !== null && bearsOut(history, ttlMs);
  const loads = judgeLoads({
    ...{ stream, history, lifetimeMs, oneKeyEach, scopes, ...log },
    edge: edge ?? (promised ? edgeAt(ttlMs) : assumed),
  });
  const encryptMakes = oneKeyEach || wrapsKeys(history);
  const makings = judgeMakings({ stream, history, scopes, encryptMakes, ...log });
  const finding: StreamFinding = {
    key: stream.key,
    principal,
    invokedBy,
    uses: uses.length,
    names: learnt,
    contexts: values.length,
    processes: stream.processNames.length,
    identity:
      values.length === 0
        ? 'none'
        : edge !== null || oneKeyEach
          ? 'key'
          : manyKeys
            ? 'scope'
            : 'unknown',
    ttl: edge,
    shortestMs:
      history.waitsMs.length === 0 ? null : history.waitsMs.reduce((a, b) => Math.min(a, b)),
    untilUseMs: edge === null ? null : untilUseOf(history, edge.ms),
    lifetimeMs,
    probes,
    atOnce: mostAtOnce(stream),
    places: invokedBy === null ? [] : placesOf(stream),
  };
  const named = namedBy(stream);
  return { finding, judge };

  function judge(index: number): Judged {
    const use = uses[index];
    if (use === undefined) return unknown;
    if (named !== null) return named;
    const isProbe = probes.some(
      (probe) =>
        probe.operation === use.operation && probe.process === (stream.processes[index] ?? 0),
    );
    if (isProbe) return { cause: 'probe', rule: 'steady in time' };
    if (isBrowser(use.userAgent)) return { cause: 'console', rule: 'browser or console' };
    const role = roleOf(use.operation);
    if (role === 'load')
      return manyKeys && edge === null && assumed === null && !promised ? unknown : loaded(index);
    return role === 'making' ? makings(index) : unknown;
  }

  function loaded(index: number): Judged {
    const judged = loads(index);
    return assumed === null || promised ? judged : { ...judged, assumed: true };
  }
}

const hourMs = 3_600_000;
const edgeAt = (ms: number): Edge => ({ ms, fromMs: ms, toMs: ms, waits: 0, below: 0 });
const ourPreset = edgeAt(hourMs);

/** Keys are asked for again, and hardly ever before this time. */
function bearsOut({ waitsMs }: History, ttlMs: number): boolean {
  const below = waitsMs.filter((wait) => wait < ttlMs - graceMs).length;
  return waitsMs.length > 0 && below <= 0.12 * waitsMs.length;
}

/** Null where no lease ended in use. */
function untilUseOf({ waitsMs }: History, ttlMs: number): number | null {
  const over = waitsMs.filter((wait) => wait >= ttlMs && wait < 2 * ttlMs);
  const sum = over.reduce((all, wait) => all + wait - ttlMs, 0);
  return over.length === 0 ? null : sum / over.length;
}

/** A service that asks for somebody is named by the log itself. */
function namedBy({ invokedBy }: Stream): Judged | null {
  return invokedBy === null ? null : { cause: 'service', rule: 'named by the log' };
}

/** The bucket or resource that a service's contexts name, without what lies in it. */
function placesOf({ values, contexts }: Stream): string[] {
  const counts = new Map<string, number>();
  for (const context of contexts) {
    const arn = (values[context] ?? []).find(([, value]) => value.startsWith('arn:'))?.[1];
    const place = arn?.split(':').slice(5).join(':').split('/')[0];
    if (place) counts.set(place, (counts.get(place) ?? 0) + 1);
  }
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([place]) => place)
    .slice(0, 10);
}

const isBrowser = (agent: string | null): boolean =>
  agent !== null && /Mozilla\/|console\.amazonaws\.com|AWS-?Console|S3Console/i.test(agent);

/** Encrypts whose contexts are decrypted afterwards, each made once or twice, wrap data keys. */
function wrapsKeys({ makings, loads }: History): boolean {
  const made = makings.flatMap((own, context) => (own.length > 0 ? [context] : []));
  const borne = made.filter((context) => (loads[context] ?? []).length > 0);
  const single = made.filter((context) => (makings[context] ?? []).length <= 2);
  return borne.length >= 1 && single.length >= 0.9 * made.length;
}

/** One storm of re-asks has an edge as well: a TTL's comes again and again. */
function ttlOf({ waitsMs, endsAt }: History, spanMs: number): Edge | null {
  const edge = lowerEdge(waitsMs);
  if (edge === null) return null;
  const ends = waitsMs.flatMap((wait, index) =>
    wait >= edge.ms - 2_500 && wait < 1.5 * edge.ms ? [endsAt[index] ?? 0] : [],
  );
  const turns = new Set(ends.map((at) => Math.floor((2 * at) / edge.ms)));
  const lastsMs = (ends.at(-1) ?? 0) - (ends[0] ?? 0);
  return turns.size >= turnsMin && lastsMs >= lastsShareMin * (spanMs - edge.ms) ? edge : null;
}

const turnsMin = 3;
const lastsShareMin = 0.2;
const dayMs = 86_400_000;
const turnMsMin = 10 * 60_000;

/**
 * Whether keys without a named owner are all one owner's: made one at a time, at a distance that
 * has a lower edge, as rotation leaves it. Objects and tenants come as they please.
 */
function replaceInTurn(
  { uses }: Stream,
  { makings }: History,
  learnt: readonly LearntName[],
): boolean {
  if (learnt.some(({ role }) => role === 'owner')) return false;
  const at = makings
    .flatMap((own) => own.slice(0, 1).map((index) => uses[index]?.at ?? 0))
    .sort((a, b) => a - b);
  const waits = at.slice(1).map((made, no) => made - (at[no] ?? made));
  const apart = waits.filter((wait) => wait > turnMsMin);
  return apart.length >= 3 && apart.length >= 0.9 * waits.length && lowerEdge(apart) !== null;
}

/** The age at which keys of one scope are replaced: the lower edge of waits between makings. */
function lifetimeOf({ uses }: Stream, { makings }: History, scopes: Int32Array): number | null {
  const byScope = new Map<number, number[]>();
  for (const [context, own] of makings.entries()) {
    const scope = scopes[context] ?? -1;
    const all = byScope.get(scope) ?? [];
    byScope.set(scope, all);
    for (const index of own) all.push(uses[index]?.at ?? 0);
  }
  const waits = [...byScope.values()].flatMap((made) => {
    const sorted = made.sort((a, b) => a - b);
    return sorted.slice(1).map((at, no) => at - (sorted[no] ?? at));
  });
  const long = waits.filter((wait) => wait >= 60_000).sort((a, b) => a - b);
  if (long.length < 5) return long.length > 0 ? Math.min(dayMs, long[0] ?? dayMs) : null;
  return lowerEdge(long)?.ms ?? long[Math.floor(long.length / 10)] ?? null;
}
