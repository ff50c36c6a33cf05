/** What `keytide up` and its sandbox process tell each other. */
export type ToSandbox =
  | {
      kind: 'begin';
      /** Go on from what an earlier run left instead of laying history. */
      resume: boolean;
      seed: number;
      speed: number;
      otlp: { url: string; token: string };
      /** Where history's CloudTrail files go. */
      logsDir: string;
    }
  | { kind: 'stop' };

export type FromSandbox =
  | { kind: 'listening'; controlUrl: string; keptKey: string | null }
  | { kind: 'made'; key: string }
  | { kind: 'progress'; share: number }
  | { kind: 'laid'; coveredUntil: number }
  | {
      kind: 'live';
      endpoint: string;
      region: string;
      account: string;
      credentials: { accessKeyId: string; secretAccessKey: string };
    }
  | { kind: 'log'; message: string }
  | { kind: 'failed'; message: string };
