import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { AppError } from '../../domain/app-error.ts';
import type { WorkerAnswer, WorkerFault, WorkerQuestion } from './answer-worker.ts';
import type { Question } from './verbs.ts';

/** Answers questions on threads of its own. */
export interface AnswerPool {
  /** The answer as JSON. @throws {AppError} as the verb does; `unavailable` where the thread was lost */
  ask(question: Question, now: number): Promise<string>;
  close(): Promise<void>;
}

// One long question leaves another thread for the short ones.
const threadsDefault = 2;
/** Ours by path: the dashboard is bundled, its threads run the sources, both from the folder of the project. */
const workerPath = join('lib', 'services', 'answers', 'answer-worker.ts');

interface Waiting {
  resolve(json: string): void;
  reject(error: Error): void;
}

/** A pool over the database at `url`; its threads start with their first question. */
export function answerPool({
  url,
  threads = threadsDefault,
  root = process.cwd(),
}: {
  url: string;
  threads?: number;
  root?: string;
}): AnswerPool {
  const all = Array.from({ length: threads }, () => new Thread(url, join(root, workerPath)));
  return {
    ask: (question, now) => {
      const [idlest] = all.toSorted((a, b) => a.waiting - b.waiting);
      if (idlest === undefined) throw new RangeError('a pool has threads');
      return idlest.ask(question, now);
    },
    close: async () => {
      await Promise.all(all.map((thread) => thread.close()));
    },
  };
}

class Thread {
  readonly #url: string;
  readonly #path: string;
  #worker: Worker | null = null;
  #last = 0;
  readonly #waiting = new Map<number, Waiting>();

  constructor(url: string, path: string) {
    this.#url = url;
    this.#path = path;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  ask(question: Question, now: number): Promise<string> {
    this.#worker ??= this.#start();
    const id = ++this.#last;
    const answer = Promise.withResolvers<string>();
    this.#waiting.set(id, answer);
    this.#worker.postMessage({ id, question, now } satisfies WorkerQuestion);
    return answer.promise;
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(this.#path, { workerData: { url: this.#url } });
    worker.unref();
    worker.on('message', (answer: WorkerAnswer) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if ('json' in answer) waiting?.resolve(answer.json);
      else waiting?.reject(errorOf(answer.fault));
    });
    worker.on('error', (cause) => this.#lost(cause));
    worker.on('exit', () => this.#lost(undefined));
    return worker;
  }

  /** The next question starts another thread. */
  #lost(cause: unknown): void {
    this.#worker = null;
    const message = 'The part of the server that worked on the answer ended; try again.';
    for (const { reject } of this.#waiting.values())
      reject(new AppError('unavailable', message, { cause }));
    this.#waiting.clear();
  }
}

/** What is no fault of the asker keeps its stack, for the log. */
function errorOf({ code, message, stack }: WorkerFault): Error {
  const error = code === 'internal' ? new Error(message) : new AppError(code, message);
  if (code === 'internal' && stack !== undefined) error.stack = stack;
  return error;
}
