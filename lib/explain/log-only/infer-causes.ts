/**
 * Causes read from an audit log alone, of whatever envelope design. A cause that an event claims is taken, as claimed.
 * Otherwise it is inferred stream by stream from contexts, processes and times, by rules whose share of right answers
 * was measured. What nothing tells is unknown.
 */
import type { LogUse } from '../../domain/log-use.ts';
import { causeOf } from '../../shared/causes.ts';
import { type DeniedBetween, denialsOf, failuresOf } from './failures.ts';
import { type History, historyOf } from './history.ts';
import { jobRunsOf } from './jobs.ts';
import { judgeLoads } from './judge-loads.ts';
import { type AtOnce, judgeMakings, mostAtOnce } from './judge-makings.ts';
import { confidenceOf, type Judged, type Rule, unknown } from './judged.ts';
import { logBeginsOf } from './log-begins.ts';
import { type Edge, graceMs, lowerEdge } from './lower-edge.ts';
import { isOnPace, isPlain, type Probe, probesOf } from './probes.ts';
import type { ProcessBy } from './processes.ts';
import { roleOf } from './roles.ts';
import { needsNoRoom } from './room-for-others.ts';
import { type LearntName, learnNames, scopesOf } from './scopes.ts';
import { type Stream, streamsOf } from './streams.ts';
import { shownTtl } from './ttl-of.ts';

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
  processBy: ProcessBy;
  /** A context stands for one data key, for many, or the log can't tell: it has none, or the export leaves it out. */
  identity: 'key' | 'scope' | 'none' | 'left-out' | 'unknown';
  ttl: Edge | null;
  /** The shortest wait between two loads of one key by one process. */
  shortestMs: number | null;
  /** How long a key waits for its next use after its lease has ended, on average. */
  untilUseMs: number | null;
  lifetimeMs: number | null;
  probes: readonly Probe[];
  /** The most keys that one process made at once for one context. */
  atOnce: AtOnce | null;
  /** What a service asked for, such as buckets; most first. */
  places: readonly string[];
}

export interface Inferred {
  uses: InferredUse[];
  findings: StreamFinding[];
}

export interface ToldOfService {
  /** The promised TTL: taken where the log is too short to show its own but agrees with it. */
  ttlMs: number | null;
}

/** Uses in the order given, which must be that of time, each with its cause. */
export function inferCauses(
  uses: readonly LogUse[],
  known: ToldOfService = { ttlMs: null },
): Inferred {
  const judged = new Map<LogUse, Judged>();
  const logBegins = logBeginsOf(uses);
  const denied = denialsOf(uses);
  const findings = streamsOf(uses).map((stream) => {
    const { finding, judge } = judgeStream(
      stream,
      { logFrom: logBegins(stream.key), denied },
      known,
    );
    const about = { seen: stream.uses.length, isNamed: isNamed(stream) };
    for (const [index, use] of stream.uses.entries())
      judged.set(use, { ...about, ...judge(index) });
    return finding;
  });
  return {
    uses: uses.map((use) => told(use, judged.get(use) ?? unknown)),
    findings: findings.sort((a, b) => b.uses - a.uses),
  };
}

function told(use: LogUse, judged: Judged): InferredUse {
  const { claimCause } = use;
  if (claimCause !== null)
    return { ...use, cause: causeOf(claimCause), how: 'claimed', confidence: 1, rule: null };
  const { cause, rule } = judged;
  return { ...use, cause, how: 'inferred', confidence: confidenceOf(judged), rule };
}

const isNamed = ({ names }: Stream): boolean => names.includes('keytide:dek');

