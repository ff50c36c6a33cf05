/**
 * What `/api/spikes` and `/api/spikes/<id>` answer. Instants are epoch ms UTC, intervals `[from, to)` of whole minutes.
 */
import type { Counts } from './counts.ts';
import type { TimeWindow } from './time-window.ts';

/** What a spike is of: `calls` where the engine's telemetry tells, else `events` of the audit log. */
export type SpikeUnit = 'calls' | 'events';

/** Why requests fell, and what tells it, in words. */
export interface DropCause {
  kind: 'log-off' | 'revalidation-stopped' | 'service-gone' | 'unknown';
  evidence: string[];
}

export interface SpikeView {
  /** A `drop` has fewer requests than expected: its excess is negative, and `drop` says why. */
  direction: 'spike' | 'drop';
  drop: DropCause | null;
  /** Names its interval, as in `20261124T1403-20261124T1406`; key and workspace are beside it in the query. */
  id: string;
  /** The dashboard's page about it, with key and workspace. */
  href: string;
  unit: SpikeUnit;
  from: number;
  to: number;
  key: string;
  /** Null for a spike of the whole key. */
  workspace: string | null;
  calls: number;
  /** What the baseline expects in this interval. */
  expected: number;
  /** `calls - expected`. */
  excess: number;
  peakMinute: number;
  peak: number;
  /** How likely a minute as busy as the peak would be by chance, at most. */
  pValue: number;
  /** Sums to `calls`. */
  causes: Counts;
  mainCause: string;
  /** In [0, 1]. */
  mainShare: number;
  echo: EchoOrigin | null;
  /** Every earlier cohort with enough calls in it to name: what the spike is an echo of. The largest first. */
  echoes: EchoOrigin[];
  /** The cohort of `echo` from its root on, by generation; empty for no cohort. */
  chain: EchoStep[];
  /** "14:03: 1,912 requests; 1,640 are the second echo of the 12:01 deploy of 6 processes." */
  sentence: string;
}

/** What began it. `first-use`: DEKs or processes seen for the first time, with no deploy near. */
export type RootKind =
  | 'deploy'
  | 'reopened'
  | 'fan-out'
  | 'rotation'
  | 'eviction'
  | 'recovery'
  | 'first-use'
  | 'validation'
  | 'other';

/** Below this share a cohort does not explain a spike. */
export const explainsMin = 0.3;

/** The load cohort that most of a spike goes back to, by lineage. */
export interface EchoOrigin {
  kind: RootKind;
  /** The cohort's own cause. */
  cause: string;
  /** When its first load was. */
  at: number;
  /** How many processes took part in it. */
  processes: number;
  /** Which echo the spike is: 0 is the cohort itself, 1 its first re-validation. */
  generation: number;
  /** Calls of the spike that go back to it, and their share of the spike in [0, 1]. */
  calls: number;
  share: number;
}

/** One link of an echo chain: the calls of one generation after the root. */
export interface EchoStep {
  generation: number;
  from: number;
  to: number;
  calls: number;
}

export const spikeDimensions = [
  'cause',
  'root',
  'workspace',
  'process',
  'dek',
  'tag',
  'principal',
] as const;
export type SpikeDimension = (typeof spikeDimensions)[number];

/** One value's part of a spike. */
export interface SpikePart {
  /** What a filter takes; empty for those beyond the listed ones and those without a value. */
  value: string;
  label: string;
  calls: number;
  /** In [0, 1]. */
  share: number;
  /** Absent where no rows are kept. */
  href?: string;
}

/** Parts that sum to the spike's count. */
export interface SpikeBreakdown {
  dimension: SpikeDimension;
  parts: SpikePart[];
}

/** Attributes that calls of the spike share more often than those around it, at rates per equal time. */
export interface SpikeCombination {
  /** Such as `{process: 'engine-2', workspace: 'legal'}`. */
  values: Partial<Record<SpikeDimension, string>>;
  calls: number;
  /** Calls per minute within the spike, and around it. */
  rate: number;
  rateAround: number;
  /** Share of the spike's excess that it covers, in [0, 1]. */
  share: number;
  pValue: number;
}

export interface SpikeMinute {
  minute: number;
  calls: number;
  expected: number;
  causes: Counts;
}

export interface SpikeDetail extends SpikeView {
  breakdowns: SpikeBreakdown[];
  combinations: SpikeCombination[];
  /** The spike's minutes and enough around it to compare. */
  minutes: SpikeMinute[];
  /** Calls that were looked at; fewer than `calls` where it is a sample. */
  examined: number;
  /** Where its calls are past retention: the instant before which there are sums only. */
  sumsBefore: number | null;
}

export interface SpikesView {
  window: TimeWindow;
  now: number;
  coveredUntil: number | null;
  /** Largest excess first. */
  spikes: SpikeView[];
  /** How many more were found than are listed. */
  more: number;
  /** What was counted, minute by minute at most 1,500 points. */
  bucketMs: number;
  buckets: { start: number; calls: number; expected: number; incomplete: boolean }[];
  unit: SpikeUnit;
  /** One sentence that answers. */
  sentence: string;
}
