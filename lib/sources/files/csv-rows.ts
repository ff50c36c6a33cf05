/** Rows of CSV or tab-separated text as it comes; quotes as RFC 4180 has them. Memory is bounded. */
import { plain } from '../cloudtrail/canonical.ts';

export type Separator = ',' | '\t' | ';';
/** A column that holds a field of the event, or the whole record. */
const telling = new Set([
  'classuid',
  'eventname',
  'cloudtrailevent',
  'eventjson',
  'raw',
  '@message',
  'message',
]);
/** Columns of an event that other tables have too: two of them tell. */
const usual = new Set([
  ...['eventtime', 'eventsource', 'eventid', 'eventtype', 'awsregion', 'useridentity'],
  ...['sourceipaddress', 'useragent', 'requestparameters', 'resources', 'recipientaccountid'],
]);
const cellsMax = 500;
const rowLengthMax = 4 * 1024 * 1024;

/** The separator of a head line that names an event's columns, or null where it names none. */
export function tableSeparator(head: string): Separator | null {
  const separators: readonly Separator[] = [',', '\t', ';'];
  const found = separators.find((separator) => {
    const names = csvRow(head, separator).map((name) => plain(name));
    return (
      names.some((name) => telling.has(name)) || names.filter((name) => usual.has(name)).length > 1
    );
  });
  return found ?? null;
}

function csvRow(line: string, separator: Separator): string[] {
  const reader = new CsvRows(separator);
  return [...reader.push(`${line}\n`)][0] ?? [];
}

export class CsvRows {
  readonly #separator: Separator;
  #row: string[] = [];
  #cell = '';
  #quoted = false;
  #afterQuote = false;
  #length = 0;

  constructor(separator: Separator) {
    this.#separator = separator;
  }

  *push(text: string): Generator<string[]> {
    for (const character of text) {
      this.#length++;
      if (this.#quoted) {
        if (character !== '"') this.#add(character);
        else {
          this.#quoted = false;
          this.#afterQuote = true;
        }
      } else if (character === '"' && (this.#cell === '' || this.#afterQuote)) {
        // Two quotes inside quotes are one.
        if (this.#afterQuote) this.#add('"');
        this.#quoted = true;
        this.#afterQuote = false;
      } else if (character === this.#separator) this.#endCell();
      else if (character === '\n') yield* this.#endRow();
      else if (character !== '\r') this.#add(character);
    }
  }

  *end(): Generator<string[]> {
    if (this.#length > 0) yield* this.#endRow();
  }

  #add(character: string): void {
    if (this.#length <= rowLengthMax) this.#cell += character;
  }

  #endCell(): void {
    if (this.#row.length < cellsMax) this.#row.push(this.#cell);
    this.#cell = '';
    this.#afterQuote = false;
  }

  *#endRow(): Generator<string[]> {
    this.#endCell();
    const row = this.#row;
    this.#row = [];
    this.#quoted = false;
    this.#length = 0;
    if (row.some((cell) => cell !== '')) yield row;
  }
}
