/**
 * A log as each of its readers gives it: pages of parsed records, in any order and with repeats, since the store takes
 * each event once. A reader may begin anew at any time; a fault says what to do about it.
 */
import { AppError, type AppErrorCode } from '../domain/app-error.ts';
import type { AuditRecord, Rejected } from '../domain/audit-record.ts';
import type { LogGap } from '../shared/connection-view.ts';
import type { LogKind } from '../shared/log-place.ts';
import type { Taken } from './intake.ts';

export interface LogPage {
  records: AuditRecord[];
  ignored: Taken['ignored'];
  /** `file` names the page or file, `offset` is the index of the record in it. */
  rejected: Rejected[];
  /** Not null where the log has more than could be read: what to do about it. */
  behind: string | null;
}

/** Between two instants, epoch ms. */
export interface ReadSpan {
  fromMs: number;
  toMs: number;
}

export type ReadFixes = Partial<Record<AppErrorCode, Pick<LogGap, 'code' | 'fix'>>>;

/** Reads a cloud's log as it grows. It keeps no state: the caller knows where to go on. */
export interface LogReader {
  kind: LogKind;
  /** As sentences name it. */
  name: string;
  /** Why the log may lack uses of a key, and what to do about it. */
  silence: string;
  /**
   * What arrived between two instants (epoch ms) as the log's own clock has it, page by page. What arrives late and
   * what is repeated may come again: dedupe on `eventId`. Throws AppError saying what to do.
   */
  read(span: ReadSpan): AsyncGenerator<LogPage>;
  /**
   * What the cloud itself says is left out of a span, of the known keys where it is asked about each. What it will
   * not tell is no gap, but where only that would tell. Throws as its client does.
   */
  inspect(span: ReadSpan, keys: () => Promise<readonly string[]>): Promise<LogGap[]>;
  /** What is missing where reading fails with this code, and what mends it. */
  fixes: ReadFixes;
  close(): void;
}

/** How a reader's requests fail: to be tried again soon, or by what a person must mend. */
export interface ReadFault {
  /** `throttled` is asked again soon. */
  code: AppError['code'] | 'throttled';
  message: string;
}

export interface Patience {
  sleep: (ms: number) => Promise<void>;
  /** Waits after throttling and broken connections, over one reading; default 8. */
  throttlesMax?: number;
  /** How long one request may take, ms; default a minute. */
  answerMsMax?: number;
  /** Spreads the waits of several readers, in [0, 1); default Math.random. */
  random?: () => number;
}

const waitMsFirst = 1_000;
const waitMsMax = 30_000;
const answerMsMaxDefault = 60_000;

/** Asks again, ever more seldom, while it is throttled, out of order or cut off; all else is thrown as what to do. */
export class Asker {
  readonly #patience: Patience;
  readonly #faultOf: (cause: unknown) => ReadFault;
  #throttlesLeft: number;

  constructor(patience: Patience, faultOf: (cause: unknown) => ReadFault) {
    this.#patience = patience;
    this.#faultOf = faultOf;
    this.#throttlesLeft = patience.throttlesMax ?? 8;
  }

  /** @param request is told to give up by its signal; whether it does or not, it is not waited for any longer */
  async ask<T>(request: (until: AbortSignal) => Promise<T>): Promise<T> {
    const { sleep, random = Math.random, answerMsMax = answerMsMaxDefault } = this.#patience;
    for (let waitMs = waitMsFirst; ; waitMs = Math.min(2 * waitMs, waitMsMax)) {
      const until = AbortSignal.timeout(answerMsMax);
      try {
        return await Promise.race([request(until), lateAt(until)]);
      } catch (cause) {
        if (cause instanceof AppError) throw cause;
        if (until.aborted) throw new AppError('unavailable', late(answerMsMax), { cause });
        const { code, message } = this.#faultOf(cause);
        if (code !== 'throttled' && !isReset(cause)) throw new AppError(code, message, { cause });
        if (this.#throttlesLeft <= 0) throw new AppError('unavailable', message, { cause });
        this.#throttlesLeft -= 1;
      }
      await sleep(waitMs * (0.5 + random() / 2));
    }
  }
}

const resets = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ERR_STREAM_PREMATURE_CLOSE']);

/** Whether a connection broke that had been there. One that never comes about is for a person to mend. */
function isReset(cause: unknown, depth = 5): boolean {
  if (!(cause instanceof Error) || depth === 0) return false;
  return ('code' in cause && resets.has(String(cause.code))) || isReset(cause.cause, depth - 1);
}

const lateAt = (until: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    until.addEventListener('abort', () => reject(until.reason), { once: true });
  });

const late = (ms: number) =>
  `The log's API did not answer within ${ms / 1_000} s: it is asked again; check network and proxy.`;
