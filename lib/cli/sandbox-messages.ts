import type { CloudName, Delays } from '../sandbox/sides/side.ts';

/** What `keytide up` and its sandbox process tell each other. */
export type ToSandbox =
  | {
      kind: 'begin';
      /** Go on from what an earlier run left instead of laying history. */
      resume: boolean;
      seed: number;
      speed: number;
      clouds: readonly CloudName[];
      delays: Delays;
      otlp: { url: string; token: string };
      /** Where files of logs go. */
      logsDir: string;
    }
  | { kind: 'stop' };

/** A cloud that an earlier run left, and its key. */
export interface KeptName {
  cloud: CloudName;
  key: string;
}

export type FromSandbox =
  | { kind: 'listening'; controlUrl: string; keptSides: KeptName[] }
  | { kind: 'made'; keys: string[] }
  | { kind: 'progress'; share: number }
  | { kind: 'laid' }
  | { kind: 'live' }
  | { kind: 'log'; message: string }
  | { kind: 'failed'; message: string };
