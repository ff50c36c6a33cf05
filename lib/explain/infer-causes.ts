/**
 * Causes read out of an audit log alone. Where an event claims its cause, that is taken, as a claim; else it is
 * inferred from the DEK in its encryption context, its session and the times at which both were seen, with a
 * confidence.
 */

import type { LogUse } from '../domain/log-use.ts';
import { causeLabel } from '../shared/causes.ts';
import type { LogCauses } from '../shared/dto.ts';
import { nounText, shareText } from '../shared/screen-text.ts';
import { tupleKey } from '../shared/tuple-key.ts';

export interface InferredUse extends LogUse {
  cause: string;
  how: 'claimed' | 'inferred';
  /** In (0, 1]. */
  confidence: number;
}

const minuteMs = 60_000;
const ttlMsDefault = 60 * minuteMs;
/** Fewer repeated loads than this tell nothing of the lease. */
const gapsMin = 10;
const dayMs = 86_400_000;
/** A winner's DEK is adopted within this of its making. */
const adoptionMs = 10_000;
/** So many DEKs loaded within this by a session that is new make a cold start. */
const coldStartMs = 10 * 60_000;
const burstDeksMin = 3;
/** Instants of one session that are looked at as starts, and how far apart. */
const candidatesMax = 2_000;
const candidateEveryMs = 10_000;
/** A DEK in steady use is loaded again this soon after its lease; one that is not tells nothing. */
const promptMs = minuteMs;
const keptShareMax = 0.05;
const statesMax = 1_000_000;
/** Log times are whole seconds: a lease that ends at the TTL may read a second short. */
const graceMs = 2_000;

/**
 * The lease that the log shows: loads of one DEK by one session come no closer than the TTL while it goes on being
 * used, so the distances begin sharply there. Distances that end in one minute count once: a scan or a start has many.
 * Null where too few loads repeat.
 */
export function inferTtlMs(uses: readonly LogUse[]): number | null {
  const last = new Map<string, number>();
  const endsByGap = new Map<number, Set<number>>();
  const allEnds = new Set<number>();
  for (const { operation, dek, session, at } of uses) {
    if (operation !== 'Decrypt' || dek === null) continue;
    const before = last.get(tupleKey(session, dek));
    last.set(tupleKey(session, dek), at);
    const gap = before === undefined ? 0 : Math.floor((at - before + graceMs) / minuteMs);
    if (gap === 0) continue;
    const end = Math.floor(at / minuteMs);
    endsByGap.set(gap, (endsByGap.get(gap) ?? new Set()).add(end));
    allEnds.add(end);
  }
  if (allEnds.size < gapsMin) return null;
  // The distance from which on most lie within the next quarter of it: evictions and restarts fall before it.
  let best = { gap: 0, n: 0 };
  for (const gap of [...endsByGap.keys()].sort((a, b) => a - b)) {
    const ends = new Set<number>();
    for (const [other, of] of endsByGap)
      if (other >= gap && other < gap * 1.25 + 1) for (const end of of) ends.add(end);
    if (ends.size > best.n) best = { gap, n: ends.size };
  }
  return best.n < allEnds.size * 0.2 ? null : best.gap * minuteMs;
}

/**
 * The rotation age that the log shows: a workspace's DEKs are made no closer than that, but for limits and for DEKs of
 * one process each. Null where too few are made.
 */
export function inferRotationMs(uses: readonly LogUse[]): number | null {
  const last = new Map<string, number>();
  const gaps: number[] = [];
  for (const { operation, workspace, at } of uses) {
    if (operation !== 'Encrypt' || workspace === null) continue;
    const before = last.get(workspace);
    if (before !== undefined) gaps.push(at - before);
    last.set(workspace, at);
  }
  return gaps.length < 10
    ? null
    : (gaps.sort((a, b) => a - b)[Math.floor(gaps.length / 10)] ?? null);
}

