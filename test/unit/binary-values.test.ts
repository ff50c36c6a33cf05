import { expect, test } from 'vitest';
import { arrayBytes, type ElementType, type Value } from '../../lib/store/records/binary-values.ts';

/** After the array's own head, of one dimension. */
const headBytes = 20;
const rows = 20_000;

function* elementsOf(bytes: Buffer): Generator<string> {
  for (let at = headBytes; at < bytes.length; ) {
    const from = at + 4;
    at = from + bytes.readInt32BE(at);
    yield bytes.subarray(from, at).toString('hex');
  }
}

test.each<[ElementType, Value]>([
  ['int', -7],
  ['smallint', 7],
  ['bigint', 2 ** 40],
  ['bigint', 2n ** 60n],
  ['boolean', true],
  ['double precision', 0.1],
  ['text', 'ä😀'],
  ['uuid', '0123456789abcdef0123456789abcdef'],
  ['bytea', Buffer.from([1, 2, 3])],
  ['jsonb', '{}'],
  ['timestamptz', Date.UTC(2026, 10, 26)],
])('of %s %s the last of many is as the first: room that is made loses nothing', (type, value) => {
  const column = { name: 'value', type, of: () => value };
  const [alone] = elementsOf(arrayBytes(column, [0]));
  const all = [...elementsOf(arrayBytes(column, new Array(rows).fill(0)))];
  expect(all).toHaveLength(rows);
  expect(new Set(all)).toEqual(new Set([alone]));
});
