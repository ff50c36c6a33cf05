import { describe, expect, test } from 'vitest';
import { closeDb, type Db, openDb } from '../../lib/store/connection/db.ts';
import { type Tx, transaction } from '../../lib/store/connection/transaction.ts';
import type { ColumnType, ElementType, Value } from '../../lib/store/records/binary-values.ts';
import { columnArrays, copyAll, unnested } from '../../lib/store/records/insert-rows.ts';
import { testDatabases } from '../support/postgres.ts';

const long = 'a long text, ä€😀 '.repeat(500);
const values: readonly (readonly [ElementType, readonly Value[], readonly string[]])[] = [
  ['int', [0, -1, 2_147_483_647], ['0', '-1', '2147483647']],
  ['smallint', [-32_768, 7], ['-32768', '7']],
  ['bigint', [-1, 2 ** 53 - 1, 2n ** 63n - 1n], ['-1', '9007199254740991', `${2n ** 63n - 1n}`]],
  ['boolean', [true, false], ['true', 'false']],
  ['double precision', [0.1, -1e300], ['0.1', '-1e+300']],
  ['text', ['', 'NULL', '"{,}"\\', long], ['', 'NULL', '"{,}"\\', long]],
  ['uuid', ['0123456789abcdef0123456789abcdef'], ['01234567-89ab-cdef-0123-456789abcdef']],
  ['bytea', [Buffer.from([0, 255])], ['\\x00ff']],
  ['jsonb', ['{"a":["ä"]}'], ['{"a": ["ä"]}']],
  [
    'timestamptz',
    [Date.UTC(1999, 11, 31, 23, 59, 59, 999), Date.UTC(2099, 0, 1, 0, 0, 0, 1)],
    ['1999-12-31 23:59:59.999+00', '2099-01-01 00:00:00.001+00'],
  ],
];

describe.each(testDatabases())('$name', ({ open, missing }) => {
  test.skipIf(missing !== null)('reads each value of a column as it was given', async () => {
    const database = await open();
    const db = await openDb(database.url);
    const read = async (tx: Tx, type: ElementType, of: readonly Value[]) => {
      const column = { name: 'value', type, of: (value: Value) => value };
      const rows = await tx.$queryRawUnsafe<{ value: string | null }[]>(
        `SELECT value::text AS value FROM ${unnested([column])} AS n(value)`,
        ...columnArrays([column], of),
      );
      return rows.map(({ value }) => value);
    };
    for (const [type, given, texts] of values) {
      expect(await read(db, type, [null, ...given, null])).toEqual([null, ...texts, null]);
      expect(await transaction(db, (tx) => read(tx, type, given))).toEqual(texts);
      expect(await read(db, type, [])).toEqual([]);
      const many = Array.from({ length: 2_000 }, () => given).flat();
      expect(new Set(await read(db, type, many)), type).toEqual(new Set(texts));
    }
    await refuses(db, read);
    for (const [type, given, texts] of copied) {
      expect(await copy(db, type, [null, ...given, null])).toEqual([null, ...texts, null]);
      expect(await copy(db, type, [])).toEqual([]);
    }
    await expect(copy(db, 'text', ['\0'])).rejects.toThrow();
    // What the database refuses in the middle of it leaves the connection as it was.
    expect(await copy(db, 'int', [1])).toEqual(['1']);
    await closeDb(db);
    await database.close();
  });
});

const copied: readonly (readonly [ColumnType, readonly Value[], readonly string[]])[] = [
  ...values,
  ['int[]', [[], [1, -2]], ['{}', '{1,-2}']],
];

const copy = (db: Db, type: ColumnType, given: readonly Value[]) =>
  transaction(db, async (tx) => {
    await tx.$executeRawUnsafe(
      `CREATE TEMPORARY TABLE copied (no serial, value ${type}) ON COMMIT DROP`,
    );
    const column = { name: 'value', type, of: (value: Value) => value };
    await copyAll(tx, { name: 'copied', columns: [column] }, given);
    const rows = await tx.$queryRawUnsafe<{ value: string | null }[]>(
      'SELECT value::text AS value FROM copied ORDER BY no',
    );
    return rows.map(({ value }) => value);
  });

const refused: readonly (readonly [ElementType, Value])[] = [
  ['int', 2_147_483_648],
  ['int', 1.5],
  ['int', Number.NaN],
  ['smallint', 32_768],
  ['bigint', 2 ** 53],
  ['bigint', 2n ** 63n],
  ['timestamptz', Number.NaN],
];

async function refuses(
  db: Db,
  read: (tx: Tx, type: ElementType, of: readonly Value[]) => Promise<unknown>,
): Promise<void> {
  for (const [type, value] of refused)
    await expect(read(db, type, [value]), `${value} as ${type}`).rejects.toThrow(RangeError);
  // As the server refuses it, which half a batch then goes without.
  await expect(read(db, 'text', ['\0'])).rejects.toThrow();
}
