/**
 * Protobuf's wire format to the objects that OTLP JSON has: 64-bit numbers as text, enums as numbers, absent fields
 * absent. Ids alone stay bytes. Stricter than protobufjs's own decoder, which ignores wire types: another signal's
 * message (logs share their field numbers with spans) is refused, not misread. Unknown fields are skipped.
 */
import protobuf from 'protobufjs/light.js';
import { AppError } from '../domain/app-error.ts';

const depthMax = 100;
// A real batch spends more than four bytes on a value; millions of empty messages are no batch.
const valuesMax = 2 ** 22;

/** @throws {AppError} `too-large` for too many values. @throws {Error} for what is no such message. */
export function decodeMessage(type: protobuf.Type, bytes: Uint8Array): Record<string, unknown> {
  const reader = protobuf.Reader.create(bytes);
  let valuesLeft = valuesMax;

  function message(of: protobuf.Type, end: number, depth: number): Record<string, unknown> {
    if (depth > depthMax) throw new Error(`${of.name} nests too deep`);
    const found: Record<string, unknown> = {};
    while (reader.pos < end) {
      const tag = reader.uint32();
      const wire = tag & 7;
      const field = of.fieldsById[tag >>> 3];
      if (field === undefined) skip(tag >>> 3, wire, depth);
      else if (!field.repeated) found[field.name] = value(field, wire, depth);
      else {
        const list = listOf(found, field.name);
        if (wire === lengthDelimited && isPackable(field)) packed(field, list);
        else list.push(value(field, wire, depth));
      }
      if (reader.pos > end) throw new Error(`${of.name} ends within a field`);
    }
    return found;
  }

  function value(field: protobuf.Field, wire: number, depth: number): unknown {
    count();
    const nested = messageType(field);
    const scalar = nested === null ? scalarOf(field) : null;
    if (wire !== (scalar?.wire ?? lengthDelimited))
      throw new Error(`${field.parent?.name}.${field.name} is of another type`);
    if (nested === null) return scalar?.read(reader);
    const end = reader.uint32() + reader.pos;
    return message(nested, end, depth + 1);
  }

  function packed(field: protobuf.Field, list: unknown[]): void {
    const end = reader.uint32() + reader.pos;
    while (reader.pos < end) {
      count();
      list.push(scalarOf(field).read(reader));
    }
    if (reader.pos !== end) throw new Error(`${field.name} ends within a number`);
  }

  function skip(id: number, wire: number, depth: number): void {
    if (id === 0) throw new Error('a field has the number 0');
    reader.skipType(wire, depth);
  }

  function count(): void {
    valuesLeft -= 1;
    if (valuesLeft < 0)
      throw new AppError('too-large', 'The body holds too many values; send smaller batches.');
  }

  return message(type, reader.len, 0);
}

const lengthDelimited = 2;

interface Scalar {
  wire: 0 | 1 | 2 | 5;
  read(reader: protobuf.Reader): unknown;
}

// Text is read as bytes first: the reader's own `string` accepts text that is cut short.
const scalars: Readonly<Record<string, Scalar>> = {
  bool: { wire: 0, read: (reader) => reader.bool() },
  int32: { wire: 0, read: (reader) => reader.int32() },
  uint32: { wire: 0, read: (reader) => reader.uint32() },
  sint32: { wire: 0, read: (reader) => reader.sint32() },
  int64: { wire: 0, read: (reader) => reader.int64().toString() },
  uint64: { wire: 0, read: (reader) => reader.uint64().toString() },
  fixed64: { wire: 1, read: (reader) => reader.fixed64().toString() },
  sfixed64: { wire: 1, read: (reader) => reader.sfixed64().toString() },
  double: { wire: 1, read: (reader) => reader.double() },
  fixed32: { wire: 5, read: (reader) => reader.fixed32() },
  string: { wire: 2, read: (reader) => Buffer.from(reader.bytes()).toString('utf8') },
  bytes: { wire: 2, read: (reader) => reader.bytes() },
};

function scalarOf(field: protobuf.Field): Scalar {
  const scalar = scalars[field.resolvedType === null ? field.type : 'int32'];
  if (scalar === undefined) throw new TypeError(`no reader for ${field.type}`);
  return scalar;
}

function messageType(field: protobuf.Field): protobuf.Type | null {
  return field.resolvedType instanceof protobuf.Type ? field.resolvedType : null;
}

const isPackable = (field: protobuf.Field) =>
  messageType(field) === null && scalarOf(field).wire !== lengthDelimited;

function listOf(found: Record<string, unknown>, name: string): unknown[] {
  const known = found[name];
  if (Array.isArray(known)) return known;
  const list: unknown[] = [];
  found[name] = list;
  return list;
}
