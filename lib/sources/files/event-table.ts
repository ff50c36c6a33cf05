/** What a table's rows give, and what is said of a file that gives no records. */
import { findRecords } from '../cloudtrail/find-records.ts';
import type { Intake } from '../intake.ts';
import type { ContentKind } from './file-kind.ts';
import { missingColumns, neededColumns } from './missing-columns.ts';

/** Rows taken in under their columns' names, which are told first. */
export class EventTable {
  readonly #intake: Intake;
  readonly #wrapping: string;
  #columns: string[] | null = null;
  #missing: string[] = [];
  #without = 0;

  constructor(intake: Intake, wrapping: string) {
    this.#intake = intake;
    this.#wrapping = wrapping;
  }

  get columns(): string[] | null {
    return this.#columns;
  }

  set columns(columns: string[] | null) {
    this.#columns = columns;
    this.#missing = missingColumns(columns ?? []);
  }

  take(row: object): void {
    const before = this.#intake.seen;
    for (const found of findRecords(row, { wrapping: this.#wrapping }))
      this.#intake.take(found, this.#missing);
    if (this.#intake.seen === before) this.#without++;
  }

  end(): void {
    if (this.#intake.seen > 0) {
      if (this.#without > 0) this.#intake.ignore('no-record', this.#without);
      return;
    }
    if (this.#intake.hasRejected) return;
    const lacking = neededColumns(this.#columns ?? []);
    if (lacking.length === 0) sayNothingFound(this.#intake, null);
    else
      this.#intake.reject({
        offset: 0,
        code: 'columns',
        reason: `a table without a column for ${lacking.join(', ')}`,
      });
  }
}

export function sayNothingFound(intake: Intake, kind: ContentKind | null): void {
  const reason =
    kind === null
      ? 'no audit record in it: none of AWS, Google Cloud or Azure is known by what it holds'
      : `${kind.name}, no audit records`;
  intake.reject({ offset: 0, code: kind?.code ?? 'no-record', reason });
}
