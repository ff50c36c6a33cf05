/** Why requests fell: told by what else kept going. Pure. */
import { countText, instantText, nounText } from '../../shared/screen-text.ts';
import type { DropCause } from '../../shared/spike-view.ts';

export interface DropFacts {
  /** Whether the log has fewer events, or the engine makes fewer calls. */
  of: 'calls' | 'events';
  from: number;
  to: number;
  count: number;
  expected: number;
  /** Requests that bursts shortly before it made in advance. */
  advance: number;
  /** Lookups during the drop and in as long a time before it; null without telemetry. */
  lookups: { inside: number; before: number } | null;
  /** Engine calls during the drop and leases that ended in it; null without telemetry. */
  calls: { inside: number; leasesEnded: number } | null;
  /** What was done to the log itself shortly before, or within it. */
  trail: { operation: string; at: number; by: string } | null;
}

/** At this share of what was there before, or less, it has stopped. */
const goneShare = 0.1;
/** Leases renewed together leave a quiet time: this share of the missing calls had been made shortly before. */
const advanceShare = 0.75;

/** Null where traffic or leases foretell just as few. */
export function dropCause(drop: DropFacts): DropCause | null {
  return drop.of === 'events' && drop.calls !== null ? logDrop(drop, drop.calls) : ownDrop(drop);
}

function logDrop(drop: DropFacts, calls: { inside: number }): DropCause | null {
  // The engine asked as seldom: its own series shows that drop.
  if (calls.inside < drop.expected / 2) return null;
  return {
    kind: 'log-off',
    evidence: [
      `the engine made ${nounText(calls.inside, 'call')} meanwhile, and the log has ${countText(drop.count)}`,
      ...trailEvidence(drop),
    ],
  };
}

function ownDrop(drop: DropFacts): DropCause | null {
  const { lookups, calls, count, expected, advance, trail } = drop;
  if (lookups === null || calls === null) {
    if (trail !== null) return { kind: 'log-off', evidence: trailEvidence(drop) };
    const isLull = advance >= (expected - count) * advanceShare;
    return isLull ? null : { kind: 'unknown', evidence: ['the log alone does not tell why'] };
  }
  if (lookups.inside <= lookups.before * goneShare)
    return lookups.before === 0
      ? { kind: 'unknown', evidence: ['lookups are not known'] }
      : {
          kind: 'service-gone',
          evidence: [
            `${nounText(lookups.inside, 'data key lookup')} came in where ${countText(lookups.before)} are usual`,
            ...(calls.leasesEnded > 0
              ? [`${nounText(calls.leasesEnded, 'lease')} ended without being renewed`]
              : []),
          ],
        };
  const traffic = lookups.inside / lookups.before;
  if (count / expected > traffic / 2 || calls.leasesEnded < 2 * count) return null;
  if (calls.leasesEnded < expected / 4) return null;
  return {
    kind: 'revalidation-stopped',
    evidence: [
      `${nounText(calls.leasesEnded, 'lease')} ended and the KMS was asked ${nounText(count, 'time')}`,
      `${nounText(lookups.inside, 'data key lookup')} went on`,
    ],
  };
}

const trailEvidence = ({ trail }: DropFacts): string[] =>
  trail === null ? [] : [`${trail.operation} by ${trail.by} at ${instantText(trail.at)}`];

const words: Record<DropCause['kind'], string> = {
  'log-off': 'the audit log was switched off, or events were taken out of it',
  'revalidation-stopped': 'leases are no longer renewed',
  'service-gone': 'the service is gone',
  unknown: 'why is not known',
};

/** "2026-11-24 14:03 UTC to 2026-11-24 14:40 UTC: 3 requests where about 240 are usual; the service is gone (…)." */
export function dropSentence(
  drop: Pick<DropFacts, 'of' | 'from' | 'to' | 'count' | 'expected'>,
  { kind, evidence }: DropCause,
): string {
  const noun = drop.of === 'calls' ? 'request' : 'event';
  const usual = countText(Math.round(drop.expected));
  return (
    `${instantText(drop.from)} to ${instantText(drop.to)}: ${nounText(drop.count, noun)} where about ${usual} are usual; ` +
    `${words[kind]} (${evidence.join('; ')}).`
  );
}

/** What is said of drops too many to be looked into. */
export const unseenText = (drops: number): string =>
  drops === 0
    ? ''
    : ` ${nounText(drops, 'smaller drop was', 'smaller drops were')} not looked into.`;
