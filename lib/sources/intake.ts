import type { AuditRecord, Provider, Rejected } from '../domain/audit-record.ts';
import { systemClock } from '../domain/clock.ts';
import type { IgnoredReason, RejectedCode } from '../domain/intake-codes.ts';
import type { FoundRecord } from './cloudtrail/find-records.ts';
import { missingColumns } from './files/missing-columns.ts';

/** Records that came in one shape, and the columns that all of them lack. */
export interface ShapeCount {
  shape: string;
  records: number;
  /** Names of the log's fields that the rows have no column for. */
  missing: readonly string[];
}

export interface Taken {
  /** Records seen, whatever became of them. */
  records: number;
  items: AuditRecord[];
  shapes: ShapeCount[];
  /** How much was ignored, by reason. */
  ignored: Partial<Record<IgnoredReason, number>>;
  rejected: Rejected[];
}

/** A file of nothing but bad lines must not fill the memory with complaints. */
const rejectedMax = 1000;
/** One record of a wrong clock would make every window end there. A sandbox's clock runs days ahead, not a year. */
const aheadMsMax = 366 * 86_400_000;

const missingRecord: FoundRecord = {
  parsed: {
    kind: 'rejected',
    code: 'missing-field',
    reason: 'the record itself is missing, or not whole',
  },
  shape: 'rows',
};

/**
 * Sorts what one file or page gave into taken, ignored (counted) and rejected (named with its
 * place). What is there already can be drained while the rest comes.
 */
export class Intake {
  readonly #file: string;
  readonly #provider: Provider | undefined;
  #items: AuditRecord[] = [];
  #shapes = new Map<string, ShapeCount>();
  #ignored = new Map<IgnoredReason, number>();
  #rejected: Rejected[] = [];
  #rejectedCount = 0;
  #records = 0;
  #drained = 0;

  /** @param provider whose records alone are wanted; all where undefined */
  constructor(file: string, provider?: Provider) {
    this.#file = file;
    this.#provider = provider;
  }

  /** Records seen so far. */
  get seen(): number {
    return this.#drained + this.#records;
  }

  /** Records that wait to be drained. */
  get waiting(): number {
    return this.#items.length;
  }

  /** Whether anything was rejected so far. */
  get hasRejected(): boolean {
    return this.#rejectedCount > 0;
  }

  /** @param missing what all rows of a table lack; else each row's own columns tell */
  take({ parsed, shape, columns }: FoundRecord, missing?: readonly string[]): void {
    const index = this.seen;
    // A notification stands for records that are elsewhere.
    if (parsed.kind === 'rejected' && parsed.code === 'notification') {
      this.reject({ offset: index, code: parsed.code, reason: parsed.reason });
      return;
    }
    this.#records++;
    this.#count(shape, () => missing ?? (columns === undefined ? [] : missingColumns(columns)));
    if (parsed.kind === 'record') {
      const { provider, at } = parsed.record;
      if (provider !== (this.#provider ?? provider)) this.ignore('other-provider');
      else if (at > systemClock.now() + aheadMsMax) {
        const when = new Date(at).toISOString();
        const reason = `record at index ${index}: its time, ${when}, lies more than a year ahead`;
        this.reject({ offset: index, code: 'time', reason });
      } else this.#items.push(parsed.record);
    } else if (parsed.kind === 'ignored') this.ignore(parsed.reason);
    else {
      const reason = `record at index ${index}: ${parsed.reason}`;
      this.reject({ offset: index, code: parsed.code, reason });
    }
  }

  /** What some rows have, the table does not lack. */
  #count(shape: string, missingOf: () => readonly string[]): void {
    const known = this.#shapes.get(shape);
    if (known === undefined) {
      this.#shapes.set(shape, { shape, records: 1, missing: missingOf() });
      return;
    }
    known.records++;
    if (known.missing.length === 0) return;
    const missing = new Set(missingOf());
    known.missing = known.missing.filter((name) => missing.has(name));
  }

  /** Takes what was found in one row of an API's answer: a row in which nothing was is named. */
  takeRow(found: Iterable<FoundRecord>): void {
    let isEmpty = true;
    for (const one of found) {
      this.take(one);
      isEmpty = false;
    }
    if (isEmpty) this.take(missingRecord);
  }

  ignore(reason: IgnoredReason, n = 1): void {
    this.#ignored.set(reason, (this.#ignored.get(reason) ?? 0) + n);
  }

  reject(given: { offset: number; code: RejectedCode; reason: string }): void {
    this.#rejectedCount++;
    if (this.#rejectedCount <= rejectedMax) this.#rejected.push({ file: this.#file, ...given });
  }

  /** What was not drained yet; `last` adds how many faults are not listed. */
  drain({ last }: { last: boolean }): Taken {
    const rejected = this.#rejected;
    const unlisted = this.#rejectedCount - rejectedMax;
    if (last && unlisted > 0) {
      const reason = `${unlisted} more faults are not listed: mend the listed ones first`;
      rejected.push({ file: this.#file, offset: 0, code: 'unlisted', reason });
    }
    const taken = {
      records: this.#records,
      items: this.#items,
      shapes: [...this.#shapes.values()],
      ignored: Object.fromEntries(this.#ignored),
      rejected,
    };
    this.#drained += this.#records;
    this.#records = 0;
    this.#items = [];
    this.#shapes = new Map();
    this.#ignored = new Map();
    this.#rejected = [];
    return taken;
  }
}
