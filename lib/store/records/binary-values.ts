/**
 * Values as PostgreSQL sends and receives them in binary form: no digits are written here and read there, and no text
 * is quoted. Values that a type does not hold are refused as the server would.
 */
import { instantMax, ValueRefused } from '../connection/value-refused.ts';

/** The column types that records have. */
export type ColumnType = ElementType | 'int[]';

/** Those of which a parameter has a whole column. */
export type ElementType =
  | 'int'
  | 'smallint'
  | 'bigint'
  | 'boolean'
  | 'double precision'
  | 'text'
  /** Given as 32 hexadecimal digits. */
  | 'uuid'
  | 'bytea'
  /** Given as its text. */
  | 'jsonb'
  /** Given as epoch ms. */
  | 'timestamptz';

export type Value = string | number | bigint | boolean | Uint8Array | readonly number[] | null;

/** PostgreSQL's own numbers of the types. */
const typeIds: Record<ElementType, number> = {
  int: 23,
  smallint: 21,
  bigint: 20,
  boolean: 16,
  'double precision': 701,
  text: 25,
  uuid: 2950,
  bytea: 17,
  jsonb: 3802,
  timestamptz: 1184,
};

const lengthBytes = 4;
const nullLength = -1;
const jsonbVersion = Uint8Array.of(1);
/** PostgreSQL counts microseconds from the year 2000. */
const epochMs = Date.UTC(2000, 0, 1);
/** So many bytes a value are there at first, and for a head. */
const bytesUsual = 32;
const copySignature = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');

export interface Column<Row, Type extends ColumnType = ElementType> {
  name: string;
  type: Type;
  of(row: Row): Value;
}

/** An array of each row's value. */
export function arrayBytes<Row>({ type, of }: Column<Row>, rows: readonly Row[]): Buffer {
  const bytes = new BinaryValues(rows.length);
  bytes.array(type, rows.map(of));
  return bytes.end();
}

/** Rows as `COPY … FROM STDIN (FORMAT binary)` takes them. */
export function copyBytes<Row>(
  columns: readonly Column<Row, ColumnType>[],
  rows: readonly Row[],
): Buffer {
  const bytes = new BinaryValues(rows.length * columns.length);
  bytes.put(copySignature);
  // No flags, and no more of a head.
  bytes.int32(0);
  bytes.int32(0);
  for (const row of rows) {
    bytes.int16(columns.length);
    for (const { type, of } of columns) bytes.add(type, of(row));
  }
  bytes.int16(-1);
  return bytes.end();
}

class BinaryValues {
  #bytes: Buffer;
  #at = 0;

  constructor(count: number) {
    this.#bytes = Buffer.allocUnsafe(bytesUsual * (1 + count));
  }

  end(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }

  int16(value: number): void {
    this.#room(2).writeInt16BE(value, this.#take(2));
  }

  int32(value: number): void {
    this.#room(4).writeInt32BE(value, this.#take(4));
  }

  put(value: Uint8Array): void {
    this.#room(value.length).set(value, this.#take(value.length));
  }

  array(type: ElementType, values: readonly Value[]): void {
    // One dimension, from 1 on.
    this.int32(1);
    this.int32(values.includes(null) ? 1 : 0);
    this.int32(typeIds[type]);
    this.int32(values.length);
    this.int32(1);
    for (const value of values) this.add(type, value);
  }

  /** A value after its length. */
  add(type: ColumnType, value: Value): void {
    if (value === null) {
      this.int32(nullLength);
      return;
    }
    this.#room(lengthBytes);
    const lengthAt = this.#take(lengthBytes);
    this.#value(type, value);
    this.#bytes.writeInt32BE(this.#at - lengthAt - lengthBytes, lengthAt);
  }

  #value(type: ColumnType, value: Exclude<Value, null>): void {
    switch (type) {
      case 'int':
        this.int32(whole(value, 32));
        return;
      case 'smallint':
        this.int16(whole(value, 16));
        return;
      case 'bigint':
        this.#bigint(typeof value === 'bigint' ? fitting(value) : whole(value, 64));
        return;
      case 'timestamptz':
        this.#bigint((instant(value) - epochMs) * 1_000);
        return;
      case 'boolean':
        this.#room(1).writeUInt8(value === true ? 1 : 0, this.#take(1));
        return;
      case 'double precision':
        this.#room(8).writeDoubleBE(Number(value), this.#take(8));
        return;
      case 'uuid':
        this.#room(16).write(String(value), this.#take(16), 16, 'hex');
        return;
      case 'bytea':
        this.put(value instanceof Uint8Array ? value : Buffer.from(String(value)));
        return;
      case 'int[]':
        this.array('int', Array.isArray(value) ? value : []);
        return;
      case 'jsonb':
        this.put(jsonbVersion);
        this.#text(String(value));
        return;
      case 'text':
        this.#text(String(value));
    }
  }

  #bigint(value: number | bigint): void {
    if (typeof value === 'bigint') {
      this.#room(8).writeBigInt64BE(value, this.#take(8));
      return;
    }
    const high = Math.floor(value / 2 ** 32);
    this.int32(high);
    this.#room(4).writeUInt32BE(value - high * 2 ** 32, this.#take(4));
  }

  #text(text: string): void {
    // A UTF-16 unit is three bytes of UTF-8 at most.
    this.#at += this.#room(text.length * 3).write(text, this.#at);
  }

  /** Where so many bytes go, for which there is room. */
  #take(length: number): number {
    const at = this.#at;
    this.#at += length;
    return at;
  }

  /** The bytes, which are others once there was no room for so many more. */
  #room(length: number): Buffer {
    const end = this.#at + length;
    if (end <= this.#bytes.length) return this.#bytes;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, end));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
    return larger;
  }
}

function whole(value: Value, bits: number): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value))
    throw new ValueRefused(`${String(value)} is no whole number`);
  const max = 2 ** (bits - 1);
  if (value < -max || value >= max) throw outOfRange(value, bits);
  return value;
}

function fitting(value: bigint): bigint {
  if (BigInt.asIntN(64, value) !== value) throw outOfRange(value, 64);
  return value;
}

const outOfRange = (value: number | bigint, bits: number): ValueRefused =>
  new ValueRefused(`${value} is out of range of ${bits} bits`);

function instant(value: Value): number {
  const at = Math.trunc(Number(value));
  if (Math.abs(at) <= instantMax) return at;
  throw new ValueRefused(`${String(value)} is no instant`);
}
