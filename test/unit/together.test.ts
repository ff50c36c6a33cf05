import { describe, expect, test } from 'vitest';
import { Together } from '../../lib/services/intake/together.ts';

/** Work that is ended by hand: what it was given, and how it ends. */
function byHand() {
  const given: string[][] = [];
  const ends: PromiseWithResolvers<void>[] = [];
  const together = new Together<string, string>(3, async (items) => {
    const end = Promise.withResolvers<void>();
    given.push([...items]);
    ends.push(end);
    await end.promise;
    return items.map((item) => item.toUpperCase());
  });
  const endOne = async (fault?: Error) => {
    const end = ends.shift();
    if (fault === undefined) end?.resolve();
    else end?.reject(fault);
    await new Promise(setImmediate);
  };
  return { together, given, endOne };
}

describe('work for several at once', () => {
  test('takes what came meanwhile together, in its order and within the bound, and gives each its own', async () => {
    const { together, given, endOne } = byHand();
    const results = ['a', 'b', 'c', 'd', 'e'].map((item) => together.add(item, 1));
    for (const _ of given.concat([[], []])) await endOne();
    expect(given).toEqual([['a'], ['b', 'c', 'd'], ['e']]);
    expect(await Promise.all(results)).toEqual(['A', 'B', 'C', 'D', 'E']);
  });

  test('takes one that is larger than the bound alone', async () => {
    const { together, given, endOne } = byHand();
    const results = [together.add('a', 1), together.add('big', 9), together.add('c', 1)];
    for (let no = 0; no < 3; no += 1) await endOne();
    expect(given).toEqual([['a'], ['big'], ['c']]);
    expect(await Promise.all(results)).toEqual(['A', 'BIG', 'C']);
  });

  test('a fault is everyone’s who took part, and nobody’s who comes after', async () => {
    const { together, endOne } = byHand();
    const first = together.add('a', 1);
    const [b, c] = [together.add('b', 1), together.add('c', 1)];
    const faults = Promise.allSettled([b, c]);
    await endOne();
    await endOne(new Error('gone'));
    expect(await first).toBe('A');
    expect((await faults).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const after = together.add('d', 1);
    await endOne();
    expect(await after).toBe('D');
  });
});
