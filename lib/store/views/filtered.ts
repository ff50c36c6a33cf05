import type { KeyFilter } from '../../domain/key-filter.ts';
import type { Measure } from '../rollups/description.ts';
import type { TallyQuery } from '../rollups/tally-query.ts';

const ofProcesses: readonly Measure[] = [
  'messages',
  'operations',
  'dropped',
  'calls',
  'retries',
  'attempts',
];

/** The cut that a filter's sums lie in, and whose they are. */
export function filtered({ keys, workspace, process, principal }: KeyFilter): Pick<
  TallyQuery,
  'keys' | 'who' | 'by'
> & {
  cut: 'all' | 'workspace' | 'process';
} {
  if (workspace !== undefined)
    return { cut: 'workspace', keys, who: workspace, by: process ?? principal };
  if (process !== undefined) return { cut: 'process', keys, who: process };
  return { cut: 'all', keys, by: principal };
}

/**
 * The measures that such a filter leaves: calls belong to no principal, events to no process. An event of several
 * keys is there under each where a key is asked for, else once.
 */
export function measuresLeft(
  { keys, process, principal }: KeyFilter,
  wanted: readonly Measure[] = [...ofProcesses, 'events', 'events-also'],
): Measure[] {
  return wanted.filter((measure) => {
    if (measure === 'events-also' && keys === undefined) return false;
    const isEvent = measure === 'events' || measure === 'events-also';
    return isEvent ? process === undefined : principal === undefined;
  });
}
