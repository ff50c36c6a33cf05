/**
 * One cloud of a sandbox: a customer's key in it, a service that calls it across, and who else does. Engines call it
 * through crypto-core's own provider; its log is written in the cloud's own form.
 */
import type { KekProvider } from '@keytide/crypto-core';
import type { Clock } from '../../domain/clock.ts';
import type { FaultPlan } from '../any-cloud/fault-plan.ts';
import type { SideState } from './kept-side.ts';

export const clouds = ['aws', 'gcp', 'azure'] as const;
export type CloudName = (typeof clouds)[number];

/** How an engine that is not the sandbox's own reaches the cloud, and who may read its log. */
export type CloudAccess =
  | {
      cloud: 'aws';
      endpoint: string;
      region: string;
      key: string;
      credentials: { accessKeyId: string; secretAccessKey: string; sessionToken: string };
      /** Who reads the log of the key's account. */
      reader: { account: string; credentials: { accessKeyId: string; secretAccessKey: string } };
    }
  | {
      cloud: 'gcp';
      /** Host and port of gRPC, in plain text; the calls that come there are the service's own. */
      endpoint: string;
      restEndpoint: string;
      project: string;
      key: string;
      /** As `endpoint`, of who reads the log. */
      loggingEndpoint: string;
      /** Where the project's policy is asked for, over HTTP. */
      adminUrl: string;
    }
  | {
      cloud: 'azure';
      /** Where requests for the vault go, with its name as their `Host`. */
      endpoint: string;
      key: string;
      tenantId: string;
      token: string;
      readerToken: string;
      workspaceId: string;
      storage: { account: string; key: string };
    };

/** Default each cloud's own. */
export interface Delays {
  /** How late an event comes into the log, ms of sandbox time; drawn uniformly for each. */
  logDelayMs?: { min: number; max: number };
  /** Until a change of a key or of who may use it is in force, ms of sandbox time. */
  propagationMs?: number;
}

export interface SideOptions extends Delays {
  /** Sandbox time. */
  clock: Clock;
  /** Engine processes. */
  processes: number;
  /** Which requests a planned fault meets, in [0, 1). Default at random. */
  draw?: () => number;
}

export interface Side {
  readonly cloud: CloudName;
  /** As engines register it. */
  readonly keyUri: string;
  /** Makes ready what engines need from the first message on. */
  open(): Promise<void>;
  /** An engine process's way to the key. */
  provider(process: number): KekProvider;
  /** Moves every engine onto the wire. */
  goLive(): Promise<void>;
  /** Another principal of the customer uses the key. */
  stranger(times?: number): void;
  /** The service's own identity from elsewhere, without a claim. */
  suspect(): void;
  /** The customer's administrator looks at the key. */
  audit(): void;
  /** How uses of keys are to fail. */
  readonly faults: FaultPlan;
  /** Disables or enables the key, as its administrator would. */
  setKey(enabled: boolean): void;
  /** Writes what was delivered since the last time into a folder; names the files. */
  writeLogs(dir: string): Promise<{ files: string[]; records: number }>;
  /** What outlives a run, but for its events. */
  exportState(): SideState;
  /** Null until there is an endpoint. */
  access(): CloudAccess | null;
  close(): Promise<void>;
}

/** Speaks for a provider that may be another one at each call, or be there only later. */
export const standIn = (name: CloudName, now: () => KekProvider): KekProvider => ({
  name,
  wrap: (plaintext, request) => now().wrap(plaintext, request),
  unwrap: (wrapped, request) => now().unwrap(wrapped, request),
});

/** Each engine process calls from an address of its own, as hosts would. */
export const addressOf = (process: number): string => `127.0.0.${11 + process}`;
