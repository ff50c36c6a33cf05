import { plain } from '../cloudtrail/canonical.ts';
import type { Fields } from '../cloudtrail/fields.ts';
import { PlainFields } from '../plain-fields.ts';

/** A row by its plain names, with what stands below `properties` beside them. */
export class AzureRow {
  readonly #row: PlainFields;
  readonly #properties: PlainFields;

  constructor(whole: Fields) {
    this.#row = new PlainFields(whole, nameOf);
    const properties = this.#row.inner('properties', 'additionalfields');
    this.#properties = new PlainFields(properties.whole, nameOf);
  }

  get(...names: readonly string[]): unknown {
    return this.#row.get(...names) ?? this.#properties.get(...names);
  }

  text(...names: readonly string[]): string | null {
    return this.#row.text(...names) ?? this.#properties.text(...names);
  }

  inner(name: string): PlainFields {
    const own = this.#row.inner(name);
    return Object.keys(own.whole).length > 0 ? own : this.#properties.inner(name);
  }

  entries(): Iterable<readonly [string, unknown]> {
    return this.#row.entries();
  }
}

/** Tables put a type behind each name, the portal's CSV a time zone. */
const nameOf = (name: string): string =>
  plain(name.replace(/_[sdgbt]$/, '').replace(/\s*\[.*\]$/, ''));
