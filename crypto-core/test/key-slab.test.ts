import { createHmac, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KeySlab } from '../src/key-slab.ts';

function takenOf(slab: KeySlab, dataKey = randomBytes(32), commitment = randomBytes(32)) {
  const slot = slab.take({ dataKey, commitment });
  return { slot, dataKey: Buffer.from(dataKey), commitment };
}

const headerOf = (commitment: Uint8Array) => Buffer.concat([randomBytes(20), commitment]);
const keyOf = (slab: KeySlab, slot: number) => slab.keyObject(slot).export();

describe('the slab of data keys', () => {
  test('gives each slot its own key and commitment, whoever comes and goes', () => {
    const step = fc.oneof(
      fc.constant({ kind: 'take' as const }),
      fc.record({ kind: fc.constant('release' as const), at: fc.nat(600) }),
    );
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 600 }), (steps) => {
        const slab = new KeySlab();
        const held: ReturnType<typeof takenOf>[] = [];
        for (const taken of steps) {
          if (taken.kind === 'take') held.push(takenOf(slab));
          else
            for (const one of held.splice(taken.at % (held.length + 1), 1)) slab.release(one.slot);
        }
        expect(new Set(held.map(({ slot }) => slot)).size).toBe(held.length);
        for (const { slot, dataKey, commitment } of held) {
          expect(keyOf(slab, slot).equals(dataKey)).toBe(true);
          expect(slab.commits(slot, headerOf(commitment))).toBe(true);
          expect(slab.commits(slot, headerOf(randomBytes(32)))).toBe(false);
        }
      }),
      { numRuns: 50 },
    );
  });

  test('keeps a copy: what it was given may be zeroised', () => {
    const slab = new KeySlab();
    const given = randomBytes(32);
    const { slot, dataKey } = takenOf(slab, given);
    given.fill(0);
    expect(keyOf(slab, slot).equals(dataKey)).toBe(true);
  });

  test('gives no key of a slot that was released', () => {
    const slab = new KeySlab();
    const { slot, commitment } = takenOf(slab);
    slab.keyObject(slot);
    slab.release(slot);
    expect(() => slab.bytes(slot)).toThrow('after it was released');
    expect(() => slab.keyObject(slot)).toThrow('after it was released');
    expect(() => slab.commits(slot, headerOf(commitment))).toThrow('after it was released');
  });

  test('gives a slot that is taken again its new key alone, whichever copies OpenSSL had', () => {
    const slab = new KeySlab();
    for (let n = 0; n < 5_000; n += 1) {
      const { slot, dataKey } = takenOf(slab);
      expect(keyOf(slab, slot).equals(dataKey)).toBe(true);
      expect(slab.bytes(slot).equals(dataKey)).toBe(true);
      if (n % 2 === 0) slab.release(slot);
    }
  });

  test('frees a slot once, however often it is released', () => {
    const slab = new KeySlab();
    const { slot } = takenOf(slab);
    slab.release(slot);
    slab.release(slot);
    expect(takenOf(slab).slot).not.toBe(takenOf(slab).slot);
  });

  test('works for more keys than OpenSSL is given copies of', () => {
    const slab = new KeySlab();
    const all = Array.from({ length: 5_000 }, () => takenOf(slab));
    const mac = (key: Parameters<typeof createHmac>[1]) =>
      createHmac('sha256', key).update('x').digest('hex');
    for (const round of [1, 2]) {
      const wrong = all.filter((one) => mac(slab.keyObject(one.slot)) !== mac(one.dataKey));
      expect([round, wrong.length]).toEqual([round, 0]);
    }
    // Only the latest KeyObjects are kept.
    const copies = all.map(({ slot }) => slab.keyObject(slot));
    const backwards = [...all.entries()].reverse();
    const kept = backwards.filter(([n, { slot }]) => slab.keyObject(slot) === copies[n]);
    expect(kept.length).toBe(4_096);
  });
});
