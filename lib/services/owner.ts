/**
 * The dashboard's process and the one that owns it, `keytide up`: what they tell each other. The owner has the clouds'
 * SDKs loaded, reads the logs and asks about keys; the dashboard loads none of them.
 */
import { randomUUID } from 'node:crypto';
import { AppError, type AppErrorCode } from '../domain/app-error.ts';
import type { AccessView, ValidatedKey } from '../shared/access-view.ts';
import type { TriedView } from '../shared/connection-view.ts';
import type { LogPlace } from '../shared/log-place.ts';
import type { MeasureView } from '../shared/measure-view.ts';

/** A place that nobody reads yet, or a source that is read. */
export type Tried = { place: LogPlace } | { id: string };

/** What the owner answers, by the kind of the question. */
export interface OwnerAnswers {
  'try-source': TriedView;
  'validate-key': ValidatedKey;
  'check-access': AccessView;
  'measure-key': MeasureView;
}

export type MeasureOrder = { kind: 'begin'; confirm: string } | { kind: 'look' } | { kind: 'end' };

export type OwnerQuestion =
  | { kind: 'try-source'; tried: Tried }
  | { kind: 'validate-key'; key: string }
  | { kind: 'check-access'; key: string }
  | { kind: 'measure-key'; key: string; order: MeasureOrder };

export type AskedOf<K extends keyof OwnerAnswers> = Extract<OwnerQuestion, { kind: K }>;

export type FromWeb =
  | { kind: 'listening' }
  | { kind: 'failed'; message: string }
  | { kind: 'start-sandbox' }
  | { kind: 'asked'; question: string; asked: OwnerQuestion };

export type ToWeb =
  /** The sandbox that was asked for. */
  | { kind: 'sandbox'; url: string; token: string }
  | { kind: 'answered'; question: string; answer: OwnerAnswers[keyof OwnerAnswers] }
  | { kind: 'refused'; question: string; code: AppErrorCode; message: string };

const answerMsMax = 30_000;

/** @throws {AppError} `unavailable` where the dashboard was started by another one. */
export function tellOwner(message: FromWeb): void {
  if (process.send === undefined)
    throw new AppError('unavailable', 'Start the dashboard with `npx keytide up` to have this.');
  process.send(message);
}

/** Has the owner look at a log, or ask a cloud. @throws {AppError} as the owner does, or `unavailable` */
export async function askOwner<K extends keyof OwnerAnswers>(
  asked: AskedOf<K>,
): Promise<OwnerAnswers[K]> {
  const question = randomUUID();
  const { promise, resolve, reject } = Promise.withResolvers<OwnerAnswers[K]>();
  const onMessage = (message: ToWeb) => {
    if (message.kind === 'sandbox' || message.question !== question) return;
    if (message.kind === 'refused') reject(new AppError(message.code, message.message));
    // A question's answer is of its kind.
    else resolve(message.answer as OwnerAnswers[K]);
  };
  process.on('message', onMessage);
  const late = setTimeout(
    () => reject(new AppError('unavailable', 'There was no answer in time; try again.')),
    answerMsMax,
  );
  try {
    tellOwner({ kind: 'asked', question, asked });
    return await promise;
  } finally {
    clearTimeout(late);
    process.off('message', onMessage);
  }
}
