/** Reads OTLP as its JSON has it: 64-bit numbers as strings, attributes as key and any-value. */

import { instantEnd, instantMin } from '../domain/instant-range.ts';
import { knownWord, type Vocabulary } from '../domain/telemetry-words.ts';
import { boundedId, textBytesMax } from '../sources/bounded-text.ts';

export type Attributes = ReadonlyMap<string, string | number | boolean>;

/** A fault in one span or data point; its message says what is wrong with which field. */
export class FieldFault extends Error {}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The items of a repeated field; absent means none. @throws {FieldFault} where it is no array. */
export function items(value: unknown, name: string): unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new FieldFault(`${name} is no array`);
  return value;
}

export function attributesOf(value: unknown): Attributes {
  const attributes = new Map<string, string | number | boolean>();
  for (const item of items(value, 'attributes')) {
    if (!isObject(item) || typeof item.key !== 'string')
      throw new FieldFault('attributes holds what is none');
    if (!isObject(item.value)) continue;
    const { stringValue, intValue, boolValue, doubleValue } = item.value;
    if (typeof stringValue === 'string') attributes.set(item.key, stringValue);
    else if (typeof boolValue === 'boolean') attributes.set(item.key, boolValue);
    else if (doubleValue !== undefined && doubleValue !== null)
      attributes.set(item.key, double(doubleValue));
    else if (intValue !== undefined && intValue !== null)
      attributes.set(item.key, integer(intValue));
  }
  return attributes;
}

/** A 64-bit number as OTLP JSON writes it, text or number; NaN where it is neither. */
export function integer(value: unknown): number {
  if (typeof value === 'string') return /^-?\d{1,20}$/.test(value) ? Number(value) : Number.NaN;
  return typeof value === 'number' ? value : Number.NaN;
}

/** A double as OTLP JSON writes it, number or text such as "1.5" or "NaN"; NaN where it is neither. */
export function double(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || value.trim() === '') return Number.NaN;
  return Number(value);
}

/**
 * A text, bounded like the same text in an audit record, so that a workspace is one on either side.
 * @throws {FieldFault} where it is absent, empty or no text.
 */
export function attributeText(
  attributes: Attributes,
  name: string,
  bytesMax: number = textBytesMax.id,
): string {
  const value = optionalText(attributes, name, bytesMax);
  if (value === null || value === '') throw new FieldFault(`${name} is missing`);
  return value;
}

export function optionalText(
  attributes: Attributes,
  name: string,
  bytesMax: number = textBytesMax.id,
): string | null {
  const value = attributes.get(name);
  if (value === undefined) return null;
  if (typeof value !== 'string') throw new FieldFault(`${name} is no text`);
  return boundedId(value, bytesMax);
}

/** A word of an open vocabulary, such as a cloud's own. @throws {FieldFault} where it is absent, empty or no text. */
export const word = (attributes: Attributes, name: string): string =>
  attributeText(attributes, name, textBytesMax.word);

/** A word of a closed vocabulary; `other` for one that it lacks. @throws {FieldFault} where it is absent. */
export const wordOf = (attributes: Attributes, name: string, vocabulary: Vocabulary): string =>
  knownWord(vocabulary, word(attributes, name));

/** What the store's columns hold: `int4`, and `int8` as far as a number here is exact. */
export const wholeMax = { int4: 2 ** 31 - 1, int8: Number.MAX_SAFE_INTEGER } as const;

/** A whole number from 0 to `max`. @throws {FieldFault} */
export function whole(attributes: Attributes, name: string, max: number = wholeMax.int8): number {
  const value = optionalWhole(attributes, name, max);
  if (value === null) throw new FieldFault(`${name} is missing`);
  return value;
}

export function optionalWhole(
  attributes: Attributes,
  name: string,
  max: number = wholeMax.int8,
): number | null {
  const value = attributes.get(name);
  if (value === undefined) return null;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw new FieldFault(`${name} is no whole number`);
  }
  if (value > max) throw new FieldFault(`${name} is larger than ${max}`);
  return value;
}

/** @throws {FieldFault} for an instant outside the years the store keeps. */
export function instant(ms: number, name: string): number {
  if (!(ms >= instantMin && ms < instantEnd))
    throw new FieldFault(`${name} is not in the years 2006 to 2099`);
  return ms;
}

/** OTLP's nanoseconds (text or number) as milliseconds. @throws {FieldFault} */
export function nanosToMs(value: unknown, name: string): number {
  const digits = typeof value === 'number' ? String(value) : value;
  if (typeof digits !== 'string' || !/^\d{1,20}$/.test(digits))
    throw new FieldFault(`${name} is missing`);
  return instant(Number(BigInt(digits) / 1000n) / 1000, name);
}

export interface Origin {
  process: string;
  boot: string;
}

/** Who sent it. @throws {FieldFault} */
export function originOf(resource: unknown): Origin {
  const attributes = attributesOf(isObject(resource) ? resource.attributes : undefined);
  const process = attributeText(attributes, 'keytide.process');
  const boot = attributeText(attributes, 'keytide.boot');
  if (!/^[\w-]{1,64}$/.test(process)) throw new FieldFault('keytide.process is no process name');
  if (!/^[a-z0-9]{8}$/.test(boot)) throw new FieldFault('keytide.boot is no boot id');
  return { process, boot };
}

/** An id in hex, as JSON has it, or in bytes, as protobuf has it. @throws {FieldFault} */
export function hexOf(value: unknown, digits: number, name: string): string {
  const hex = value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;
  if (typeof hex !== 'string' || hex.length !== digits || !/^[0-9a-f]+$/i.test(hex)) {
    throw new FieldFault(`${name} is not ${digits} hex digits`);
  }
  return hex.toLowerCase();
}