/** Uses in the order given, which must be that of time, each with its cause. */
export function inferCauses(
  uses: readonly LogUse[],
  { ttlMs: known }: { ttlMs: number | null },
): InferredUse[] {
  const ttlMs = known ?? ttlMsDefault;
  const rotationMs = inferRotationMs(uses) ?? dayMs;
  const sure = known === null ? 0.7 : 1;
  const sessions = coldStarts(uses, ttlMs);
  // Engines name the DEK in each request's encryption context: who does not is no engine.
  const engines = new Set(uses.flatMap(({ dek, principal }) => (dek === null ? [] : [principal])));
  const held = new Map<string, number>();
  const dekSeen = new Map<string, { at: number; session: string }>();
  const made = new Set<string>();
  return uses.map((use) => {
    const { at, operation, dek, claimCause } = use;
    const session = use.session ?? use.principal;
    const own = held.get(tupleKey(session, dek));
    const seen = dek === null ? undefined : dekSeen.get(dek);
    const judged = judge();
    if (dek !== null) {
      remember(held, tupleKey(session, dek), at);
      remember(dekSeen, dek, { at, session });
    }
    return claimCause !== null
      ? { ...use, cause: claimCause, how: 'claimed', confidence: 1 }
      : { ...use, ...judged, how: 'inferred', confidence: judged.confidence * sure };

    function judge(): Pick<InferredUse, 'cause' | 'confidence'> {
      if (dek === null && engines.size > 0)
        return { cause: engines.has(use.principal) ? 'suspect' : 'stranger', confidence: 0.6 };
      const place = use.workspace ?? '';
      if (operation === 'Encrypt') {
        const first = !made.has(place);
        made.add(place);
        return first
          ? { cause: 'dek.first', confidence: 0.5 }
          : { cause: 'dek.rotation', confidence: 0.8 };
      }
      if (operation !== 'Decrypt' || dek === null) return { cause: 'unknown', confidence: 0.1 };
      if (own !== undefined) return ofOwn(at - own);
      if (seen !== undefined && at - seen.at <= adoptionMs && !held.has(tupleKey(session, dek)))
        return sessions.isCold(session, at)
          ? { cause: 'load.first.cold-start', confidence: 0.8 }
          : { cause: 'load.first.fan-out', confidence: 0.7 };
      const age = dekAgeMs(dek, at);
      const heldByOther = seen !== undefined && at - seen.at < 2 * ttlMs;
      if (age !== null && age >= rotationMs && !heldByOther)
        return { cause: 'load.first.historical', confidence: 0.8 };
      if (sessions.isCold(session, at)) return { cause: 'load.first.cold-start', confidence: 0.8 };
      return heldByOther
        ? { cause: 'load.first.fan-out', confidence: 0.7 }
        : { cause: 'load.first', confidence: 0.5 };
    }

    function ofOwn(gapMs: number): Pick<InferredUse, 'cause' | 'confidence'> {
      if (gapMs + graceMs >= 2 * ttlMs) return { cause: 'load.reopened', confidence: 0.9 };
      if (gapMs + graceMs >= ttlMs) return { cause: 'load.expired', confidence: 0.9 };
      return sessions.isCold(session, at)
        ? { cause: 'load.first.cold-start', confidence: 0.7 }
        : { cause: 'load.evicted', confidence: 0.5 };
    }
  });
}

/**
 * When sessions began with an empty cache: seen first, or loading again, several DEKs at once, what they must still
 * have held. Of those a capacity that pushes some out keeps others; a start keeps none.
 */
function coldStarts(uses: readonly LogUse[], ttlMs: number) {
  const bySession = Map.groupBy(
    uses.filter(({ operation, dek }) => operation === 'Decrypt' && dek !== null),
    ({ session, principal }) => session ?? principal,
  );
  const starts = new Map([...bySession].map(([session, own]) => [session, startsOf(own, ttlMs)]));
  return {
    isCold: (session: string, at: number): boolean =>
      (starts.get(session) ?? []).some((start) => at >= start && at - start < coldStartMs),
  };
}

function startsOf(uses: readonly LogUse[], ttlMs: number): number[] {
  const starts = uses.slice(0, 1).map(({ at }) => at);
  const loads = new Map<string, number[]>();
  const early: { dek: string; at: number }[] = [];
  for (const { dek, at } of uses) {
    if (dek === null) continue;
    const own = loads.get(dek) ?? [];
    const before = own.at(-1);
    if (before !== undefined && at - before + graceMs < ttlMs) early.push({ dek, at });
    own.push(at);
    loads.set(dek, own);
  }
  let tried = Number.NEGATIVE_INFINITY;
  let left = candidatesMax;
  for (const [index, { at }] of early.entries()) {
    if (at - tried < candidateEveryMs || !isBurst(early, index) || left === 0) continue;
    tried = at;
    left -= 1;
    if (losesAll(loads, at, ttlMs)) {
      starts.push(at);
      tried = at + coldStartMs;
    }
  }
  return starts;
}

