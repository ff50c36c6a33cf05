/** A table as the text of a file, piece by piece. What it does not hold is said in its last line. */
import { csvCell } from '../../shared/escape.ts';
import { faultOf } from '../respond.ts';
import type { ExportTable } from './table.ts';

export type ExportFormat = 'csv' | 'json';

/** The rows in pieces of some kilobytes, and then why there are no more; a fault on the way is said there too. */
export async function* tableText(table: ExportTable, format: ExportFormat): AsyncGenerator<string> {
  const form = forms[format];
  yield form.head(table);
  let begun = false;
  let piece = '';
  const { rows } = table;
  let end: string | null;
  try {
    let next = await rows.next();
    for (; !next.done; next = await rows.next()) {
      piece += form.row(table, next.value, begun);
      begun = true;
      if (piece.length < pieceLength) continue;
      yield piece;
      piece = '';
    }
    end = next.value;
  } catch (error) {
    // The file is on its way: an error status is no longer possible.
    end = `This export is not whole: ${faultOf(error).view.error.message}`;
  }
  yield piece + form.end(end);
}

const pieceLength = 65_536;

interface Form {
  head(table: ExportTable): string;
  row(table: ExportTable, row: unknown, begun: boolean): string;
  end(cutOff: string | null): string;
}

const csvLine = (cells: readonly (string | number | boolean | null)[]): string =>
  `${cells.map(csvCell).join(',')}\r\n`;

const forms: Record<ExportFormat, Form> = {
  csv: {
    head: ({ columns }) => csvLine(columns.map(({ name }) => name)),
    row: ({ columns }, row) => csvLine(columns.map(({ of }) => of(row) ?? null)),
    end: (cutOff) => (cutOff === null ? '' : csvLine([`# ${cutOff}`])),
  },
  json: {
    head: () => '{"rows":[',
    row: (_, row, begun) => `${begun ? ',' : ''}\n${JSON.stringify(row)}`,
    end: (cutOff) => `\n],"cutOff":${JSON.stringify(cutOff)}}\n`,
  },
};
