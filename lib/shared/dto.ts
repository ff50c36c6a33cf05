/** What the dashboard's API answers. Instants are epoch ms UTC, windows and buckets `[from, to)`, counts are whole. */

import type { SourceState } from './connection-view.ts';
import type { Counts } from './counts.ts';
import type { Advice, Help, LogFinding, PromiseView } from './log-view.ts';
import type { PatternView } from './pattern-view.ts';
import type { SpikeView } from './spike-view.ts';
import type { TimeWindow } from './time-window.ts';

/** One signed part of a ledger line or waterfall, and where its evidence is. */
export interface LedgerTerm {
  id: string;
  label: string;
  /** Signed as it enters the sum. */
  value: number;
  /** `value` over the total it is a part of; null where that is 0. */
  share: number | null;
  /** One sentence that says what is counted. */
  about: string;
  /** The roll-up that was summed, as `measure` or `measure:label`. */
  evidence: string;
  /** The dashboard's page that shows what was counted, without the window; absent where no rows are kept. */
  href?: string;
}

/** `total = sum of terms + residual`; the residual is what cannot be accounted for. */
export interface LedgerLine {
  id: 'operations' | 'calls' | 'attempts' | 'log' | 'events';
  label: string;
  total: number;
  terms: LedgerTerm[];
  residual: number;
}

export interface Ledger {
  lines: LedgerLine[];
  /** Absolute residuals of all lines, added. */
  residual: number;
  messages: number;
}

/**
 * A step of the waterfall from messages to audit events. `total` bars stand on zero; `delta` bars start at the last
 * one's end.
 */
export interface WaterfallStep extends LedgerTerm {
  kind: 'total' | 'delta';
}

export interface CauseBucket {
  start: number;
  messages: number;
  /** KMS calls by cause; causes with none are absent. */
  causes: Counts;
  /** The log does not cover this bucket yet. */
  incomplete: boolean;
}

export interface BusyMinute {
  minute: number;
  calls: number;
  causes: Counts;
  /** The cause of most calls, and its share in [0, 1]. */
  mainCause: string;
  mainShare: number;
  sentence: string;
}

export interface BusyHour {
  hour: number;
  calls: number;
  mainCause: string;
  mainShare: number;
}

/** How far an audit source has been read, and how late its events come. */
export interface SourceCoverage {
  id: string;
  kind: string;
  status: SourceState;
  /** What to do, where the status is not ok. */
  message: string | null;
  /** Everything before this instant is in. */
  coveredUntil: number | null;
  polledAt: number | null;
  /** The longest recent delay between an event and our first sight of it, plus a tenth; null until learnt. */
  lagMs: number | null;
}

/** How long calls and events are kept one by one. */
export interface Retention {
  /** Null where it has been switched off. */
  days: number | null;
  /** Before this instant there are sums only, and no record is taken any more. */
  keptFrom: number;
}

/** Use of the key by someone other than our own engines. */
export interface PrincipalUse {
  /**
   * `stranger`: another principal. `suspect`: our principal, but no call of ours. Of a log alone `own`, as somebody
   * said, or `unknown` where nobody did.
   */
  kind: 'stranger' | 'suspect' | 'own' | 'unknown';
  principal: string;
  name: string;
  key: string;
  events: number;
  firstAt: number;
  lastAt: number;
  sourceIps: string[];
  /** Cloud services that asked on its behalf, as the log names them. */
  services: string[];
  operations: Counts;
}

/** What the explanation is of; absent ones mean all. */
export interface ExplainFilter {
  workspace?: string;
  key?: string;
  /** A principal's id: shows only its events, even where there is telemetry. */
  principal?: string;
  process?: string;
}

/** One count of the window beside the same count of another. */
export interface ComparedCount {
  id: string;
  label: string;
  now: number;
  /** Null where that period has no data, or only from its middle on. */
  before: number | null;
}

/** The window beside an earlier one of the same length. */
export interface Comparison {
  kind: 'previous' | 'same-weekday';
  window: TimeWindow;
  counts: ComparedCount[];
}

/** What the theory of TTL caches predicts for the accesses counted, beside what was counted. */
/** Something more serious than any saving, in one sentence. */
export interface Alarm {
  id: 'denials' | 'outages' | 'failures' | 'suspects' | 'residual' | 'log' | 'drop';
  tone: 'bad' | 'warn';
  text: string;
}

