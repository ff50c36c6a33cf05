/** What `/api/pattern` answers: when within the hour KMS calls come, and whether that repeats. Instants: epoch ms. */
import type { TimeWindow } from './time-window.ts';

/** Calls in each minute of the hour, one row an hour, oldest first. */
export interface HourRow {
  hour: number;
  /** 60 counts. */
  minutes: number[];
  /** The log or telemetry does not cover this hour yet. */
  incomplete: boolean;
}

/**
 * A line on the heatmap. `echo` is slanted: a cohort and its re-validations, `T + 1/L` apart; a single point where none
 * of its other echoes stands out. `schedule` is upright: the same minute every hour. `deploy` is one row: a burst
 * without a successor.
 */
export interface PatternLine {
  kind: 'echo' | 'schedule' | 'deploy';
  /** The line's points, each a cohort: its mean instant and its calls. */
  points: { at: number; calls: number }[];
  /** Minutes within the hour by which it drifts, per hour; 0 for a schedule, null for a single point. */
  driftMinutes: number | null;
  sentence: string;
  href: string | null;
}

export interface PatternView {
  window: TimeWindow;
  now: number;
  unit: 'calls' | 'events';
  rows: HourRow[];
  lines: PatternLine[];
  /** Null where there are too few cohorts to tell. */
  period: {
    /** The period that fits best, ms; a real one where `pValue` < 0.001 and it is confirmed. */
    foundMs: number;
    /** Rayleigh's z and the chance of one as large without any period, corrected for the periods tried. */
    z: number;
    pValue: number;
    cohorts: number;
    /** `T + 1/L`, ms, and what it is made from; null where L is not known. */
    theoryMs: number | null;
    ttlMs: number | null;
    /** Accesses of a DEK in a process an hour, while in use. */
    accessesPerHour: number | null;
    /** Whether the autocorrelation of the load cohorts peaks there too. */
    confirmed: boolean;
  } | null;
  /** The spectrum that was searched, shortest period first; at most 400 points. */
  spectrum: { periodMs: number; z: number }[];
  /** The first one answers. */
  sentences: string[];
}
