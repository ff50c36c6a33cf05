/** The lab as the sandbox tells it and a screen shows it. Instants are epoch ms of the lab's own clock. */
import type { Counts } from '../counts.ts';

export const labClouds = ['aws', 'gcp', 'azure'] as const;
export type LabCloudName = (typeof labClouds)[number];

export const labPresets = ['daily', 'hourly'] as const;
export type LabPreset = (typeof labPresets)[number];

export const labSpreads = ['none', 'first-lease'] as const;
export type LabSpread = (typeof labSpreads)[number];

/** The customer's two keys. An alias can point to either, a workspace can be registered under either. */
export const labKeyNames = ['A', 'B'] as const;
export type LabKeyName = (typeof labKeyNames)[number];

export const labBounds = {
  ttlMinutes: { min: 1, max: 240 },
  processes: { min: 1, max: 16 },
  seed: { min: 0, max: 4_294_967_295 },
  speed: { min: 0, max: 3600 },
  /** A deletion of a key of Azure is final after 90 days. */
  skipMs: { min: 1, max: 100 * 86_400_000 },
} as const;

/** With the same one, and the same acts at the same instants, everything happens again as it did. */
export interface LabConfig {
  cloud: LabCloudName;
  preset: LabPreset;
  ttlMinutes: number;
  processes: number;
  spread: LabSpread;
  seed: number;
  scenario: LabScenarioId | null;
}

export const labScenarioIds = [
  'revoke-and-wait',
  'outage',
  'rotate',
  'alias-swap',
  'deploy-echo',
  'permanent-loss',
  'by-mistake',
] as const;
export type LabScenarioId = (typeof labScenarioIds)[number];

/** What can be done to the key in use, and to the way to it. */
export const labActKinds = [
  'disable',
  'enable',
  'schedule-deletion',
  'take-permission',
  'give-permission',
  'detach-trust',
  'attach-trust',
  'rotate',
  'repoint-alias',
  'switch-key',
  'cut-off',
  'throttle',
  'restore',
  'deploy',
  'check',
] as const;
export type LabActKind = (typeof labActKinds)[number];

export interface LabAct {
  kind: LabActKind;
  /** Of `switch-key`: the key's name or URI. Default the other of the two. */
  key?: string | undefined;
  /** Of `deploy`: what the next boots have. */
  spread?: LabSpread | undefined;
}

/** What a lab can be told besides acts. */
export type LabOrder =
  | { kind: 'act'; act: LabAct }
  | { kind: 'speed'; speed: number }
  /** Time travel, forward only. */
  | { kind: 'skip'; ms: number }
  /** The scenario's next step. */
  | { kind: 'next'; step: number };

/** `asked`: what its owner asked for; `inForce`: what the KMS goes by, since a change takes a while. */
export interface LabKey {
  name: LabKeyName;
  uri: string;
  asked: 'enabled' | 'disabled' | 'pending-deletion' | 'gone';
  inForce: 'enabled' | 'disabled' | 'pending-deletion' | 'gone';
  permitted: { asked: boolean; inForce: boolean };
  /** When a change that is on its way is in force. */
  inForceAt: number | null;
  /** When it will be gone for good. */
  goneAt: number | null;
  materials: number;
}

export type KmsWay = 'open' | 'cut-off' | 'throttled';

/** Why a stored DEK can be used now, or not. */
export type Readability = 'held' | 'kms' | 'denied' | 'wrong-key' | 'outage';

export interface LabProcess {
  process: string;
  /** Leases that run. */
  leases: number;
  lastLeaseEndsAt: number | null;
  /** Whether the KMS would refuse it any stored DEK now. */
  isTaken: boolean;
  /** The last possible use of what the KMS would refuse it now; null where it holds nothing of that. */
  lastUseBy: number | null;
  /** When its session with the customer's cloud ends. */
  sessionEndsAt: number;
  lastSuccessAt: number | null;
  lastDeniedAt: number | null;
  /** Distinct DEKs of stored messages that it could read now. */
  readable: number;
}

export const ageClasses = ['hour', 'day', 'week', 'older'] as const;
/** By when the DEK was made: within the last hour, day, week, or before. */
export type AgeClass = (typeof ageClasses)[number];

/** Stored messages whose DEKs were wrapped by one key and are of one age. */
export interface LabData {
  key: LabKeyName;
  age: AgeClass;
  deks: number;
  messages: number;
  /** Messages that every process, or at least one of them, could read now. */
  readableByAll: number;
  readableByAny: number;
}

export type MessageOutcome = 'ok' | 'denied' | 'wrong-key' | 'outage';

/** What happened in `[from, from + bucketMs)`. */
export interface LabBucket {
  from: number;
  messages: Record<MessageOutcome, number>;
  /** KMS requests by cause. */
  causes: Counts;
}

export interface LabAudit {
  /** Of the log, from 1. */
  number: number;
  at: number;
  /** When it is in the log; until then it is on its way. */
  arrivesAt: number;
  operation: string;
  /** Who: an engine process, the customer's administrator, the cloud itself. */
  by: string;
  /** The code of the refusal, null where it went well. */
  error: string | null;
}

/** A sentence about an instant. `refused`: an order that changed nothing. */
export interface LabTurn {
  /** From 1. */
  number: number;
  at: number;
  kind: 'done' | 'refused' | 'seen';
  text: string;
}

/** What the screen said, and what reading every stored message in every process then gave. */
export interface LabCheck {
  at: number;
  /** Pairs of a message and a process. */
  reads: number;
  saidReadable: number;
  readReadable: number;
  /** Where the two differ. */
  differing: number;
  /** Distinct messages that at least one process could read, of so many. */
  messages: number;
  readableMessages: number;
}

/** What takes the key away, and when each process could use it last. */
export interface LabRevocation {
  kind: LabActKind;
  at: number;
  /** By when the promise has it dark: propagation, session where it counts, and one TTL. */
  promisedBy: number;
  /** When the last process had nothing left; null while one has. */
  darkAt: number | null;
  /** When it was undone; null while it is not. */
  undoneAt: number | null;
}

export interface LabView {
  id: string;
  config: LabConfig;
  ttlMs: number;
  /** From an order at the cloud to its being in force, ms. */
  propagationMs: number;
  startedAt: number;
  now: number;
  /** As chosen; 0 stands still. */
  speed: number;
  /** Whether time runs now: it stops by itself when a scenario's step is over. */
  isRunning: boolean;
  /** How far the lab's clock is behind where its speed would have it, ms. */
  behindMs: number;
  /** The scenario's steps that were begun, and when the current one is over. */
  step: number;
  stepEndsAt: number | null;
  keys: LabKey[];
  /** What the workspaces are registered under. */
  registered: { via: 'alias' | 'id'; key: LabKeyName; uri: string };
  trusted: boolean;
  kms: KmsWay;
  spread: LabSpread;
  processes: LabProcess[];
  data: LabData[];
  bucketMs: number;
  buckets: LabBucket[];
  audit: LabAudit[];
  auditCounts: { arrived: number; onTheirWay: number };
  /** KMS requests that were answered, less those that the audit log holds. */
  residual: number;
  /** Plaintexts that were given a TTL or more after the KMS last said yes; never more than 0. */
  lateReleases: number;
  turns: LabTurn[];
  checks: LabCheck[];
  revocations: LabRevocation[];
}

/** A lab that can be rejoined. */
export interface RunningLab {
  id: string;
  config: LabConfig;
  now: number;
}

/** Whether labs can run here, and which do. */
export interface LabsView {
  state: 'none' | 'laying' | 'ready';
  labs: RunningLab[];
}
