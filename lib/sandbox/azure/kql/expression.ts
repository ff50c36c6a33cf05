/** Expressions of the query language, from their words to what gives a row's value. */
import { functions, type Surroundings } from './functions.ts';
import type { TokenReader } from './tokens.ts';
import {
  type Expression,
  KqlFault,
  type KqlType,
  type KqlValue,
  kqlText,
  order,
  parseSpanTicks,
  parseTicks,
  type Schema,
} from './values.ts';

/** What names in an expression may mean. */
export interface KqlScope extends Surroundings {
  schema: Schema;
  /** Of `let`. */
  constants: ReadonlyMap<string, Expression>;
}

const nestingMax = 100;

/** @throws {KqlFault} */
export function readExpression(reader: TokenReader, scope: KqlScope, depth = 0): Expression {
  if (depth > nestingMax) throw new KqlFault('Query is nested too deeply.');
  let left = readAnd(reader, scope, depth);
  while (reader.take('or')) left = either(left, readAnd(reader, scope, depth));
  return left;
}

function readAnd(reader: TokenReader, scope: KqlScope, depth: number): Expression {
  let left = readComparison(reader, scope, depth);
  while (reader.take('and')) left = both(left, readComparison(reader, scope, depth));
  return left;
}

const bool = (of: Expression['of']): Expression => ({ type: 'bool', of });
const either = (a: Expression, b: Expression) =>
  bool((row) => a.of(row) === true || b.of(row) === true);
const both = (a: Expression, b: Expression) =>
  bool((row) => a.of(row) === true && b.of(row) === true);

const lower = (value: KqlValue) => String(value ?? '').toLowerCase();
const isWord = (text: string, word: string) =>
  text.split(/[^\p{L}\p{N}]+/u).includes(word) ||
  (/[^\p{L}\p{N}]/u.test(word) && text.includes(word));

type Test = (a: KqlValue, b: KqlValue) => boolean;

const comparisons = new Map<string, Test>([
  ['==', (a, b) => order(a, b) === 0],
  ['!=', (a, b) => order(a, b) !== 0],
  ['>', (a, b) => order(a, b) > 0],
  ['>=', (a, b) => order(a, b) >= 0],
  ['<', (a, b) => order(a, b) < 0],
  ['<=', (a, b) => order(a, b) <= 0],
  ['=~', (a, b) => lower(a) === lower(b)],
  ['!~', (a, b) => lower(a) !== lower(b)],
  ['has', (a, b) => isWord(lower(a), lower(b))],
  ['!has', (a, b) => !isWord(lower(a), lower(b))],
  ['contains', (a, b) => lower(a).includes(lower(b))],
  ['!contains', (a, b) => !lower(a).includes(lower(b))],
  ['startswith', (a, b) => lower(a).startsWith(lower(b))],
  ['!startswith', (a, b) => !lower(a).startsWith(lower(b))],
  ['endswith', (a, b) => lower(a).endsWith(lower(b))],
]);

function readComparison(reader: TokenReader, scope: KqlScope, depth: number): Expression {
  const left = readSum(reader, scope, depth);
  const { kind, text } = reader.peek;
  if (kind !== 'name' && kind !== 'symbol') return left;
  if (text === 'between') {
    reader.any();
    reader.expect('(');
    const from = readSum(reader, scope, depth);
    reader.expect('.');
    reader.expect('.');
    const to = readSum(reader, scope, depth);
    reader.expect(')');
    return bool((row) => {
      const value = left.of(row);
      return order(value, from.of(row)) >= 0 && order(value, to.of(row)) <= 0;
    });
  }
  if (text === 'in' || text === '!in') {
    reader.any();
    const anyCase = reader.take('~');
    const values = readArguments(reader, scope, depth);
    const same: Test = (a, b) => (anyCase ? lower(a) === lower(b) : order(a, b) === 0);
    return bool((row) => values.some((one) => same(left.of(row), one.of(row))) === (text === 'in'));
  }
  const test = comparisons.get(text);
  if (test === undefined) return left;
  reader.any();
  const right = readSum(reader, scope, depth);
  return bool((row) => test(left.of(row), right.of(row)));
}

