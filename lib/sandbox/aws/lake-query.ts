/** The SQL of CloudTrail Lake as far as a reader of events needs it: columns, conditions, order and a limit. */
import type { Json } from './api-call.ts';
import { AwsFault } from './aws-fault.ts';
import type { CloudTrailRecord } from './cloudtrail-record.ts';
import type { StoredEvent } from './event-log.ts';

/** Columns of a row with their values as texts. */
export type LakeRow = readonly (readonly [name: string, value: string])[];

type Test = (record: CloudTrailRecord) => boolean;

const lengthMax = 10_000;
const tokenPattern = /\s+|'(?:[^']|'')*'|"[^"]*"|<=|>=|<>|!=|[=<>(),*]|[^\s=<>!(),*'"]+/gy;

/** @throws {AwsFault} where it is no such query */
export function parseLakeQuery(
  statement: string,
): (events: readonly StoredEvent[]) => readonly LakeRow[] {
  if (statement.length > lengthMax) throw invalid('The query is too long.');
  const reader = new Reader(statement);
  reader.expect('select');
  const columns = reader.columns();
  reader.expect('from');
  reader.word();
  const test = reader.take('where') ? reader.any() : () => true;
  const order = reader.take('order') ? reader.order() : null;
  const limit = reader.take('limit') ? Number(reader.word()) : Number.POSITIVE_INFINITY;
  if (!reader.atEnd || Number.isNaN(limit)) throw reader.unexpected();
  return (events) => {
    const records = events.map(({ record }) => record).filter(test);
    if (order !== null)
      records.sort(
        (a, b) => order.sign * compare(textIn(a, order.column), textIn(b, order.column)),
      );
    return records.slice(0, limit).map((record) => rowOf(record, columns));
  };
}

const invalid = (why: string) => new AwsFault('InvalidQueryStatementException', why);

class Reader {
  readonly #tokens: string[] = [];
  #next = 0;

  constructor(text: string) {
    let end = 0;
    for (const match of text.replace(/;\s*$/, '').matchAll(tokenPattern)) {
      end = match.index + match[0].length;
      if (!/^\s/.test(match[0])) this.#tokens.push(match[0]);
    }
    if (end < text.replace(/;\s*$/, '').length) throw invalid(`The query fails at ${end}.`);
  }

  get atEnd(): boolean {
    return this.#next >= this.#tokens.length;
  }

  unexpected(): AwsFault {
    return invalid(`mismatched input '${this.#tokens[this.#next] ?? '<EOF>'}'`);
  }

  take(word: string): boolean {
    if (this.#tokens[this.#next]?.toLowerCase() !== word) return false;
    this.#next += 1;
    return true;
  }

  expect(word: string): void {
    if (!this.take(word)) throw this.unexpected();
  }

  word(): string {
    const token = this.#tokens[this.#next];
    if (token === undefined || /^[=<>(),'!]/.test(token)) throw this.unexpected();
    this.#next += 1;
    return token.replaceAll('"', '');
  }

  literal(): string {
    const token = this.#tokens[this.#next];
    if (token === undefined || !/^'|^[\w.-]+$/.test(token)) throw this.unexpected();
    this.#next += 1;
    return token.startsWith("'") ? token.slice(1, -1).replaceAll("''", "'") : token;
  }

  columns(): string[] | null {
    if (this.take('*')) return null;
    const columns = [this.word()];
    while (this.take(',')) columns.push(this.word());
    return columns;
  }

  any(): Test {
    const tests = [this.all()];
    while (this.take('or')) tests.push(this.all());
    return (record) => tests.some((test) => test(record));
  }

  all(): Test {
    const tests = [this.one()];
    while (this.take('and')) tests.push(this.one());
    return (record) => tests.every((test) => test(record));
  }

  one(): Test {
    if (this.take('not')) {
      const test = this.one();
      return (record) => !test(record);
    }
    if (this.take('(')) {
      const test = this.any();
      this.expect(')');
      return test;
    }
    const column = this.word();
    if (this.take('in')) {
      this.expect('(');
      const values = [this.literal()];
      while (this.take(',')) values.push(this.literal());
      this.expect(')');
      return (record) => values.includes(textIn(record, column) ?? '');
    }
    if (this.take('like')) return likeTest(column, this.literal());
    if (this.take('between')) {
      const from = this.literal();
      this.expect('and');
      const to = this.literal();
      return (record) => {
        const value = textIn(record, column);
        return compare(value, asked(column, from)) >= 0 && compare(value, asked(column, to)) <= 0;
      };
    }
    return this.#comparison(column);
  }

  order(): { column: string; sign: 1 | -1 } {
    this.expect('by');
    const column = this.word();
    if (this.take('desc')) return { column, sign: -1 };
    this.take('asc');
    return { column, sign: 1 };
  }

  #comparison(column: string): Test {
    const sign = ['=', '!=', '<>', '>=', '<=', '>', '<'].find((one) => this.take(one));
    if (sign === undefined) throw this.unexpected();
    const wanted = asked(column, this.literal());
    return (record) => {
      const value = textIn(record, column);
      if (value === null) return false;
      const order = compare(value, wanted);
      if (sign === '=') return order === 0;
      if (sign === '!=' || sign === '<>') return order !== 0;
      return sign.startsWith('>')
        ? order > 0 || (order === 0 && sign === '>=')
        : order < 0 || (order === 0 && sign === '<=');
    };
  }
}

function likeTest(column: string, pattern: string): Test {
  const source = pattern
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('%', '[^]*')
    .replaceAll('_', '[^]');
  const matcher = new RegExp(`^${source}$`);
  return (record) => matcher.test(textIn(record, column) ?? '');
}

const compare = (a: string | null, b: string | null): number =>
  a === null || b === null ? Number.NaN : a < b ? -1 : a > b ? 1 : 0;

/** Instants are written `2026-01-05 10:00:00.000`; a query may leave the end out, or write them as ISO does. */
function asked(column: string, text: string): string {
  if (column.toLowerCase() !== 'eventtime') return text;
  const ms = Date.parse(`${text.trim().replace(' ', 'T').replace(/Z$/, '')}Z`);
  if (Number.isNaN(ms)) throw invalid(`'${text}' is no timestamp`);
  return instantText(ms);
}

const instantText = (ms: number) => new Date(ms).toISOString().slice(0, 23).replace('T', ' ');

/** A column's value by its name or path (`userIdentity.arn`) in any case; null where there is none. */
function textIn(record: CloudTrailRecord, column: string): string | null {
  if (column.toLowerCase() === 'eventjson') return JSON.stringify(record);
  let value: Json | undefined = record;
  for (const part of column.split('.')) value = memberOf(value, part);
  if (value === undefined || value === null) return null;
  if (column.toLowerCase() === 'eventtime') return instantText(Date.parse(String(value)));
  return structText(value);
}

function memberOf(value: Json | undefined, name: string): Json | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const lower = name.toLowerCase();
  return Object.entries(value).find(([member]) => member.toLowerCase() === lower)?.[1];
}

/** As Trino prints structures: `{type=AssumedRole, …}`, `[…]`. */
function structText(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(structText).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const members = Object.entries(value).map(([name, one]) => `${name}=${structText(one)}`);
  return `{${members.join(', ')}}`;
}

function rowOf(record: CloudTrailRecord, columns: readonly string[] | null): LakeRow {
  const names = columns ?? [...Object.keys(record), 'eventJson'];
  return names.flatMap((name) => {
    const value = textIn(record, name);
    return value === null ? [] : [[name, value] as const];
  });
}
