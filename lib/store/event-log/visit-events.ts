import type { EventState } from '../../domain/fates.ts';
import { eventCounts, measures } from '../rollups/description.ts';
import type { LabelOf, SeriesIds, TallyQuery, Visit, Visited } from '../rollups/tally-query.ts';
import { Distinct } from './distinct.ts';
import type { Caller, EventLog } from './event-log.ts';

const minuteMs = 60_000;

/** The cells that a log's events count in, one each, as `visitTallies` gives those of the roll-ups. */
export function visitEvents(log: EventLog, query: TallyQuery, visit: Visit): Visited {
  const { cut, from, bucketMs } = query;
  const labels = new Distinct<LabelOf>();
  const texts = new Distinct<string>();
  const numberOf = (text: string) => texts.of(text, () => text);
  const none = numberOf('');
  const countedIn = counter(query, { labels, numberOf });
  const whose = query.who === undefined ? null : new Set([query.who].flat());
  for (const { at, caller, state, no } of hasEvents(query) ? log.within(query) : []) {
    const counted = countedIn(caller, state);
    if (counted.length === 0) continue;
    const owner = cut === 'workspace' ? (log.subjectOf(no).workspace ?? '') : '';
    if (whose !== null && !whose.has(owner)) continue;
    const who = owner === '' ? none : numberOf(owner);
    const start = bucketMs === null ? from : Math.floor(at / bucketMs) * bucketMs;
    for (const one of counted) visit({ ...one, who }, labels.get(one.label))?.(start / minuteMs, 1);
  }
  const names: Visited['names'] = ({ key, who, by }) => ({
    key: texts.get(key),
    who: texts.get(who),
    by: texts.get(by),
  });
  return { labels: new Map(labels.entries()), names };
}

/** A log's events are in no other measure and cut. */
const hasEvents = ({ cut, measures: asked }: TallyQuery): boolean =>
  asked.some((measure) => {
    const { by, cuts } = measures[measure];
    return by === 'principal' && cuts.some((one) => one === cut);
  });

type Counted = Omit<SeriesIds, 'who'>;

/** What an event counts as in such a query, found once for all events of one caller and state. */
function counter(
  { measures: asked, keys, by }: TallyQuery,
  { labels, numberOf }: { labels: Distinct<LabelOf>; numberOf: (text: string) => number },
): (caller: Caller, state: EventState) => readonly Counted[] {
  const known = new Map<Caller, Map<EventState, Counted[]>>();
  return (caller, state) => {
    const states = known.get(caller) ?? new Map<EventState, Counted[]>();
    known.set(caller, states);
    const found = states.get(state);
    if (found !== undefined) return found;
    // What was refused is asked of a store alone.
    const event = { ...caller, at: 0, workspace: null, state, ok: true };
    const counted = eventCounts(event, 1).flatMap(
      ({ measure, operation, label, ...of }): Counted[] => {
        const fits = (keys?.includes(of.key) ?? true) && (by ?? of.by) === of.by;
        if (!asked.includes(measure) || !fits) return [];
        const id = JSON.stringify([measure, operation, label]);
        const number = labels.of(id, () => ({ measure, operation, label }));
        return [{ key: numberOf(of.key), by: numberOf(of.by), label: number }];
      },
    );
    states.set(state, counted);
    return counted;
  };
}
