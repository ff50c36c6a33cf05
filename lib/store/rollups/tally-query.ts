import type { Cut, Measure } from './description.ts';

export interface TallyQuery {
  cut: Cut;
  measures: readonly Measure[];
  /** Epoch ms, whole minutes. */
  from: number;
  to: number;
  /** One key's; default every one's. */
  key?: string | undefined;
  /** One workspace's or process's, as the cut has it, or some; default each one's. */
  who?: string | readonly string[] | undefined;
  /** What one process or principal made; default all. */
  by?: string | undefined;
  /** Sums by buckets of so many whole minutes, which begin at multiples of it; null: the window is one. */
  bucketMs: number | null;
}

/** A cell by its ids; `at` is the start of its bucket in minutes since 1970. */
export interface Cell {
  key: number;
  who: number;
  by: number;
  label: number;
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
  names(
    ids: Pick<Cell, 'key' | 'who' | 'by'>,
    measure: Measure,
  ): { key: string; who: string; by: string };
}
