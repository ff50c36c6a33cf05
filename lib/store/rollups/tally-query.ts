import type { Cut, Measure } from './description.ts';
import type { Take } from './packed-day.ts';

export interface TallyQuery {
  cut: Cut;
  measures: readonly Measure[];
  /** Epoch ms, whole minutes. */
  from: number;
  to: number;
  /** One key's, by its names; default every one's. */
  keys?: readonly string[] | undefined;
  /** One workspace's or process's, as the cut has it, or some; default each one's. */
  who?: string | readonly string[] | undefined;
  /** What one process or principal made; default all. */
  by?: string | undefined;
  /** Sums by buckets of so many whole minutes, which begin at multiples of it; null: the window is one. */
  bucketMs: number | null;
}

/** Ids of what is counted. */
export interface SeriesIds {
  key: number;
  who: number;
  by: number;
  label: number;
}

/** One count; `at` is the start of its bucket in minutes since 1970. */
export interface Cell extends SeriesIds {
  at: number;
  n: number;
}

export interface LabelOf {
  measure: Measure;
  operation: string;
  label: string;
}

export interface Visited {
  labels: ReadonlyMap<number, LabelOf>;
  names(ids: Omit<SeriesIds, 'label'>, measure: Measure): { key: string; who: string; by: string };
}

/**
 * Takes the counts of one series, as a cell has them; a series may come in parts, and a bucket several times. Null
 * passes it over.
 */
export type Visit = (of: SeriesIds, label: LabelOf) => Take;
