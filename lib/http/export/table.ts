import type { CsvCell } from '../../shared/escape.ts';

export interface ExportColumn<Row> {
  name: string;
  of: (row: Row) => CsvCell | undefined;
}

/** Rows to write, one after the other; what ends them says why there are no more. */
export interface ExportTable<Row = unknown> {
  columns: readonly ExportColumn<Row>[];
  /** Ends with null where all were given, else with a sentence that says what is missing. */
  rows: AsyncGenerator<Row, string | null>;
}

/** An instant as every cell has it; none where it is not known. */
export const isoCell = (at: number | null | undefined): string | null =>
  at === null || at === undefined ? null : new Date(at).toISOString();
