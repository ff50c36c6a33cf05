/**
 * The dashboard's process and the one that owns it, `keytide up`: what they tell each other. The owner has the clouds'
 * SDKs loaded and reads the logs; the dashboard loads none of them.
 */
import { randomUUID } from 'node:crypto';
import { AppError } from '../domain/app-error.ts';
import type { TriedView } from '../shared/connection-view.ts';
import type { LogPlace } from '../shared/log-place.ts';

/** A place that nobody reads yet, or a source that is read. */
export type Tried = { place: LogPlace } | { id: string };

export type FromWeb =
  | { kind: 'listening' }
  | { kind: 'failed'; message: string }
  | { kind: 'start-sandbox' }
  | { kind: 'try-source'; question: string; tried: Tried };

export type ToWeb =
  /** The sandbox that was asked for. */
  | { kind: 'sandbox'; url: string; token: string }
  | { kind: 'tried'; question: string; answer: TriedView };

const answerMsMax = 30_000;

/** @throws {AppError} `unavailable` where the dashboard was started by another one. */
export function tellOwner(message: FromWeb): void {
  if (process.send === undefined)
    throw new AppError('unavailable', 'Start the dashboard with `npx keytide up` to have this.');
  process.send(message);
}

/** Has the owner look at a log. @throws {AppError} `unavailable` */
export async function askOwner(tried: Tried): Promise<TriedView> {
  const question = randomUUID();
  const { promise, resolve, reject } = Promise.withResolvers<TriedView>();
  const onMessage = (message: ToWeb) => {
    if (message.kind === 'tried' && message.question === question) resolve(message.answer);
  };
  process.on('message', onMessage);
  const late = setTimeout(
    () => reject(new AppError('unavailable', 'The log was not looked at in time; try again.')),
    answerMsMax,
  );
  try {
    tellOwner({ kind: 'try-source', question, tried });
    return await promise;
  } finally {
    clearTimeout(late);
    process.off('message', onMessage);
  }
}
