/**
 * Arrays of values as PostgreSQL sends and receives them in binary form: no digits are written here and read there, and
 * no text is quoted. Values that a type does not hold are refused as the server would.
 */

/** The column types that records have. */
export type ColumnType =
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
  /** Given as a text. */
  | 'int[]'
  /** Given as epoch ms. */
  | 'timestamptz';

export type Value = string | number | bigint | boolean | Uint8Array | null;

/** PostgreSQL's own numbers of the types. */
const typeIds: Record<ColumnType, number> = {
  int: 23,
  smallint: 21,
  bigint: 20,
  boolean: 16,
  'double precision': 701,
  text: 25,
  uuid: 2950,
  bytea: 17,
  jsonb: 3802,
  // An array of arrays would be taken apart whole.
  'int[]': 25,
  timestamptz: 1184,
};

const headBytes = 20;
const lengthBytes = 4;
const nullLength = -1;
const jsonbVersion = 1;
/** PostgreSQL counts microseconds from the year 2000. */
const epochMs = Date.UTC(2000, 0, 1);
const instantMax = 8.64e15;

/** An array of each row's value. */
export function arrayBytes<Row>(
  type: ColumnType,
  rows: readonly Row[],
  of: (row: Row) => Value,
): Buffer {
  const bytes = new ArrayBytes(type, rows.length);
  for (const row of rows) bytes.add(of(row));
  return bytes.end();
}

class ArrayBytes {
  readonly #type: ColumnType;
  #bytes: Buffer;
  #at = headBytes;
  #hasNulls = 0;

  constructor(type: ColumnType, count: number) {
    this.#type = type;
    this.#bytes = Buffer.allocUnsafe(headBytes + 32 * Math.max(count, 1));
    this.#bytes.writeInt32BE(1, 0);
    this.#bytes.writeInt32BE(typeIds[type], 8);
    this.#bytes.writeInt32BE(count, 12);
    this.#bytes.writeInt32BE(1, 16);
  }

  end(): Buffer {
    this.#bytes.writeInt32BE(this.#hasNulls, 4);
    return this.#bytes.subarray(0, this.#at);
  }

  add(value: Value): void {
    if (value === null) {
      this.#hasNulls = 1;
      this.#room(0).writeInt32BE(nullLength, this.#at);
      this.#at += lengthBytes;
      return;
    }
    switch (this.#type) {
      case 'int':
        this.#room(4).writeInt32BE(whole(value), this.#take(4));
        return;
      case 'smallint':
        this.#room(2).writeInt16BE(whole(value), this.#take(2));
        return;
      case 'bigint':
        this.#putBigint(typeof value === 'bigint' ? value : whole(value));
        return;
      case 'timestamptz':
        this.#putBigint((instant(value) - epochMs) * 1_000);
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
        this.#put(value instanceof Uint8Array ? value : Buffer.from(String(value)));
        return;
      case 'jsonb':
        this.#putText(String(value), jsonbVersion);
        return;
      case 'text':
      case 'int[]':
        this.#putText(String(value));
    }
  }

  #putBigint(value: number | bigint): void {
    const bytes = this.#room(8);
    const at = this.#take(8);
    if (typeof value === 'bigint') bytes.writeBigInt64BE(value, at);
    else {
      const high = Math.floor(value / 2 ** 32);
      bytes.writeInt32BE(high, at);
      bytes.writeUInt32BE(value - high * 2 ** 32, at + 4);
    }
  }

  #put(value: Uint8Array): void {
    this.#room(value.length).set(value, this.#take(value.length));
  }

  #putText(text: string, version?: number): void {
    // A UTF-16 unit is three bytes of UTF-8 at most.
    const bytes = this.#room(1 + text.length * 3);
    let at = this.#at + lengthBytes;
    if (version !== undefined) bytes[at++] = version;
    at += bytes.write(text, at);
    this.#take(at - this.#at - lengthBytes);
  }

  /** The bytes, with room for a value of so many and its length. */
  #room(length: number): Buffer {
    const end = this.#at + lengthBytes + length;
    if (end > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, end));
      this.#bytes.copy(larger, 0, 0, this.#at);
      this.#bytes = larger;
    }
    return this.#bytes;
  }

  /** Writes a value's length; returns where its bytes go, for which there is room. */
  #take(length: number): number {
    this.#bytes.writeInt32BE(length, this.#at);
    const at = this.#at + lengthBytes;
    this.#at = at + length;
    return at;
  }
}

function whole(value: Value): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw new RangeError(`${String(value)} is no whole number`);
}

function instant(value: Value): number {
  const at = Math.trunc(Number(value));
  if (Math.abs(at) <= instantMax) return at;
  throw new RangeError(`${String(value)} is no instant`);
}
