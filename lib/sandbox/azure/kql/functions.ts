/** Scalar functions of the query language. */
import {
  type Expression,
  KqlFault,
  type KqlType,
  type KqlValue,
  kqlText,
  parseTicks,
  type Row,
  ticksOf,
} from './values.ts';

/** What a function knows besides its arguments. */
export interface Surroundings {
  /** Epoch ms. */
  now: number;
}

type Make = (args: readonly Expression[], around: Surroundings) => Expression;

const first = ([argument]: readonly Expression[]): Expression => {
  if (argument === undefined) throw new KqlFault('Semantic Error: an argument is missing.');
  return argument;
};

const map =
  (type: KqlType, of: (value: KqlValue, argument: Expression) => KqlValue): Make =>
  (args) => {
    const argument = first(args);
    return { type, of: (row: Row) => of(argument.of(row), argument) };
  };

const jsonOf = (value: KqlValue): KqlValue => {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
};

const isEmpty = (value: KqlValue) => value === null || value === '';
const numberOf = (value: KqlValue) =>
  isEmpty(value) || Number.isNaN(Number(value)) ? null : Number(value);

function instantOf(value: KqlValue): KqlValue {
  return typeof value === 'bigint' ? value : typeof value === 'string' ? parseTicks(value) : null;
}

const json = map('dynamic', jsonOf);

export const functions = new Map<string, Make>([
  ['now', (_, { now }) => ({ type: 'datetime', of: () => ticksOf(now) })],
  [
    'ago',
    (args, { now }) => {
      const span = first(args);
      const ago = (value: KqlValue) => (typeof value === 'bigint' ? ticksOf(now) - value : null);
      return { type: 'datetime', of: (row) => ago(span.of(row)) };
    },
  ],
  ['ingestion_time', () => ({ type: 'datetime', of: (row) => row('$IngestionTime') })],
  ['todatetime', map('datetime', instantOf)],
  ['tostring', map('string', (value, argument) => kqlText(argument, value))],
  ['tolower', map('string', (value) => String(value ?? '').toLowerCase())],
  ['toupper', map('string', (value) => String(value ?? '').toUpperCase())],
  ['toint', map('int', numberOf)],
  ['tolong', map('long', numberOf)],
  ['todouble', map('real', numberOf)],
  ['tobool', map('bool', (value) => (isEmpty(value) ? null : String(value) === 'true'))],
  ['isempty', map('bool', isEmpty)],
  ['isnotempty', map('bool', (value) => !isEmpty(value))],
  ['isnull', map('bool', (value) => value === null)],
  ['isnotnull', map('bool', (value) => value !== null)],
  ['not', map('bool', (value) => value !== true)],
  ['parse_json', json],
  ['todynamic', json],
  ['strlen', map('long', (value) => String(value ?? '').length)],
  [
    'strcat',
    (args) => ({
      type: 'string',
      of: (row) => args.map((one) => kqlText(one, one.of(row))).join(''),
    }),
  ],
  [
    'coalesce',
    (args) => ({
      type: first(args).type,
      of: (row) => args.map((one) => one.of(row)).find((value) => !isEmpty(value)) ?? null,
    }),
  ],
  [
    'iff',
    ([test, then, otherwise]) => {
      if (test === undefined || then === undefined || otherwise === undefined)
        throw new KqlFault('Semantic Error: iff() takes three arguments.');
      return {
        type: then.type,
        of: (row) => (test.of(row) === true ? then.of(row) : otherwise.of(row)),
      };
    },
  ],
  [
    'bin',
    ([value, size]) => {
      if (value === undefined || size === undefined)
        throw new KqlFault('Semantic Error: bin() takes two arguments.');
      return { type: value.type, of: (row) => binOf(value.of(row), size.of(row)) };
    },
  ],
]);

function binOf(value: KqlValue, size: KqlValue): KqlValue {
  if (typeof value === 'bigint' && typeof size === 'bigint') return value - (value % size);
  if (typeof value === 'number' && typeof size === 'number') return value - (value % size);
  return null;
}
