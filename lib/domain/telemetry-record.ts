/** Telemetry as the store keeps it. Instants are epoch ms; `at` is the lookup's instant, or the start of its minute. */

export interface CallRecord {
  at: number;
  process: string;
  boot: string;
  seq: number;
  workspace: string;
  key: string;
  operation: string;
  path: string;
  cause: string;
  dek: string;
  dekAgeMs: number | null;
  edekFingerprint: string | null;
  generation: number;
  parentSeq: number | null;
  rootSeq: number | null;
  idleMs: number | null;
  forgotten: boolean;
  coalesced: number;
  tag: string | null;
  leaseEndsAt: number | null;
  endedAt: number;
  outcome: string;
  attempts: number;
  traceId: string;
  spanId: string;
}

export interface AttemptRecord {
  at: number;
  process: string;
  boot: string;
  seq: number;
  attempt: number;
  workspace: string;
  key: string;
  operation: string;
  cause: string;
  sent: boolean;
  sentAt: number;
  durationMs: number;
  requestId: string | null;
  status: number | null;
  outcome: string;
  errorCode: string | null;
  spanId: string;
}

/**
 * Messages are rows whose path and outcome are both `message`. A row with the path `complete` says that its process has
 * told all until the end of the minute and up to call `n`; with the outcome `last`, that nothing follows.
 */
export interface OperationRecord {
  at: number;
  process: string;
  boot: string;
  seq: number;
  workspace: string;
  key: string;
  scope: string;
  path: string;
  outcome: string;
  n: number;
}

export interface DekActivityRecord {
  at: number;
  process: string;
  boot: string;
  seq: number;
  workspace: string;
  dek: string;
  uses: number;
  bytes: number;
}

/** A start of an engine process and its policy; what an older sender does not say is null. */
export interface BootRecord {
  process: string;
  boot: string;
  startedAt: number | null;
  ttlMs: number | null;
  dekRotationMs: number | null;
  /** Of the service that embeds the engine; absent where nobody says. */
  version?: string;
  /** The sender says with each roll-up how far it has told. */
  tells: boolean;
}

/** What one OTLP request held. `rejected` counts what was not taken, with each reason once. */
export interface TelemetryBatch {
  boots: BootRecord[];
  calls: CallRecord[];
  attempts: AttemptRecord[];
  operations: OperationRecord[];
  deks: DekActivityRecord[];
  rejected: number;
  reasons: string[];
}

/** Rows of a batch that go into the store. */
export const telemetryRows = ({
  calls,
  attempts,
  operations,
  deks,
}: Record<'calls' | 'attempts' | 'operations' | 'deks', readonly unknown[]>): number =>
  calls.length + attempts.length + operations.length + deks.length;
