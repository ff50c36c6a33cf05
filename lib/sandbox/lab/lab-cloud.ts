/**
 * The customer's side of a lab: two keys in one cloud, what its administrator does to them, and the log of it. Each
 * change says from when it is in force.
 */
import type { LabKeyName } from '../../shared/lab/lab-view.ts';
import type { Side } from '../sides/side.ts';
import type { LabLog } from './lab-log.ts';

export interface LabCloud {
  readonly side: Side;
  readonly log: LabLog;
  /** From a change of a key's state or policy to its being in force, ms. */
  readonly propagationMs: number;
  /** From the order to delete a key to its end, ms. */
  readonly deletionMs: number;
  /** The alias, where the cloud has such: a lab's workspaces are registered under it at first. */
  readonly aliasUri: string | null;
  /** The key by itself, as a workspace can be registered under it. */
  keyUri(name: LabKeyName): string;
  setEnabled(name: LabKeyName, enabled: boolean): InForce;
  scheduleDeletion(name: LabKeyName): InForce;
  /** Brings the key back, enabled; from when each of the two is in force. */
  cancelDeletion(name: LabKeyName): { present: number; enabled: number };
  setPermitted(name: LabKeyName, permitted: boolean): InForce;
  /** New material under the same id. */
  rotate(name: LabKeyName): void;
  /** Only where there is an alias. */
  pointAlias(name: LabKeyName): void;
}

/** From when a change is in force, epoch ms; -Infinity for at once. */
export interface InForce {
  inForceAt: number;
}
