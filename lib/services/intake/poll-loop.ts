import { AppError } from '../../domain/app-error.ts';
import { waitMsAfter } from '../../shared/back-off.ts';
import type { LogOrigin } from '../../shared/connection-view.ts';
import type { LogPlace } from '../../shared/log-place.ts';
import type { LogReader } from '../../sources/log-reader.ts';
import type { ServiceContext } from '../context.ts';
import { pollLog } from './poll-log.ts';

/** A log to read again and again. */
export interface LogSource {
  reader: LogReader;
  sourceId: string;
  origin: LogOrigin;
  place: LogPlace;
  /** Where the first reading starts, epoch ms. */
  startMs: number;
  /** Wall milliseconds between readings; more while they fail. */
  everyMs: number;
}

/** A share of the interval: after a failure the first attempt comes soon. */
const waitTimesMax = 10;

/**
 * Reads the log again and again, while this process `leads`, until the returned function is called; a failure is said
 * once and tried again, ever more seldom.
 */
export function pollLoop(
  ctx: ServiceContext,
  source: LogSource,
  { say, leads }: { say: (message: string) => void; leads: () => boolean },
): () => Promise<void> {
  let stopped = false;
  let wake = () => {};
  let said = '';
  let failures = 0;
  const run = async () => {
    while (!stopped) {
      try {
        if (leads()) await pollLog({ ctx, input: source });
        said = '';
        failures = 0;
      } catch (error) {
        const message = error instanceof AppError ? error.message : String(error);
        if (message !== said && !stopped) say(`${source.reader.name}: ${message}`);
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
  };
}