function readSum(reader: TokenReader, scope: KqlScope, depth: number): Expression {
  let left = readPart(reader, scope, depth);
  for (;;) {
    const sign = reader.take('+') ? 1 : reader.take('-') ? -1 : 0;
    if (sign === 0) return left;
    const [a, b] = [left, readPart(reader, scope, depth)];
    const type = a.type === 'datetime' && b.type === 'datetime' ? 'timespan' : a.type;
    left = { type, of: (row) => sumOf(a.of(row), b.of(row), sign) };
  }
}

function sumOf(a: KqlValue, b: KqlValue, sign: 1 | -1): KqlValue {
  if (typeof a === 'bigint' && typeof b === 'bigint') return a + BigInt(sign) * b;
  if (typeof a === 'number' && typeof b === 'number') return a + sign * b;
  return null;
}

/** A value with what is read out of it: `Identity.claim.appid`, `Identity["claim"]`. */
function readPart(reader: TokenReader, scope: KqlScope, depth: number): Expression {
  let value = readValue(reader, scope, depth);
  for (;;) {
    // A path is only of what is dynamic: elsewhere a dot begins the two of `between`.
    if (value.type !== 'dynamic') return value;
    if (reader.take('.')) value = memberOf(value, reader.name());
    else if (reader.take('[')) {
      value = memberOf(value, reader.any().text);
      reader.expect(']');
    } else return value;
  }
}

function memberOf(value: Expression, name: string): Expression {
  return {
    type: 'dynamic',
    of: (row) => {
      const inner = value.of(row);
      return typeof inner === 'object' && inner !== null && Object.hasOwn(inner, name)
        ? Reflect.get(inner, name)
        : null;
    },
  };
}

const constant = (type: KqlType, value: KqlValue): Expression => ({ type, of: () => value });

function readValue(reader: TokenReader, scope: KqlScope, depth: number): Expression {
  if (reader.take('(')) {
    const inner = readExpression(reader, scope, depth + 1);
    reader.expect(')');
    return inner;
  }
  const { kind, text } = reader.any();
  if (kind === 'string') return constant('string', text);
  if (kind === 'number') return constant(text.includes('.') ? 'real' : 'long', Number(text));
  if (kind === 'span') return constant('timespan', parseSpanTicks(text));
  if (kind === 'instant') return constant('datetime', instantOf(text));
  if (kind !== 'name') throw new KqlFault(`Syntax Error: '${text}' could not be resolved.`);
  if (text === 'true' || text === 'false') return constant('bool', text === 'true');
  if (reader.peek.text === '(' && reader.peek.kind === 'symbol')
    return readCall(reader, scope, text, depth);
  const known = scope.constants.get(text);
  if (known !== undefined) return known;
  const type = scope.schema.get(text);
  if (type === undefined)
    throw new KqlFault(`Semantic Error: Failed to resolve column named '${text}'.`);
  return { type, of: (row) => row(text) };
}

function readCall(reader: TokenReader, scope: KqlScope, name: string, depth: number): Expression {
  if (name === 'column_ifexists') return readColumnIfExists(reader, scope, depth);
  const make = functions.get(name);
  if (make === undefined) throw new KqlFault(`Semantic Error: Unknown function: '${name}'.`);
  return make(readArguments(reader, scope, depth), scope);
}

function instantOf(text: string): bigint {
  const ticks = parseTicks(text.replace(/["']/g, ''));
  if (ticks === null) throw new KqlFault(`Semantic Error: '${text}' is no datetime.`);
  return ticks;
}

function readColumnIfExists(reader: TokenReader, scope: KqlScope, depth: number): Expression {
  const [name, otherwise] = readArguments(reader, scope, depth);
  if (name === undefined || otherwise === undefined)
    throw new KqlFault('Semantic Error: column_ifexists() takes two arguments.');
  const column = kqlText(
    name,
    name.of(() => null),
  );
  const type = scope.schema.get(column);
  return type === undefined ? otherwise : { type, of: (row) => row(column) };
}

export function readArguments(reader: TokenReader, scope: KqlScope, depth = 0): Expression[] {
  const values: Expression[] = [];
  reader.expect('(');
  while (!reader.take(')')) {
    values.push(readExpression(reader, scope, depth + 1));
    if (!reader.take(',') && reader.peek.text !== ')') throw reader.unexpected();
  }
  return values;
}