export interface ClosedForm {
  /** TTL, ms; the one most calls ran under. */
  ttlMs: number;
  /** Accesses of one DEK in one process an hour, on average over the hours in which it was used. */
  accessesPerHour: number;
  /** Processes that used DEKs. */
  processes: number;
  /** Runs of uses parted by rests of a TTL: each begins with one call. */
  busyPeriods: number;
  /** Calls expected within them. */
  revalidations: number;
  /** The hours it was computed over: whole ones, the newest where the window holds too many. */
  from: number;
  to: number;
  /** KMS calls that begin or continue a use, by the formula and as counted. */
  predicted: number;
  counted: number;
  /** `(predicted - counted) / counted`; null where nothing was counted. */
  error: number | null;
  sentence: string;
}

export interface Cost {
  provider: string;
  currency: string;
  /** Price of 10,000 requests. */
  per10k: number;
  requests: number;
  amount: number;
  /** If every lookup asked the KMS; null where there is no telemetry of lookups. */
  requestsWithoutCache: number | null;
  amountWithoutCache: number | null;
  /** Who is billed for the requests. */
  payer: string;
  /** A day's requests at this window's rate times 30. */
  amountPerMonth: number;
}

/** How messages turn into lookups. */
export interface PerMessage {
  /** `scope`: `message` or outside of any. */
  operations: { scope: string; path: string; n: number; perMessage: number | null }[];
  /** DEKs opened in one message, on average; null without messages. */
  deksPerMessage: number | null;
  /** Conversations that opened old DEKs, most calls first. */
  reopened: { tag: string; calls: number; href: string }[];
}

/** Causes read from the audit log itself, where there is no telemetry. */
export interface LogCauses {
  /** Events looked at; fewer than `of` where it is a sample. */
  examined: number;
  of: number;
  causes: {
    cause: string;
    events: number;
    /** `claimed`: as the event's own claim says. `inferred`: from its context, session, address and time. */
    how: 'claimed' | 'inferred';
    /** In [0, 1]: how sure the inference is, on average; 1 for claims. */
    confidence: number;
  }[];
}

export interface ExplainView {
  window: TimeWindow;
  filter: ExplainFilter;
  /** What the screen may offer as filters, most calls first. */
  choices: {
    workspaces: string[];
    keys: string[];
    /** Only for a log alone; otherwise telemetry tells processes. */
    principals: { id: string; name: string }[];
    processes: string[];
  };
  comparisons: Comparison[];
  closedForm: ClosedForm | null;
  costs: Cost[];
  perMessage: PerMessage;
  logCauses: LogCauses | null;
  /** The designs in the log, most requests first; null where there is telemetry. */
  logFindings: LogFinding[] | null;
  /** Whether requests repeat, for a log alone; otherwise `/api/pattern` tells. */
  pattern: Pick<PatternView, 'period' | 'lines' | 'sentences'> | null;
  /** What to change, most saving first. */
  advice: Advice[];
  /** Null where there is telemetry. */
  promise: PromiseView | null;
  /** What a person could tell of the service; none where there is telemetry. */
  helps: Help[];
  /** The newest instant of the data's own clock; sandbox time where the sandbox runs. */
  now: number;
  /** Where data are, if this window has none; null where it has, or nothing is stored at all. */
  elsewhere: TimeWindow | null;
  /** Before this instant the audit log is complete; null where there is no audit source. */
  coveredUntil: number | null;
  /** Null where everything is kept. */
  retention: Retention | null;
  /** Where the window begins past retention: until this instant there are sums only, without a residual or suspects. */
  sumsBefore: number | null;
  /** The first sentence answers; the others add to it. */
  /** The most serious first; the sentences begin with them. */
  alarms: Alarm[];
  sentences: string[];
  ledger: Ledger;
  waterfall: WaterfallStep[];
  bucketMs: number;
  buckets: CauseBucket[];
  busiest: BusyMinute[];
  /** Most calls first. */
  busiestHours: BusyHour[];
  /** Largest excess first. */
  spikes: SpikeView[];
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
  /** `request-id`, `claim`, `assignment`, or null where no event was found. */
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
  /** `matched`, `not-told`, `telemetry-lost`, `suspect`, `stranger`, `other-operation`. */
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
  /** Where the window begins past retention: the instant from which rows exist. */
  sumsBefore: number | null;
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
  // Uses of key material that no call explains, whoever's they are.
  'events',
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
  /** The newest instant of any telemetry of this process. */
  lastWordAt: number;
  /**
   * `serving`: leases run. `stale`: they would, but nothing has been heard of the process for a while. `dark`: denied
   * or out of leases. `idle`: no lease and nothing denied.
   */
  state: 'serving' | 'stale' | 'dark' | 'idle';
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
  /** Its history is still being laid. */
  laying: boolean;
}

/** The body of every failed answer. */
export interface ErrorView {
  error: { code: string; message: string; requestId?: string };
}
