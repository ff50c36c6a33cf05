import { KqlFault } from './values.ts';

export type Token =
  | { kind: 'name' | 'symbol'; text: string }
  | { kind: 'string' | 'number' | 'span' | 'instant'; text: string }
  | { kind: 'end'; text: '' };

const lengthMax = 100_000;
const pattern =
  /\s+|\/\/[^\n]*|(?<string>@?"(?:[^"\\]|\\.)*"|@?'(?:[^'\\]|\\.)*')|(?<instant>\bdatetime\([^()]*\))|(?<span>\d+(?:d|h|m|s|ms|tick)\b)|(?<number>\d+(?:\.\d+)?)|(?<symbol>==|!=|=~|!~|>=|<=|!in\b|!has\b|!contains\b|!startswith\b|[=<>|(),.[\];+~-])|(?<name>[A-Za-z_$][\w$]*)/gy;

/** A query's words and signs, comments left out. @throws {KqlFault} */
function tokensOf(text: string): Token[] {
  if (text.length > lengthMax) throw new KqlFault('Query is too long.');
  const tokens: Token[] = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    end = match.index + match[0].length;
    const { string, instant, span, number, symbol, name } = match.groups ?? {};
    if (string !== undefined) tokens.push({ kind: 'string', text: unquoted(string) });
    else if (instant !== undefined)
      tokens.push({ kind: 'instant', text: instant.slice('datetime('.length, -1) });
    else if (span !== undefined) tokens.push({ kind: 'span', text: span });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else if (symbol !== undefined) tokens.push({ kind: 'symbol', text: symbol });
    else if (name !== undefined) tokens.push({ kind: 'name', text: name });
  }
  if (end < text.length)
    throw new KqlFault(`Syntax Error: '${text.slice(end, end + 20)}' at position ${end}.`);
  return tokens;
}

function unquoted(text: string): string {
  if (text.startsWith('@')) return text.slice(2, -1);
  return text.slice(1, -1).replace(/\\(.)/g, '$1');
}

/** Words of a query, read one after the other. */
export class TokenReader {
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(text: string) {
    this.#tokens = tokensOf(text);
  }

  get peek(): Token {
    return this.#tokens[this.#next] ?? { kind: 'end', text: '' };
  }

  /** Takes the next token if it is this word or sign, not a text of it. */
  take(text: string): boolean {
    const { kind, text: found } = this.peek;
    if (found !== text || (kind !== 'name' && kind !== 'symbol')) return false;
    this.#next += 1;
    return true;
  }

  expect(text: string): void {
    if (!this.take(text)) throw this.unexpected();
  }

  any(): Token {
    const token = this.peek;
    this.#next += 1;
    return token;
  }

  /** The name of `name =`, or null where no such thing comes next. */
  assigned(): string | null {
    const [name, sign] = [this.peek, this.#tokens[this.#next + 1]];
    if (name.kind !== 'name' || sign?.kind !== 'symbol' || sign.text !== '=') return null;
    this.#next += 2;
    return name.text;
  }

  name(): string {
    const { kind, text } = this.peek;
    if (kind !== 'name') throw this.unexpected();
    this.#next += 1;
    return text;
  }

  unexpected(): KqlFault {
    const { kind, text } = this.peek;
    const what = kind === 'end' ? 'the end of the query' : `'${text}'`;
    return new KqlFault(`Syntax Error: ${what} could not be resolved.`);
  }
}
