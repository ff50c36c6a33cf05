/** Texts from outside, made harmless for where they go. HTML is React's to escape. */

/** Control characters, and those that turn the direction of a text or hide in it. */
const unseen = /[\p{Cc}\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu;

const codeOf = (character: string): string =>
  `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;

/** One line of text for a terminal: nothing in it moves the cursor, colours or hides anything. */
export const terminalLine = (text: string): string => text.replace(unseen, codeOf);

/** JSON that a terminal may show: the same value, with no character in it that a terminal obeys. */
export const terminalJson = (value: unknown): string =>
  JSON.stringify(value).replace(unseen, codeOf);

/** Text as Markdown shows it: no heading, link, image, emphasis, code, HTML, table cell or new line comes of it. */
export function markdownText(text: string): string {
  return terminalLine(text.replace(/[\r\n\t]+/g, ' '))
    .replace(/[\\`*_{}[\]<>|~&]/g, '\\$&')
    .replace(/^(\s*)([#+\-=]|\d+(?=[.)]))/, '$1\\$2')
    .replace(/\b(https?|ftp|mailto|xmpp):/gi, '$1\\:')
    .replace(/\bwww\./gi, 'www\\.')
    .replaceAll('@', '&#64;');
}

export type CsvCell = string | number | boolean | null;

/** What a spreadsheet would take for a formula or a command is put behind an apostrophe. */
const formula = /^[=+\-@\t\r]/;

/** One cell of CSV. Only texts come from outside: a number is never a formula. */
export function csvCell(cell: CsvCell): string {
  if (typeof cell !== 'string') return cell === null ? '' : String(cell);
  const text = formula.test(cell) ? `'${cell}` : cell;
  return /["',\r\n\t]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