/** Whether several DEKs are loaded early within the minutes that a start takes. */
function isBurst(early: readonly { dek: string; at: number }[], from: number): boolean {
  const deks = new Set<string>();
  const until = (early[from]?.at ?? 0) + coldStartMs;
  for (let index = from; index < early.length && deks.size < burstDeksMin; index += 1) {
    const load = early[index];
    if (load === undefined || load.at > until) break;
    deks.add(load.dek);
  }
  return deks.size === burstDeksMin;
}

/** Whether of the DEKs held at `at` nearly all were loaded again before their lease would have ended. */
function losesAll(
  loads: ReadonlyMap<string, readonly number[]>,
  at: number,
  ttlMs: number,
): boolean {
  let lost = 0;
  let kept = 0;
  for (const own of loads.values()) {
    const next = own.findIndex((load) => load >= at);
    const before = own[next - 1];
    const after = own[next];
    if (before === undefined || after === undefined || at - before >= ttlMs) continue;
    if (after - before + graceMs < ttlMs) lost += 1;
    else if (after - before < ttlMs + promptMs) kept += 1;
  }
  return kept <= lost * keptShareMax;
}

/** A DEK id's first six bytes are the instant of its making; null where it is none of the engine's ids. */
function dekAgeMs(dek: string, at: number): number | null {
  if (!/^[0-9a-f]{32}$/.test(dek)) return null;
  const madeAt = Number.parseInt(dek.slice(0, 12), 16);
  return madeAt > Date.UTC(2006, 0, 1) && madeAt <= at + graceMs ? Math.max(0, at - madeAt) : null;
}

function remember<T>(map: Map<string, T>, id: string, value: T): void {
  map.delete(id);
  map.set(id, value);
  if (map.size <= statesMax) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}

/** Events by cause and by how it is known, most events first. */
export function logCausesOf(uses: readonly InferredUse[], of: number): LogCauses {
  const counts = new Map<string, LogCauses['causes'][number]>();
  for (const { cause, how, confidence } of uses) {
    const id = tupleKey(how, cause);
    const known = counts.get(id) ?? { cause, how, events: 0, confidence: 0 };
    known.confidence = (known.confidence * known.events + confidence) / (known.events + 1);
    known.events += 1;
    counts.set(id, known);
  }
  const causes = [...counts.values()].sort((a, b) => b.events - a.events);
  return { examined: uses.length, of, causes };
}

/** What the log itself claims, what is inferred from it, and how sure that is. */
export function logCausesSentence({ examined, of, causes }: LogCauses): string {
  if (examined === 0) return 'The audit log holds no use of the key’s material in this window.';
  const part = (how: 'claimed' | 'inferred') => causes.filter((cause) => cause.how === how);
  const events = (of: LogCauses['causes']) => of.reduce((sum, cause) => sum + cause.events, 0);
  const most = (of: LogCauses['causes']) =>
    `${of.length === 1 ? 'all' : 'mostly'} “${causeLabel(of[0]?.cause ?? '')}”`;
  const sample = examined < of ? ` (a sample of ${nounText(of, 'event')})` : '';
  const [claimed, inferred] = [part('claimed'), part('inferred')];
  const parts: string[] = [];
  if (claimed.length > 0)
    parts.push(
      `${nounText(events(claimed), 'event claims its', 'events claim their')} own cause, ${most(claimed)}`,
    );
  if (inferred.length > 0) {
    const sure = inferred.reduce((sum, { events: n, confidence }) => sum + n * confidence, 0);
    parts.push(
      `the causes of ${nounText(events(inferred), 'event')} are inferred from DEK, session and time, ` +
        `${most(inferred)}, at a confidence of ${shareText(sure / events(inferred))}`,
    );
  }
  return `From the audit log alone${sample}: ${parts.join('; ')}.`;
}
