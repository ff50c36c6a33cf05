import type { AuditRecord, Rejected } from '../domain/audit-record.ts';
import type { Parsed } from './cloudtrail/parse.ts';

export interface Taken {
  /** Records seen, whatever became of them. */
  records: number;
  items: AuditRecord[];
  ignored: Record<string, number>;
  rejected: Rejected[];
}

/** A file of nothing but bad lines must not fill the memory with complaints. */
const rejectedMax = 1000;

/**
 * Sorts what one file or page gave into taken, ignored (counted) and rejected (named with its
 * place).
 */
export class Intake {
  readonly #file: string;
  readonly #items: AuditRecord[] = [];
  readonly #ignored = new Map<string, number>();
  readonly #rejected: Rejected[] = [];
  #records = 0;
  #unlisted = 0;

  constructor(file: string) {
    this.#file = file;
  }

  take(parsed: Parsed): void {
    const index = this.#records++;
    if (parsed.kind === 'record') this.#items.push(parsed.record);
    else if (parsed.kind === 'ignored') this.ignore(parsed.reason);
    else this.reject(index, `record at index ${index}: ${parsed.reason}`);
  }

  ignore(reason: string): void {
    this.#ignored.set(reason, (this.#ignored.get(reason) ?? 0) + 1);
  }

  reject(offset: number, reason: string): void {
    if (this.#rejected.length < rejectedMax) {
      this.#rejected.push({ file: this.#file, offset, reason });
    } else this.#unlisted++;
  }

  result(): Taken {
    const rejected = [...this.#rejected];
    if (this.#unlisted > 0) {
      const reason = `${this.#unlisted} more faults are not listed: mend the listed ones first`;
      rejected.push({ file: this.#file, offset: 0, reason });
    }
    return {
      records: this.#records,
      items: this.#items,
      ignored: Object.fromEntries(this.#ignored),
      rejected,
    };
  }
}
