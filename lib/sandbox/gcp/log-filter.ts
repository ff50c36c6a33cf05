/**
 * The part of Cloud Logging's query language that a reader of audit logs needs, with its rules: OR binds tighter than
 * AND, terms side by side are ANDed, texts compare whatever their case, and a comparison of what is missing is false.
 */
import { GcpFault } from './gcp-fault.ts';

/** What a filter reads of an entry: a field's values (instants as nanoseconds), or all of it as text. */
export interface Filtered {
  valuesOf(path: readonly string[]): readonly unknown[];
  text(): string;
}

export type Filter = (entry: Filtered) => boolean;

const lengthMax = 20_000;
const nestingMax = 100;
const tokenPattern = /\s+|--[^\n]*|"(?:[^"\\]|\\.)*"|>=|<=|!=|=~|!~|[=<>:()]|[^\s()=!<>:"~]+/gy;
const comparisons = ['=', '!=', '>', '>=', '<', '<=', ':', '=~', '!~'] as const;
type Comparison = (typeof comparisons)[number];
const severities = ['DEFAULT', 'DEBUG', 'INFO', 'NOTICE', 'WARNING', 'ERROR', 'CRITICAL', 'ALERT'];

/** @throws {GcpFault} where it is no filter */
export function parseLogFilter(text: string): Filter {
  if (text.length > lengthMax) throw unparseable('the filter is too long');
  const parser = new Parser(tokensOf(text));
  return parser.atEnd ? () => true : parser.whole();
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  let end = 0;
  for (const match of text.matchAll(tokenPattern)) {
    end = match.index + match[0].length;
    if (!/^(?:\s|--)/.test(match[0])) tokens.push(match[0]);
  }
  if (end < text.length) throw unparseable(`syntax error at character ${end + 1}`);
  return tokens;
}

class Parser {
  readonly #tokens: readonly string[];
  #next = 0;
  #nesting = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  get atEnd(): boolean {
    return this.#next >= this.#tokens.length;
  }

  whole(): Filter {
    const filter = this.#all((parser) => parser.#term());
    if (!this.atEnd) throw this.#unexpected();
    return filter;
  }

  /** Alternatives joined by AND, or by nothing at all. */
  #all(term: (parser: Parser) => Filter): Filter {
    const filters = [this.#any(term)];
    while (!this.atEnd && this.#peek() !== ')') {
      this.#take('AND');
      filters.push(this.#any(term));
    }
    return (entry) => filters.every((filter) => filter(entry));
  }

  #any(term: (parser: Parser) => Filter): Filter {
    const filters = [this.#not(term)];
    while (this.#take('OR')) filters.push(this.#not(term));
    return (entry) => filters.some((filter) => filter(entry));
  }

  #not(term: (parser: Parser) => Filter): Filter {
    if (this.#take('NOT')) {
      const inner = this.#not(term);
      return (entry) => !inner(entry);
    }
    if (!this.#take('(')) return term(this);
    this.#nesting += 1;
    if (this.#nesting > nestingMax) throw unparseable('nested too deeply');
    const inner = this.#all(term);
    if (!this.#take(')')) throw this.#unexpected();
    this.#nesting -= 1;
    return inner;
  }

  #term(): Filter {
    const first = this.#word();
    if (first === 'log_id' && this.#take('(')) {
      const id = unquoted(this.#word());
      if (!this.#take(')')) throw this.#unexpected();
      return (entry) => entry.valuesOf(['logName']).some((name) => sameText(logIdOf(name), id));
    }
    const comparison = comparisons.find((one) => one === this.#peek());
    if (comparison === undefined) {
      const wanted = unquoted(first).toLowerCase();
      return (entry) => entry.text().toLowerCase().includes(wanted);
    }
    this.#next += 1;
    const path = pathOf(first);
    // What is compared with may be a whole expression: `field = ("a" OR "b")`.
    return this.#not((parser) => compare(path, comparison, parser.#word()));
  }

  #peek(): string | undefined {
    return this.#tokens[this.#next];
  }

  #take(token: string): boolean {
    if (this.#peek() !== token) return false;
    this.#next += 1;
    return true;
  }

  #word(): string {
    const token = this.#peek();
    if (token === undefined || /^(?:[()]|[=!<>:~]+|AND|OR|NOT)$/.test(token))
      throw this.#unexpected();
    this.#next += 1;
    return token;
  }

  #unexpected(): GcpFault {
    const token = this.#peek();
    return unparseable(token === undefined ? 'unexpected end' : `syntax error at token "${token}"`);
  }
}

function compare(path: readonly string[], comparison: Comparison, operand: string): Filter {
  const wanted = unquoted(operand);
  if (comparison === ':' && operand === '*') return (entry) => entry.valuesOf(path).length > 0;
  const test = testOf(path, comparison, wanted);
  return (entry) => entry.valuesOf(path).some(test);
}

function testOf(
  path: readonly string[],
  comparison: Comparison,
  wanted: string,
): (value: unknown) => boolean {
  if (comparison === '=~' || comparison === '!~') {
    const pattern = patternOf(wanted);
    return (value) => pattern.test(String(value)) === (comparison === '=~');
  }
  if (comparison === ':')
    return (value) => String(value).toLowerCase().includes(wanted.toLowerCase());
  const order = orderOf(path.at(-1) ?? '', wanted);
  switch (comparison) {
    case '=':
      return (value) => order(value) === 0;
    case '!=':
      return (value) => order(value) !== 0;
    case '>':
      return (value) => order(value) > 0;
    case '>=':
      return (value) => order(value) >= 0;
    case '<':
      return (value) => order(value) < 0;
    case '<=':
      return (value) => order(value) <= 0;
  }
}

/** Compares a field's value with the wanted one, by the field's type: below 0, 0, above 0, or NaN. */
function orderOf(field: string, wanted: string): (value: unknown) => number {
  if (field === 'timestamp' || field === 'receiveTimestamp') {
    const instant = nanosOf(wanted);
    if (instant === null) throw unparseable(`"${wanted}" is no timestamp`);
    return (value) => (typeof value === 'bigint' ? sign(value, instant) : Number.NaN);
  }
  if (field === 'severity')
    return (value) => severities.indexOf(String(value)) - severities.indexOf(wanted.toUpperCase());
  const lower = wanted.toLowerCase();
  return (value) =>
    typeof value === 'number' ? value - Number(wanted) : sign(String(value).toLowerCase(), lower);
}

const sign = <T extends string | bigint>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);

/** Nanoseconds since the epoch of an RFC 3339 instant. */
function nanosOf(text: string): bigint | null {
  const [, seconds, fraction = '', zone] =
    /^(\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d)?)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)?$/.exec(text) ?? [];
  if (seconds === undefined) return null;
  const ms = Date.parse(seconds.includes('T') ? `${seconds}${zone ?? 'Z'}` : seconds);
  return Number.isNaN(ms) ? null : BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}

function patternOf(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch {
    throw unparseable(`invalid regular expression "${text}"`);
  }
}

const sameText = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

/** `projects/P/logs/ID`: the id, which is percent-encoded in it. */
function logIdOf(name: unknown): string {
  const id = String(name).split('/logs/').at(-1) ?? '';
  return id.replaceAll('%2F', '/');
}

const unquoted = (token: string) =>
  token.startsWith('"') ? token.slice(1, -1).replace(/\\(.)/g, '$1') : token;

/** Dots part a path, but not inside quotes. */
const pathOf = (field: string) =>
  field.startsWith('"') ? [unquoted(field)] : field.split('.').map(unquoted);

const unparseable = (why: string) => new GcpFault('invalidArgument', `Unparseable filter: ${why}`);
