/** Whether a process can use a stored DEK now, from what is known of the key, the way to it and the process. */
import type { KmsWay, Readability } from './lab-view.ts';

export interface ReadFacts {
  /** The process has a lease on the DEK that runs, under what its workspace is registered under now. */
  isHeld: boolean;
  /** The process remembers that the KMS has just refused it, or this DEK, and does not ask again yet. */
  remembered: 'denied' | 'wrong-key' | 'outage' | null;
  /** Its session with the customer's cloud runs, or it would be given another one. */
  hasSession: boolean;
  kms: KmsWay;
  /** The key that is asked is enabled and its policy allows, both in force. */
  isAllowed: boolean;
  /** The DEK was wrapped by the key that is asked. */
  isOwnKey: boolean;
}

/**
 * The order is the engine's and the KMS's own: a lease, what is remembered, the session, the way to the KMS, the key.
 * A throttled KMS turns every other request away: the second attempt of a call succeeds.
 */
export function readability(facts: ReadFacts): Readability {
  if (facts.isHeld) return 'held';
  if (facts.remembered !== null) return facts.remembered;
  if (!facts.hasSession) return 'denied';
  if (facts.kms === 'cut-off') return 'outage';
  if (!facts.isAllowed) return 'denied';
  return facts.isOwnKey ? 'kms' : 'wrong-key';
}

export const isReadable = (how: Readability): boolean => how === 'held' || how === 'kms';
