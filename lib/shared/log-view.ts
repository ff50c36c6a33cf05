/** What a log alone tells beyond causes: what is promised, what to change, what a person could tell. */
import type { ServiceField } from './service-facts.ts';

/** What the log shows of one service's use of a key: whose, under what contexts, at what TTL. */
export interface LogFinding {
  key: string | null;
  principal: string;
  /** The cloud service that asked on the principal's behalf. */
  invokedBy: string | null;
  requests: number;
  /** The encryption context's names, and what each seems to stand for. */
  names: { name: string; values: number; role: 'constant' | 'key' | 'owner' | 'time' }[];
  /** Different contexts. */
  contexts: number;
  processes: number;
  /** What one context stands for: one data key, many of them (`scope`), or the log can't tell. */
  identity: 'key' | 'scope' | 'none' | 'unknown';
  /** The TTL as repeated requests show it, ms, between `fromMs` and `toMs`; null where they don't. */
  ttl: { ms: number; fromMs: number; toMs: number; waits: number; below: number } | null;
  dekLifetimeMs: number | null;
  probes: { operation: string; everyMs: number; requests: number }[];
}

/** One statement of a vendor, beside what the log shows of it. */
export interface PromiseCheck {
  id: 'ttl' | 'silence' | 'revocation' | 'rotation';
  label: string;
  /** Ms; null where nothing is stated. */
  statedMs: number | null;
  /** Ms; null where the log has nothing of it. */
  foundMs: number | null;
  /** `unknown`: the log can't tell. */
  verdict: 'consistent' | 'not-consistent' | 'unknown';
  because: string;
}

export interface PromiseView {
  /** `told`: by a person; otherwise the more common of the published tables. */
  stated: { ttlMs: number | null; dekLifetimeMs: number | null; told: boolean };
  checks: PromiseCheck[];
}

/** Something that could be changed, and what it would save. */
export interface Advice {
  id: 'coalesce' | 'cache' | 'share' | 'capacity' | 'probe' | 'bucket-key' | 'spread';
  text: string;
  /** Requests of the window that it saves; 0 where it only lowers the peak. */
  requestsSaved: number;
}

/** What a person could tell of the service, and what it would explain; most helpful first. */
export interface Help {
  field: ServiceField;
  text: string;
}

/** What a check of the promise found, in words. */
export const verdictWords: Record<PromiseCheck['verdict'], string> = {
  consistent: 'consistent',
  'not-consistent': 'not consistent',
  unknown: 'the log can’t tell',
};
