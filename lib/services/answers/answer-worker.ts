/**
 * One thread of the answer pool, with a database client of its own: what it reckons never holds up the thread that
 * serves requests.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { AppError, type AppErrorCode } from '../../domain/app-error.ts';
import { type Db, openDb } from '../../store/connection/db.ts';
import { outageOf } from '../outage.ts';
import { answerTo, type Question } from './verbs.ts';

export interface WorkerQuestion {
  id: number;
  question: Question;
  /** The data's clock, epoch ms. */
  now: number;
}

export type WorkerAnswer =
  /** The answer as JSON. */
  { id: number; json: string } | { id: number; fault: WorkerFault };

export interface WorkerFault {
  code: AppErrorCode;
  message: string;
  stack: string | undefined;
}

// The pool that starts this worker gives it this.
const { url } = workerData as { url: string };
let opened: Promise<Db> | undefined;

/** One that cannot be opened is tried again with the next question. */
function database(): Promise<Db> {
  opened ??= openDb(url).catch((error: unknown) => {
    opened = undefined;
    throw error;
  });
  return opened;
}

parentPort?.on('message', async ({ id, question, now }: WorkerQuestion) => {
  parentPort?.postMessage(await answered(id, question, now));
});

async function answered(id: number, question: Question, now: number): Promise<WorkerAnswer> {
  try {
    const answer = await answerTo(question, { db: await database(), now: async () => now });
    return { id, json: JSON.stringify(answer) };
  } catch (thrown) {
    const error = outageOf(thrown) ?? thrown;
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    const code = error instanceof AppError ? error.code : 'internal';
    return { id, fault: { code, message, stack } };
  }
}
