import type { RandomBytes } from '../any-cloud/random-ids.ts';
import type { AccountLog } from './event-log.ts';

export interface CloudTrailOptions {
  region: string;
  random: RandomBytes;
  queryMs: number;
  trailBucket: string;
  logOf: (account: string) => AccountLog;
}
