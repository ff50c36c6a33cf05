/**
 * How long a revocation took to bite: from lifecycle events and answers of the KMS, and telemetry where there is some.
 * Pure. A log shows what was asked, never what a process still held: so without telemetry nothing is proven of the
 * promise, which is that no data key is used later than a TTL after the cloud obeyed.
 */
import type {
  Drill,
  DrillCaller,
  DrillChange,
  DrillView,
  RevokedHow,
} from '../../shared/drill-view.ts';
import { type CallerTrace, traceCallers } from './callers.ts';
import { callerId, type DrillFacts, type KeyChange } from './facts.ts';
import { answersIn, type Revocation, revocationsOf } from './revocations.ts';
import { judgeDrill } from './verdict.ts';

/** What services promise where nobody said. */
const presetTtlMs = 3_600_000;
const dayMs = 86_400_000;
const drillsMax = 50;

export function drillOf(facts: DrillFacts): DrillView {
  const revocations = revocationsOf(facts.changes, facts.answers).slice(-drillsMax);
  const refused = revocations.length === 0 ? refusedUntold(facts) : null;
  return {
    key: facts.key,
    state: revocations.length > 0 ? 'drilled' : refused === null ? 'no-event' : 'refused-untold',
    promise: promiseOf(facts),
    log: facts.log,
    telemetry: facts.boots.length > 0,
    refusalsAbsent: facts.refusalsAbsent,
    drills: revocations.map((revocation) => oneDrill(facts, revocation)),
    refused,
  };
}

function promiseOf({ promisedTtlMs, boots }: DrillFacts): DrillView['promise'] {
  if (promisedTtlMs !== null) return { ttlMs: promisedTtlMs, from: 'told' };
  const ttls = boots.flatMap(({ ttlMs }) => ttlMs ?? []);
  if (ttls.length > 0) return { ttlMs: Math.max(...ttls), from: 'telemetry' };
  return { ttlMs: presetTtlMs, from: 'preset' };
}

/** A caller that was granted and then was refused until the end, with no event that says why. */
function refusedUntold({ answers }: DrillFacts): DrillView['refused'] {
  const last = new Map<string, { lastYesAt: number; firstNoAt: number | null; n: number }>();
  for (const { at, refusal, caller } of answers) {
    const name = callerId(caller);
    const one = last.get(name);
    if (refusal === null) last.set(name, { lastYesAt: at, firstNoAt: null, n: 0 });
    else if (refusal !== 'wrong-key' && one !== undefined) {
      one.firstNoAt ??= at;
      one.n += 1;
    }
  }
  const refused = [...last.values()].flatMap(({ lastYesAt, firstNoAt, n }) =>
    firstNoAt === null ? [] : [{ lastYesAt, firstNoAt, n }],
  );
  return refused.reduce<DrillView['refused']>(
    (first, one) => (first === null || one.firstNoAt < first.firstNoAt ? one : first),
    null,
  );
}

function oneDrill(facts: DrillFacts, revocation: Revocation): Drill {
  const { first, end } = revocation;
  const promise = promiseOf(facts);
  const answers = answersIn(facts.answers, first.at - dayMs, end);
  const callers = traceCallers(facts, { answers, revocation, ttlMs: promise.ttlMs });
  const told = callers.filter((one) => one.told);
  const own = told.length > 0 ? told : callers;
  const yeses = own.flatMap(({ yesAfter }) => yesAfter ?? []);
  const nos = own.flatMap(({ firstNo }) => firstNo ?? []);
  const lastYes = latest(yeses);
  const firstNoAt = earliest(nos);
  const darkBy = told.length > 0 ? latestKnown(told.map((one) => one.darkBy)) : null;
  const obeyedAt = Math.max(first.at, lastYes ?? first.at);
  return {
    revoked: changeView(first),
    resolutionMs: first.resolutionMs,
    also: revocation.also.map(changeView),
    restored: revocation.restored === null ? null : changeView(revocation.restored),
    callers: callers.map((one) => callerView(one, promise.ttlMs)),
    cloud: {
      lastYesAt: lastYes,
      firstNoAt,
      atLeastMs: obeyedAt - first.at,
      atMostMs: firstNoAt === null ? null : Math.max(firstNoAt, obeyedAt) - first.at,
    },
    darkBy,
    timeToDarkMs: darkBy === null ? null : Math.max(0, darkBy - first.at),
    cacheMs: darkBy === null ? null : Math.max(0, darkBy - obeyedAt),
    ...judgeDrill(facts, { revocation, callers, promise }),
  };
}

function callerView(one: CallerTrace, ttlMs: number): DrillCaller {
  const { name, principal, told, lastYes, firstNo, denied, lastHit } = one;
  return {
    name,
    principal,
    told,
    lastSuccessAt: lastYes,
    firstDeniedAt: firstNo,
    denied,
    lastUseMinute: lastHit,
    darkBy: told ? one.darkBy : lastYes === null ? null : lastYes + ttlMs,
  };
}

// A revocation begins with nothing else.
const howOf = (kind: KeyChange['kind']): RevokedHow =>
  kind === 'rotation' || kind === 'create' ? 'key-state' : kind;

const changeView = ({ eventId, at, operation, by, kind }: KeyChange): DrillChange => ({
  eventId,
  at,
  operation,
  by,
  how: howOf(kind),
});

const latest = (times: readonly number[]): number | null =>
  times.length === 0 ? null : times.reduce((a, b) => Math.max(a, b));

const earliest = (times: readonly number[]): number | null =>
  times.length === 0 ? null : times.reduce((a, b) => Math.min(a, b));

/** The latest of all; null where one is not known. */
function latestKnown(times: readonly (number | null)[]): number | null {
  const known = times.flatMap((at) => at ?? []);
  return known.length < times.length ? null : latest(known);
}
