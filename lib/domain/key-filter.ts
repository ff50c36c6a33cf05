import type { ExplainFilter } from '../shared/dto.ts';

/** What an answer is of, its key by all of its names: telemetry and the log may each have their own. */
export interface KeyFilter extends Omit<ExplainFilter, 'key'> {
  keys?: readonly string[] | undefined;
}
