import { expect, test } from 'vitest';
import { bisect } from '../../lib/services/intake/bisect.ts';
import { TransactionExpired } from '../../lib/store/connection/transaction-expired.ts';
import { ValueRefused } from '../../lib/store/connection/value-refused.ts';

/** Takes numbers in until `fault` has one against them; tells how often it was asked. */
function taking(fault: (some: readonly number[]) => Error | null) {
  const asked: number[][] = [];
  const take = async (some: readonly number[]) => {
    asked.push([...some]);
    const error = fault(some);
    if (error !== null) throw error;
    return some.length;
  };
  return { asked, take };
}

const numbers = Array.from({ length: 64 }, (_, no) => no);

test('a row whose value no column holds is left out alone', async () => {
  const { take } = taking((some) =>
    some.includes(7) ? new ValueRefused('7 is no instant') : null,
  );
  const { added, refused } = await bisect(numbers, take);
  expect(added).toBe(63);
  expect(refused).toEqual([{ item: 7, reason: 'the store refuses it: 7 is no instant' }]);
});

test('rows that take too long together go in in parts', async () => {
  const { asked, take } = taking((some) => (some.length > 16 ? new TransactionExpired() : null));
  expect(await bisect(numbers, take)).toEqual({ added: 64, refused: [] });
  expect(asked.filter(({ length }) => length === 16)).toHaveLength(4);
});

test.each([
  ['an array of an impossible length', () => new RangeError('Invalid array length')],
  ['a stack that overflows', () => new RangeError('Maximum call stack size exceeded')],
  ['anything else', () => new TypeError('x is not a function')],
])('a fault of the code, %s, is told at once', async (_, made) => {
  const { asked, take } = taking(made);
  await expect(bisect(numbers, take)).rejects.toThrow(made().message);
  expect(asked).toHaveLength(1);
});
