/**
 * Whether a revocation's promise was kept: `pass` only where everything that could show otherwise is there and does
 * not, `fail` only where a use later than the promise is told and no grant can be missing that allowed it.
 */
import { isOfKey } from '../../domain/key-changes.ts';
import type { DrillReason, DrillVerdict, DrillView } from '../../shared/drill-view.ts';
import type { CallerTrace } from './callers.ts';
import type { DrillBoot, DrillFacts } from './facts.ts';
import type { Revocation } from './revocations.ts';

const minuteMs = 60_000;

interface Given {
  revocation: Revocation;
  callers: readonly CallerTrace[];
  promise: DrillView['promise'];
}

/** Ours, and between which instants the promise ends: the log's resolution leaves that open. */
interface Bounds extends Given {
  told: readonly CallerTrace[];
  boundMin: number;
  boundMax: number;
  lastYes: number | null;
}

export function judgeDrill(
  facts: DrillFacts,
  given: Given,
): { verdict: DrillVerdict; reasons: DrillReason[] } {
  const bounds = boundsOf(given);
  const late = lateUses(bounds);
  const open = [...unproven(facts, bounds), ...incomplete(facts, bounds)];
  if (late.length > 0) {
    // What would allow a late use is a grant that is not told.
    const hidden = open.filter(({ code }) => hides.has(code));
    if (given.promise.from === 'preset') hidden.push(reason('ttl-untold'));
    return hidden.length === 0
      ? { verdict: 'fail', reasons: late }
      : { verdict: 'not-proven', reasons: [...hidden, ...late] };
  }
  return open.length > 0
    ? { verdict: 'not-proven', reasons: open }
    : { verdict: 'pass', reasons: [reason('kept', { n: bounds.told.length })] };
}

const hides: ReadonlySet<DrillReason['code']> = new Set<DrillReason['code']>([
  'telemetry-gap',
  'telemetry-ends',
  'telemetry-untold',
  'alias',
  'maybe',
  // It may have been given back unseen.
  'still-granted',
  'log-gap',
  'log-off',
]);

const reason = (
  code: DrillReason['code'],
  about: Partial<Omit<DrillReason, 'code'>> = {},
): DrillReason => ({ code, who: null, at: null, n: 0, ...about });

function boundsOf(given: Given): Bounds {
  const { revocation, callers, promise } = given;
  const { at, resolutionMs } = revocation.first;
  const told = callers.filter((one) => one.told);
  const yeses = told.flatMap(({ yesAfter }) => yesAfter ?? []);
  const lastYes = yeses.length === 0 ? null : yeses.reduce((a, b) => Math.max(a, b));
  const boundMin = Math.max(at, lastYes ?? at) + promise.ttlMs;
  return { ...given, told, boundMin, boundMax: boundMin + resolutionMs, lastYes };
}

/** Whole minutes with uses after the promise had ended, while the key was still revoked. */
function lateUses({ told, boundMax, revocation }: Bounds): DrillReason[] {
  return told.flatMap(({ name, hits }) => {
    const late = hits.filter((at) => at >= boundMax && at + minuteMs <= revocation.end);
    const [first] = late;
    return first === undefined
      ? []
      : [reason('used-late', { who: name, at: Math.max(...late), n: late.length })];
  });
}

/** What the answers leave unproven. */
function unproven(facts: DrillFacts, bounds: Bounds): DrillReason[] {
  const { told, callers, revocation } = bounds;
  const { first } = revocation;
  if (callers.every(({ lastYes }) => lastYes === null)) return [reason('nobody-used')];
  const found: DrillReason[] = revocation.maybe ? [reason('maybe')] : [];
  if (told.length === 0) return [reason('no-telemetry'), ...found, ...ofLog(facts, bounds)];
  if (first.kind === 'alias') found.push(reason('alias'));
  found.push(...notRefused(bounds), ...restoredFirst(bounds), ...tooClose(bounds));
  const others = callers.filter((one) => !one.told && one.lastYes !== null);
  const [other] = others;
  if (other !== undefined) found.push(reason('others', { who: other.name, n: others.length }));
  return [...found, ...ofLog(facts, bounds)];
}

