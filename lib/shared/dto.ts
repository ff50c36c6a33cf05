/** What the dashboard's API answers. Instants are epoch ms UTC, windows and buckets `[from, to)`, counts are whole. */

export interface TimeWindow {
  from: number;
  to: number;
}

/** One signed part of a ledger line or waterfall, and where its evidence is. */
export interface Term {
  id: string;
  label: string;
  /** Signed as it enters the sum. */
  value: number;
  /** One sentence that says what is counted. */
  about: string;
  /** The dashboard's page that shows what was counted, without the window; absent where nothing finer is kept. */
  href?: string;
}

/** `total = sum of terms + residual`; the residual is what cannot be accounted for. */
export interface LedgerLine {
  id: 'operations' | 'calls' | 'attempts' | 'log' | 'events';
  label: string;
  total: number;
  terms: Term[];
  residual: number;
}

export interface Ledger {
  lines: LedgerLine[];
  /** Absolute residuals of all lines, added. */
  residual: number;
  messages: number;
}

/** A step of the waterfall from messages to audit events. `total` bars stand on zero, `delta` bars hang on the last. */
export interface WaterfallStep extends Term {
  kind: 'total' | 'delta';
}

export interface CauseBucket {
  start: number;
  messages: number;
  /** KMS calls by cause; causes with none are absent. */
  causes: Record<string, number>;
  /** The log does not cover this bucket yet. */
  incomplete: boolean;
}

export interface BusyMinute {
  minute: number;
  calls: number;
  causes: Record<string, number>;
  /** The cause of most calls, and its share in [0, 1]. */
  mainCause: string;
  mainShare: number;
  sentence: string;
}

/** How far an audit source has been read, and how late its events come. */
export interface SourceCoverage {
  id: string;
  kind: string;
  status: 'ok' | 'behind' | 'failed' | 'file';
  /** What to do, where the status is not ok. */
  message: string | null;
  /** Everything before this instant is in. */
  coveredUntil: number | null;
  polledAt: number | null;
  /** The longest recent delay between an event and its first sight, and a tenth more; null until learnt. */
  lagMs: number | null;
}

/** Use of the key by someone other than our own engines. */
export interface PrincipalUse {
  /** `stranger`: another principal. `suspect`: our principal, but no call of ours. */
  kind: 'stranger' | 'suspect';
  principal: string;
  name: string;
  key: string;
  events: number;
  firstAt: number;
  lastAt: number;
  sourceIps: string[];
  operations: Record<string, number>;
}

export interface ExplainView {
  window: TimeWindow;
  /** The newest instant of the data's own clock; sandbox time where the sandbox runs. */
  now: number;
  /** Before this instant the audit log is complete; null where there is no audit source. */
  coveredUntil: number | null;
  /** The first sentence answers; the others add to it. */
  sentences: string[];
  ledger: Ledger;
  waterfall: WaterfallStep[];
  bucketMs: number;
  buckets: CauseBucket[];
  spikes: BusyMinute[];
  coverage: SourceCoverage[];
  strangers: PrincipalUse[];
}

export interface AttemptView {
  process: string;
  boot: string;
  seq: number;
  attempt: number;
  at: number;
  sentAt: number;
  durationMs: number;
  workspace: string;
  key: string;
  operation: string;
  cause: string;
  sent: boolean;
  outcome: string;
  errorCode: string | null;
  requestId: string | null;
  spanId: string;
  /** `request-id`, `claim`, or null where no event was found. */
  joinMethod: string | null;
  /** `matched`, `pending`, `never-logged`, `never-sent`, `unmatched`. */
  state: string;
}

export interface EventView {
  eventId: string;
  at: number;
  operation: string;
  key: string | null;
  principal: string;
  principalName: string;
  session: string | null;
  requestId: string | null;
  errorCode: string | null;
  sourceIp: string | null;
  /** `matched`, `telemetry-lost`, `suspect`, `stranger`, `other-operation`. */
  state: string;
}

/** One line of the calls page: an attempt, its audit event, or both. */
export interface CallRow {
  attempt: AttemptView | null;
  event: EventView | null;
}

export interface CallsView {
  window: TimeWindow;
  rows: CallRow[];
  /** Rows that match in all, counted up to `totalMax`. */
  total: number;
  totalMax: number;
  /** Give back as `cursor` for the next page; null at the end. */
  nextCursor: string | null;
}

/** The filters of `GET /api/calls`, all optional but the window. */
export const callsShow = [
  'attempts',
  'matched',
  'pending',
  'never-logged',
  'unmatched',
  'strangers',
  'suspects',
  'lost',
  'other',
] as const;
export type CallsShow = (typeof callsShow)[number];

export interface RawEventView {
  event: EventView;
  /** The record as delivered, JSON text. */
  raw: string;
  source: string;
}

/** One engine process's hold on the key. */
export interface ProcessLease {
  process: string;
  boot: string;
  /** When its last lease ends; null where it holds none. */
  lastLeaseEndsAt: number | null;
  /** DEKs whose lease still runs. */
  liveDeks: number;
  /** When the key was last denied to it after its last success; null where it was not. */
  deniedAt: number | null;
  lastSuccessAt: number | null;
  /** `serving`: leases run. `dark`: denied or out of leases. `idle`: no lease and nothing denied. */
  state: 'serving' | 'dark' | 'idle';
}

export interface RevocationView {
  now: number;
  /** Data-clock milliseconds per wall millisecond: 1 but in the sandbox. */
  speed: number;
  keys: {
    key: string;
    /** As the sandbox knows it; null for a real cloud's key. */
    enabled: boolean | null;
    disabledAt: number | null;
    /** When the last process must be dark, by leases; null where nothing is leased. */
    darkBy: number | null;
    processes: ProcessLease[];
  }[];
}

/** Whether the data is the sandbox's, and how its clock runs. */
export interface SandboxView {
  running: boolean;
  now: number;
  speed: number;
}

/** The body of every failed answer. */
export interface ErrorView {
  error: { code: string; message: string; requestId?: string };
}
