/** How long a revocation took to bite, as the API, the report and the page tell it. Instants are epoch ms. */

export type DrillVerdict = 'pass' | 'fail' | 'not-proven';

/** How it was revoked. */
export type RevokedHow = 'key-state' | 'destroy' | 'policy' | 'grant' | 'iam' | 'trust' | 'alias';

/** Why a verdict is what it is; lib/shared/drill-words.ts has the words. */
export type DrillCode =
  | 'kept'
  | 'used-late'
  | 'no-telemetry'
  | 'others'
  | 'telemetry-gap'
  | 'telemetry-ends'
  | 'telemetry-untold'
  | 'ttl-untold'
  | 'too-close'
  | 'restored-first'
  | 'still-granted'
  | 'nothing-asked'
  | 'not-refused'
  | 'decrypt-not-refused'
  | 'alias'
  | 'nobody-used'
  | 'maybe'
  | 'log-starts-late'
  | 'log-gap'
  | 'log-off';

export interface DrillReason {
  code: DrillCode;
  /** The process or session it is about. */
  who: string | null;
  at: number | null;
  n: number;
}

export interface DrillChange {
  eventId: string;
  at: number;
  operation: string;
  by: string;
  how: RevokedHow;
}

/** A process that telemetry tells of, or a session of the log alone. */
export interface DrillCaller {
  name: string;
  principal: string | null;
  /** Telemetry tells what it held. */
  told: boolean;
  /** Its last request that succeeded while the key was revoked, else before. */
  lastSuccessAt: number | null;
  /** Its first that was refused since. */
  firstDeniedAt: number | null;
  denied: number;
  /** Its last minute with a use of a data key; null where that is not told. */
  lastUseMinute: number | null;
  /** By then it held no data key any more; of the log alone, if the promise was kept. */
  darkBy: number | null;
}

/** One revocation, until it was undone. */
export interface Drill {
  revoked: DrillChange;
  /** The log's own resolution: the change was made within so many ms after `revoked.at`. */
  resolutionMs: number;
  /** Others that came before it was undone. */
  also: DrillChange[];
  restored: DrillChange | null;
  callers: DrillCaller[];
  cloud: {
    /** The last request that the cloud still granted afterwards; null where it granted none. */
    lastYesAt: number | null;
    firstNoAt: number | null;
    /** How long the cloud took to obey, as far as requests show: at least, and at most. */
    atLeastMs: number;
    atMostMs: number | null;
  };
  /** By then no process that is told of held a data key; null where one may still. */
  darkBy: number | null;
  timeToDarkMs: number | null;
  /** Of that what cached keys account for: after the cloud's last yes. */
  cacheMs: number | null;
  verdict: DrillVerdict;
  /** Those that decide first. */
  reasons: DrillReason[];
}

export interface DrillView {
  key: string;
  /** `no-event`: nothing in the log revokes it; `refused-untold`: it is refused, and no event tells why. */
  state: 'drilled' | 'no-event' | 'refused-untold';
  promise: { ttlMs: number; from: 'told' | 'telemetry' | 'preset' };
  /** What the log covers; null where there is none. */
  log: { from: number; to: number } | null;
  telemetry: boolean;
  /** The log lacks refusals of callers from other accounts. */
  refusalsAbsent: boolean;
  /** Oldest first. */
  drills: Drill[];
  /** Of `refused-untold`: it was taken between these two. */
  refused: { lastYesAt: number; firstNoAt: number; n: number } | null;
}