/** The cloud has to be seen refusing, after the last that it granted. */
function notRefused({ told, lastYes, revocation }: Bounds): DrillReason[] {
  const ofKey = isOfKey(revocation.first);
  const nos = told.flatMap((one) => (ofKey ? one.lastNo : one.lastDecryptNo) ?? []);
  const lastNo = nos.length === 0 ? null : nos.reduce((a, b) => Math.max(a, b));
  if (lastNo === null) {
    if (told.some((one) => one.lastNo !== null)) return [reason('decrypt-not-refused')];
    return [lastYes === null ? reason('nothing-asked') : reason('still-granted', { at: lastYes })];
  }
  if (lastYes !== null && lastYes > lastNo) return [reason('still-granted', { at: lastYes })];
  if (ofKey) return [];
  // A permission is an identity's: another one may still have it.
  const refused = new Set(
    told.flatMap((one) => (one.lastDecryptNo === null ? [] : (one.principal ?? []))),
  );
  const without = told.filter(
    (one) =>
      one.lastDecryptNo === null &&
      (one.lastYes !== null || one.hits.length > 0) &&
      (one.principal === null || !refused.has(one.principal)),
  );
  const [one] = without;
  return one === undefined ? [] : [reason('not-refused', { who: one.name, n: without.length })];
}

/** Undone before the promise had ended: all must have been dark by then. */
function restoredFirst({ told, boundMax, revocation }: Bounds): DrillReason[] {
  const { end } = revocation;
  if (end >= boundMax) return [];
  const lit = told.filter(({ darkBy, hits }) => {
    if (darkBy === null || darkBy > end) return true;
    return hits.some((at) => at > darkBy && at + minuteMs <= end);
  });
  const [one] = lit;
  return one === undefined
    ? []
    : [reason('restored-first', { who: one.name, at: end, n: lit.length })];
}

/** Counts are by the minute: in the minute in which the promise ends the leases tell. */
function tooClose({ told, boundMin, boundMax, revocation }: Bounds): DrillReason[] {
  const close = told.filter(({ hits, leaseEnd }) => {
    if (!hits.some((at) => at + minuteMs > boundMin && at < boundMax)) return false;
    if (revocation.end < boundMax) return false;
    const after = hits.some((at) => at >= boundMin);
    return after || leaseEnd === null || leaseEnd > boundMax;
  });
  const [one] = close;
  return one === undefined ? [] : [reason('too-close', { who: one.name, n: close.length })];
}

function ofLog({ log, unlogged, logOff }: DrillFacts, bounds: Bounds): DrillReason[] {
  const { revocation, promise, boundMax } = bounds;
  const { first, end } = revocation;
  const from = first.at - promise.ttlMs;
  const within = (at: number) => at >= from && at < Math.min(end, boundMax);
  const missing = unlogged.filter(within);
  const off = logOff.filter(within);
  const found: DrillReason[] = [];
  if (log === null || log.from > from)
    found.push(reason('log-starts-late', { at: log?.from ?? null }));
  if (missing.length > 0)
    found.push(reason('log-gap', { at: missing[0] ?? null, n: missing.length }));
  if (off.length > 0) found.push(reason('log-off', { at: off[0] ?? null }));
  return found;
}

/** Processes whose telemetry does not reach from a TTL before the revocation to the promise's end. */
function incomplete({ boots }: DrillFacts, bounds: Bounds): DrillReason[] {
  const { told, promise, revocation, boundMax } = bounds;
  if (told.length === 0) return [];
  const { first, end } = revocation;
  const from = first.at - promise.ttlMs;
  const to = Math.min(end, latestNeeded(bounds, boundMax));
  const found: DrillReason[] = [];
  for (const boot of boots) {
    const { process, toldUntil, ended, gaps, startedAt } = boot;
    if (startedAt >= to) continue;
    if (toldUntil === null) found.push(reason('telemetry-untold', { who: process }));
    else if (toldUntil > from && toldUntil < to && !ended && !isReplaced(boot, boots, to))
      found.push(reason('telemetry-ends', { who: process, at: toldUntil }));
    const gap = gaps.find((one) => one.to > from && one.from < to);
    if (gap !== undefined)
      found.push(reason('telemetry-gap', { who: process, at: Math.max(gap.from, from) }));
  }
  return found;
}

/** Late uses are judged with all that could allow them. */
const latestNeeded = ({ told }: Bounds, boundMax: number): number =>
  told.reduce((last, { hits }) => {
    const late = hits.filter((at) => at >= boundMax);
    return late.length === 0 ? last : Math.max(last, ...late.map((at) => at + minuteMs));
  }, boundMax);

/** A later start of the same process tells that this one is gone. */
const isReplaced = (boot: DrillBoot, boots: readonly DrillBoot[], by: number): boolean =>
  boots.some(
    ({ process, startedAt }) =>
      process === boot.process && startedAt > boot.startedAt && startedAt <= by,
  );
