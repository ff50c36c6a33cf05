/** Values of the query language: instants and spans are counted in ticks of 100 ns, as it does. */

export type KqlType =
  | 'string'
  | 'int'
  | 'long'
  | 'real'
  | 'bool'
  | 'datetime'
  | 'timespan'
  | 'dynamic';
export type KqlValue = null | string | number | boolean | bigint | readonly unknown[] | object;

/** One row: its columns by name, each made when it is asked for. */
export type Row = (column: string) => KqlValue;

/** Columns in their order. */
export type Schema = ReadonlyMap<string, KqlType>;

export interface Expression {
  type: KqlType;
  of(row: Row): KqlValue;
}

/** A query that cannot be carried out as it is written. */
export class KqlFault extends Error {}

const ticksPerMs = 10_000n;

export const ticksOf = (ms: number): bigint => BigInt(Math.floor(ms)) * ticksPerMs;

/** Ticks of an ISO instant, a day without a time too; null where it is none. */
export function parseTicks(text: string): bigint | null {
  const [, day, time = '00:00:00', fraction = ''] =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,7}))?)?Z?$/.exec(text.trim()) ?? [];
  const ms = day === undefined ? Number.NaN : Date.parse(`${day}T${time}Z`);
  return Number.isNaN(ms) ? null : BigInt(ms) * ticksPerMs + BigInt(fraction.padEnd(7, '0'));
}

export function ticksText(ticks: bigint): string {
  const ms = Number(ticks / ticksPerMs);
  const rest = String(ticks % ticksPerMs).padStart(4, '0');
  return `${new Date(ms).toISOString().slice(0, -1)}${rest}Z`;
}

const ticksOfUnit = new Map([
  ['d', 864_000_000_000n],
  ['h', 36_000_000_000n],
  ['m', 600_000_000n],
  ['s', 10_000_000n],
  ['ms', ticksPerMs],
  ['tick', 1n],
]);

/** Ticks of `15m`, `1d`, `500ms`; null where it is no span. */
export function parseSpanTicks(text: string): bigint | null {
  const [, count, unit = ''] = /^(\d+)(d|h|m|s|ms|tick)$/.exec(text) ?? [];
  const ticks = ticksOfUnit.get(unit);
  return count === undefined || ticks === undefined ? null : BigInt(count) * ticks;
}

/** A value as `tostring` gives it. */
export function kqlText({ type }: Expression, value: KqlValue): string {
  if (value === null) return '';
  if (type === 'datetime' && typeof value === 'bigint') return ticksText(value);
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** A value as an answer has it: what is dynamic is a text of JSON there. */
export function wireOf(type: KqlType, value: KqlValue): unknown {
  if (value === null) return null;
  if (type === 'datetime' && typeof value === 'bigint') return ticksText(value);
  if (type === 'dynamic') return JSON.stringify(value);
  return typeof value === 'bigint' ? Number(value) : value;
}

/** Compares two values: below 0, 0 or above 0; NaN where one is missing or their types differ. */
export function order(a: KqlValue, b: KqlValue): number {
  if (typeof a === 'bigint' && typeof b === 'bigint') return a < b ? -1 : a > b ? 1 : 0;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0;
  return Number.NaN;
}
