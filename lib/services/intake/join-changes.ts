import type { CrossingFacts } from '../../store/rollups/cross-account.ts';
import {
  type AttemptCounted,
  attemptCounts,
  type Count,
  changedCounts,
  type EventCounted,
  eventCounts,
} from '../../store/rollups/description.ts';
import type { AttemptChange, EventChange } from '../../store/write-join.ts';

/** What a join changes, each beside the row as it was. */
export interface JoinChanges {
  attempts: { row: AttemptCounted; change: AttemptChange }[];
  events: { row: EventCounted & CrossingFacts; change: EventChange }[];
}

/** What that changes in the roll-ups. */
export interface JoinCounts {
  counts: Count[];
  crossings: { event: CrossingFacts; n: number }[];
}

export function countsOfJoin({ attempts, events }: JoinChanges): JoinCounts {
  const counts = attempts.flatMap(({ row, change: { method } }) =>
    changedCounts(attemptCounts, { before: row, after: { ...row, joinMethod: method } }),
  );
  const states = events.map(({ row, change: { state } }) => ({
    before: row,
    after: { ...row, state },
  }));
  return {
    counts: [...counts, ...states.flatMap((change) => changedCounts(eventCounts, change))],
    crossings: states.flatMap(({ before, after }) => [
      { event: before, n: -1 },
      { event: after, n: 1 },
    ]),
  };
}
