/** What the page about connections shows: audit sources, what each lacks, and the processes that tell of themselves. */
import type { LogPlace } from './log-place.ts';

/** Who asked for a source: a person on the page, the environment, the sandbox; `file` for what was imported. */
export type LogOrigin = 'page' | 'environment' | 'sandbox' | 'file';

/** What one reading gave; it begins before the last one’s end, so much of it was there already. */
export interface LogReading {
  records: number;
  added: number;
  ignored: number;
  refused: number;
}

/** What a log can lack, in words. */
export const gapWords = {
  'no-permission': 'Reading it is not permitted',
  'no-credentials': 'There are no credentials to read it with',
  'no-place': 'There is no such log',
  'data-access-off': 'Data Access logs of Cloud KMS are off',
  exempted: 'Members are exempted from Data Access logs',
  excluded: 'A sink leaves entries of Cloud KMS out',
  'not-private': 'Data Access logs are kept from who reads',
  'kms-excluded': 'The trail leaves KMS out',
  'not-logging': 'The trail is switched off',
  'no-setting': 'No diagnostic setting sends a vault’s log here',
  'not-asked': 'Whether a vault’s log is sent here may not be asked',
  retention: 'The log does not reach back far enough',
  'not-covered': 'A key is used whose log is not read',
  silent: 'No use of a key is in it',
} as const;
export type GapCode = keyof typeof gapWords;

/** Something that a log lacks: how that is known, and what mends it (a command where there is one). */
export interface LogGap {
  code: GapCode;
  evidence: string;
  fix: string;
}

/** `waiting` before its first reading; `stopped` where nobody asks for it any more. */
export const sourceStates = [
  'ok',
  'behind',
  'failed',
  'file',
  'waiting',
  'paused',
  'stopped',
] as const;
export type SourceState = (typeof sourceStates)[number];

export interface ConnectionView {
  id: string;
  kind: string;
  origin: LogOrigin;
  place: LogPlace | null;
  state: SourceState;
  message: string | null;
  coveredUntil: number | null;
  polledAt: number | null;
  lagMs: number | null;
  /** New events in all its readings. */
  events: number;
  reading: LogReading | null;
  gaps: LogGap[];
  /** What one marked Encrypt showed; null where none was made. */
  check: {
    at: number;
    knownBy: string | null;
    claimIn: string | null;
    afterMs: number | null;
  } | null;
}

/** A process that sends telemetry. */
export interface HeardProcess {
  process: string;
  boots: number;
  /** Of its newest boot; in the data’s own time. */
  startedAt: number;
  /** Since it was last heard, by the wall’s clock; null of one that does not tell. */
  silentMs: number | null;
  closed: boolean;
}

export interface ConnectionsView {
  now: number;
  sources: ConnectionView[];
  /** Keys that telemetry tells of and no source covers. */
  gaps: LogGap[];
  /** Newest first. */
  processes: HeardProcess[];
  /** Where the ingest token is. */
  tokenAt: string;
}

/** What a look at a place found. */
export type TriedView =
  | {
      ok: true;
      /** KMS events of the last hour, and by how many principals. */
      events: number;
      principals: number;
      ignored: number;
      refused: number;
      /** Not null where there was more than such a look reads. */
      behind: string | null;
      gaps: LogGap[];
    }
  | { ok: false; message: string; gaps: LogGap[] };
