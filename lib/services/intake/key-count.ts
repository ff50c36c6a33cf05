import type { AuditRecord } from '../../domain/audit-record.ts';

export interface KeyEvents {
  /** Null where the records name none. */
  key: string | null;
  events: number;
}

/** A file of as many keys as records must not fill the memory with their names. */
const keysMax = 10_000;

/** Under which keys events lie; one of two keys counts for each. Of more than `keysMax` keys, those met first. */
export class KeyCount {
  readonly #events = new Map<string | null, number>();

  add(records: readonly AuditRecord[]): void {
    for (const { key, otherKeys } of records)
      for (const one of new Set([key, ...otherKeys])) {
        const known = this.#events.get(one);
        if (known !== undefined || this.#events.size < keysMax)
          this.#events.set(one, (known ?? 0) + 1);
      }
  }

  /** Most events first. */
  list(): KeyEvents[] {
    return [...this.#events]
      .map(([key, events]) => ({ key, events }))
      .sort((a, b) => b.events - a.events);
  }
}
