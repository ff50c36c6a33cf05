import type { ExplainFilter } from '../../shared/dto.ts';
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
export function filtered({ key, workspace, process, principal }: ExplainFilter): Pick<
  TallyQuery,
  'key' | 'who' | 'by'
> & {
  cut: 'all' | 'workspace' | 'process';
} {
  if (workspace !== undefined)
    return { cut: 'workspace', key, who: workspace, by: process ?? principal };
  if (process !== undefined) return { cut: 'process', key, who: process };
  return { cut: 'all', key, by: principal };
}

/**
 * The measures that such a filter leaves: calls belong to no principal, events to no process. An event of several
 * keys is there under each where a key is asked for, else once.
 */
export function measuresLeft(
  { key, process, principal }: ExplainFilter,
  wanted: readonly Measure[] = [...ofProcesses, 'events', 'events-also'],
): Measure[] {
  return wanted.filter((measure) => {
    if (measure === 'events-also' && key === undefined) return false;
    const isEvent = measure === 'events' || measure === 'events-also';
    return isEvent ? process === undefined : principal === undefined;
  });
}
