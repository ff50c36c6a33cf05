/** What the API answers about what is stored, and about a log that was given to it. */
import type { TimeWindow } from './time-window.ts';

export interface StoreView {
  /** Where data lie, the newest 400 days of it; null where nothing is stored at all. */
  extent: TimeWindow | null;
}

/** What of a log was not taken, by reason. */
export interface LeftOut {
  words: string;
  n: number;
  advice: string;
  /** One of them, as the file has it. */
  example: string;
}

export interface ImportView extends StoreView {
  records: number;
  /** Distinct KMS events of use in the file; none where nothing in it can be explained. */
  kmsEvents: number;
  /** KMS records that were there already. */
  duplicates: number;
  ignored: LeftOut[];
  refused: LeftOut[];
}