function judgeStream(
  stream: Stream,
  log: { logFrom: number; denied: DeniedBetween },
  toldOfService: ToldOfService,
): { finding: StreamFinding; judge: (index: number) => Judged } {
  const { uses, values, principal, invokedBy } = stream;
  const spanMs = (uses.at(-1)?.at ?? 0) - (uses[0]?.at ?? 0);
  const probes = probesOf(stream);
  const steady = probes.length > 0;
  const { history, edge: step } = learntHistory(stream, { spanMs, steady, denied: log.denied });
  const once = oncePerKey(stream, history);
  // With many keys behind one context, waits tell nothing.
  const edge = once === null ? step : null;
  const lease = edge ?? (once === null ? promisedEdge(history, toldOfService) : null);
  const learnt = learnNames(stream, history);
  const turns = keysInTurn(stream, history, learnt);
  const scopes = scopesOf(stream, learnt, { oneScope: turns > 0 });
  const lifetimeMs = lifetimeOf(stream, history, scopes);
  const made = history.makings.filter(({ length }) => length > 0);
  const oneKeyEach = made.length >= 5 && made.every(({ length }) => length <= 2);
  const manyKeys = made.length > 0 && made.some(({ length }) => length > 3);
  // The name says that a key is wrapped, even before a Decrypt shows it.
  const ours = isNamed(stream);
  const borneOut = oneKeyEach ? made.length : wrappedKeys(history);
  const encryptMakes = ours ? stream.uses.length : borneOut;
  const owned = learnt.some(({ role }) => role === 'owner');
  const known = { stream, history, scopes, lifetimeMs, ...log };
  const makings = judgeMakings({ ...known, encryptMakes, owned, turns });
  const uncached = uncachedOf(history, { oneKeyEach, frequent: makings.frequent });
  const throughout =
    lease === null ? (makings.frequent !== null ? uncached : (once ?? uncached)) : null;
  const loads = judgeLoads({ ...known, throughout, edge: lease });
  const ofLoad = manyKeys && lease === null && throughout === null ? () => unknown : loads;
  const jobRuns = jobRunsOf(stream, history);
  const judge = judgeUses(stream, { probes, jobRuns, ofLoad, ofMaking: makings.judge });
  const finding: StreamFinding = {
    key: stream.key,
    principal,
    invokedBy,
    uses: uses.length,
    names: learnt,
    contexts: values.length,
    processes: stream.processNames.length,
    processBy: toldApartBy(stream),
    identity: identityOf({
      contexts: values.length,
      isLeftOut: stream.isLeftOut,
      oneKey: edge !== null || oneKeyEach,
      manyKeys,
    }),
    ttl: edge,
    shortestMs: shortestOf(history.waitsMs),
    untilUseMs: edge === null ? null : untilUseOf(history, edge.ms),
    lifetimeMs: makings.frequent === null ? lifetimeMs : null,
    probes,
    atOnce: mostAtOnce(stream),
    places: invokedBy === null ? [] : placesOf(stream),
  };
  return { finding, judge };
}

/** Whoever has no session is named by the address. */
const toldApartBy = ({ uses, processBy }: Stream): ProcessBy =>
  uses.every(({ session, sourceIp }) => (session ?? sourceIp) === sourceIp) ? 'address' : processBy;

const shortestOf = (waitsMs: readonly number[]): number | null =>
  waitsMs.length === 0 ? null : waitsMs.reduce((a, b) => Math.min(a, b));

/** What a context stands for: one data key, several, or nobody knows. */
function identityOf(given: {
  contexts: number;
  isLeftOut: boolean;
  oneKey: boolean;
  manyKeys: boolean;
}): StreamFinding['identity'] {
  if (given.contexts === 0) return given.isLeftOut ? 'left-out' : 'none';
  if (given.oneKey) return 'key';
  return given.manyKeys ? 'scope' : 'unknown';
}

/** First what is alike in every design; then a load or a making by what came before it. */
function judgeUses(
  stream: Stream,
  given: {
    probes: readonly Probe[];
    jobRuns: number | null;
    ofLoad: (index: number) => Judged;
    ofMaking: (index: number) => Judged;
  },
): (index: number) => Judged {
  const { jobRuns } = given;
  const failures = failuresOf(stream);
  const named = namedBy(stream);
  const probe: Judged = { cause: 'probe', rule: 'steady in time', weak: !isPlain(given.probes) };
  return (index) => {
    const use = stream.uses[index];
    if (use === undefined) return unknown;
    const failure = failures.get(index);
    if (failure !== undefined) return failure;
    if (named !== null) return named;
    const isProbe = given.probes.some(
      (probe) =>
        probe.operation === use.operation &&
        probe.process === (stream.processes[index] ?? 0) &&
        isOnPace(probe, use.at),
    );
    if (isProbe) return probe;
    if (use.byHand) return { cause: 'console', rule: 'browser or console' };
    if (jobRuns !== null) return { cause: 'job', rule: 'starts at a steady pace', seen: jobRuns };
    const role = roleOf(use.operation);
    if (role === 'load') return given.ofLoad(index);
    return role === 'making' ? given.ofMaking(index) : unknown;
  };
}

/** The TTL that the service's owner told, if keys are asked for again and hardly ever before it. */
function promisedEdge({ waitsMs }: History, { ttlMs }: ToldOfService): Edge | null {
  if (ttlMs === null || waitsMs.length === 0) return null;
  const below = waitsMs.filter((wait) => wait < ttlMs - graceMs).length;
  if (below > earlyShareMax * waitsMs.length) return null;
  // A told TTL needs no waits as evidence.
  const sure = Number.POSITIVE_INFINITY;
  return { ms: ttlMs, fromMs: ttlMs, toMs: ttlMs, waits: sure, below, score: sure };
}

const earlyShareMax = 0.12;

/** Null where no lease ended in use. */
function untilUseOf({ waitsMs }: History, ttlMs: number): number | null {
  const over = waitsMs.filter((wait) => wait >= ttlMs && wait < 2 * ttlMs);
  const sum = over.reduce((all, wait) => all + wait - ttlMs, 0);
  return over.length === 0 ? null : sum / over.length;
}

