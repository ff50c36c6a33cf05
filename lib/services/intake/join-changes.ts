import type { EventState, JoinMethod } from '../../domain/fates.ts';
import type { AttemptCandidate, EventCandidate } from '../../store/join/candidates.ts';
import type { CrossingFacts } from '../../store/rollups/cross-account.ts';
import {
  attemptCounts,
  type Count,
  changedCounts,
  eventCounts,
} from '../../store/rollups/description.ts';

/** What a join changes: attempts and events as they were, and as they are now. */
export interface JoinFates {
  attempts: { row: AttemptCandidate; method: JoinMethod | null }[];
  /** Those that were not stored before had no state. */
  events: { row: EventCandidate; state: EventState; otherKeys: readonly string[] }[];
}

/** What that changes in the roll-ups. */
export interface JoinCounts {
  counts: Count[];
  crossings: { event: CrossingFacts; n: number }[];
}

export function countsOfJoin({ attempts, events }: JoinFates): JoinCounts {
  const ofAttempts = attempts.flatMap(({ row, method }) =>
    changedCounts(attemptCounts, {
      before: { ...row, joinMethod: row.pair?.method ?? null },
      after: { ...row, joinMethod: method },
    }),
  );
  const changed = events.map(({ row, ...now }) => ({
    before: row.state === null ? [] : [{ ...row, state: row.state }],
    after: { ...row, ...now },
  }));
  return {
    counts: [
      ...ofAttempts,
      ...changed.flatMap(({ before, after }) => [
        ...before.flatMap((event) => eventCounts(event, -1)),
        ...eventCounts(after, 1),
      ]),
    ],
    crossings: changed.flatMap(({ before, after }) => [
      ...before.map((event) => ({ event, n: -1 })),
      { event: after, n: 1 },
    ]),
  };
}
