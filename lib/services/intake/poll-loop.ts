import { AppError } from '../../domain/app-error.ts';
import { waitMsAfter } from '../../shared/back-off.ts';
import { type CloudTrailAccess, cloudTrailClient } from '../../sources/cloudtrail/client.ts';
import type { ServiceContext } from '../context.ts';
import { pollCloudTrail } from './poll-cloudtrail.ts';

/** A CloudTrail to read again and again. */
export interface CloudTrailSource extends CloudTrailAccess {
  account: string | null;
  /** Where the first reading starts, epoch ms. */
  startMs: number;
  /** Wall milliseconds between readings; more while they fail. */
  everyMs: number;
}

/** LookupEvents allows two requests a second; the sandbox's has no limit. */
const pageIntervalMs = 500;
/** Of its interval: what comes back is read again soon. */
const waitTimesMax = 10;

/**
 * Reads the log again and again until the returned function is called; a failure is said once and tried again, ever
 * more seldom.
 */
export function pollLoop(
  ctx: ServiceContext,
  source: CloudTrailSource,
  say: (message: string) => void,
): () => Promise<void> {
  const { region, endpoint, account, startMs } = source;
  const client = cloudTrailClient(source);
  const sourceId = `cloudtrail:${account ?? 'account'}:${region}`;
  const input = {
    client,
    sourceId,
    account,
    startMs,
    pageIntervalMs: endpoint === null ? pageIntervalMs : 0,
  };
  let stopped = false;
  let wake = () => {};
  let said = '';
  let failures = 0;
  const run = async () => {
    while (!stopped) {
      try {
        await pollCloudTrail({ ctx, input });
        said = '';
        failures = 0;
      } catch (error) {
        const message = error instanceof AppError ? error.message : String(error);
        if (message !== said && !stopped) say(`CloudTrail: ${message}`);
        said = message;
        failures += 1;
      }
      if (stopped) break;
      await new Promise<void>((resolve) => {
        const { everyMs } = source;
        const timer = setTimeout(
          resolve,
          waitMsAfter({ everyMs, failures, msMax: waitTimesMax * everyMs }),
        );
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  };
  const running = run();
  return async () => {
    stopped = true;
    wake();
    await running;
    client.destroy();
  };
}