/** The log itself names a service that asks for somebody. */
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

/** Encrypts wrap data keys where their contexts are decrypted later and were made once or twice: of how many. */
function wrappedKeys({ makings, loads }: History): number {
  const made = makings.flatMap((own, context) => (own.length > 0 ? [context] : []));
  const borne = made.filter((context) => (loads[context] ?? []).length > 0);
  const single = made.filter((context) => (makings[context] ?? []).length <= 2);
  return single.length >= 0.9 * made.length ? borne.length : 0;
}

/** What each process did, and the TTL that shows in it. */
function learntHistory(
  stream: Stream,
  given: { spanMs: number; steady: boolean; denied: DeniedBetween },
): { history: History; edge: Edge | null } {
  const { spanMs, steady } = given;
  const denied = (from: LogUse, to: LogUse) => given.denied(from, to, stream.processBy);
  const history = historyOf(stream, { makersHold: true, denied });
  const byHand = stream.uses[0]?.byHand === true;
  const cached = stream.values.length > 0 && stream.invokedBy === null && !steady && !byHand;
  const shown = cached ? shownTtl(history, spanMs) : null;
  const edge = shown !== null && needsNoRoom(stream, history, shown) ? null : shown;
  const { makerWaitsMs } = history;
  const soon = makerWaitsMs.filter((wait) => wait + graceMs < (edge?.ms ?? 0)).length;
  // Where makers load their own keys before a TTL has passed, they do not keep what they make.
  return soon < 3 || soon < 0.2 * makerWaitsMs.length
    ? { history, edge }
    : { history: historyOf(stream, { makersHold: false, denied }), edge };
}

/** A context asked for again this soon, throughout, is no cached key. */
const soonMs = 20_000;
const soonShareMin = 0.05;

/** Why loads happen where no cache shows: each context is one key, or a key is made for each request. */
function uncachedOf(
  { waitsMs }: History,
  { oneKeyEach, frequent }: { oneKeyEach: boolean; frequent: { weak: boolean } | null },
): Judged | null {
  if (frequent !== null)
    return { cause: 'uncached', rule: 'keys are made for each request', ...frequent };
  if (!oneKeyEach || waitsMs.length < 5) return null;
  const soon = waitsMs.filter((wait) => wait < soonMs).length;
  return soon >= soonShareMin * waitsMs.length
    ? { cause: 'uncached', rule: 'one key, asked for each use', seen: waitsMs.length }
    : null;
}

const keysMin = 20;
const keysPerScopeMin = 4;
const fitsMin = 0.95;

/**
 * With many keys behind one context, nobody sees which key a load is of. But a process that loads no more keys than
 * were made loads each once.
 */
function oncePerKey({ processes }: Stream, { makings, loads }: History): Judged | null {
  const made = makings.reduce((sum, own) => sum + own.length, 0);
  const scopes = makings.filter(({ length }) => length > 0).length;
  if (made < keysMin || made < keysPerScopeMin * scopes) return null;
  let [all, fit] = [0, 0];
  for (const [context, own] of loads.entries())
    for (const ofProcess of Map.groupBy(own, (index) => processes[index] ?? 0).values()) {
      all += ofProcess.length;
      if (ofProcess.length <= (makings[context] ?? []).length + 1) fit += ofProcess.length;
    }
  return all > 0 && fit >= fitsMin * all
    ? { cause: 'load.first', rule: 'no more loads than keys made' }
    : null;
}

const dayMs = 86_400_000;
const turnMsMin = 10 * 60_000;

/**
 * How often a key without a named owner replaced another one; 0 where they do not all belong to one. They do if they
 * are made one at a time, and the distances have a lower edge, as rotation leaves it. Objects and tenants come at any
 * distance.
 */
function keysInTurn({ uses }: Stream, { makings }: History, learnt: readonly LearntName[]): number {
  if (learnt.some(({ role }) => role === 'owner')) return 0;
  const at = makings
    .flatMap((own) => own.slice(0, 1).map((index) => uses[index]?.at ?? 0))
    .sort((a, b) => a - b);
  const waits = at.slice(1).map((made, no) => made - (at[no] ?? made));
  const apart = waits.filter((wait) => wait > turnMsMin);
  const inTurn = apart.length >= 3 && apart.length >= 0.9 * waits.length;
  return inTurn && lowerEdge(apart) !== null ? apart.length : 0;
}

/** The age at which keys of one scope are replaced: the lower edge of the waits between makings. */
function lifetimeOf(
  { uses, invokedBy }: Stream,
  { makings }: History,
  scopes: Int32Array,
): number | null {
  // What a cloud service makes is for its objects.
  if (invokedBy !== null) return null;
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
