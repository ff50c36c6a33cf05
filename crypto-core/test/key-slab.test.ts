import { createHmac, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type KeyHolder, KeySlab } from '../src/key-slab.ts';

function holderOf(slab: KeySlab, dataKey = randomBytes(32), commitment = randomBytes(32)) {
  const holder: KeyHolder = { slot: slab.take({ dataKey, commitment }), native: undefined };
  return { holder, dataKey: Buffer.from(dataKey), commitment };
}

const headerOf = (commitment: Uint8Array) => Buffer.concat([randomBytes(20), commitment]);
const keyOf = (slab: KeySlab, holder: KeyHolder) => slab.keyObject(holder).export();

describe('the slab of data keys', () => {
  test('gives each holder its own key and commitment, whoever comes and goes', () => {
    const step = fc.oneof(
      fc.constant({ kind: 'take' as const }),
      fc.record({ kind: fc.constant('release' as const), at: fc.nat(600) }),
    );
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 600 }), (steps) => {
        const slab = new KeySlab();
        const held: ReturnType<typeof holderOf>[] = [];
        for (const taken of steps) {
          if (taken.kind === 'take') held.push(holderOf(slab));
          else
            for (const one of held.splice(taken.at % (held.length + 1), 1))
              slab.release(one.holder);
        }
        expect(new Set(held.map(({ holder }) => holder.slot)).size).toBe(held.length);
        for (const { holder, dataKey, commitment } of held) {
          expect(keyOf(slab, holder).equals(dataKey)).toBe(true);
          expect(slab.commits(holder, headerOf(commitment))).toBe(true);
          expect(slab.commits(holder, headerOf(randomBytes(32)))).toBe(false);
        }
      }),
      { numRuns: 50 },
    );
  });

  test('keeps a copy: what it was given may be zeroised', () => {
    const slab = new KeySlab();
    const given = randomBytes(32);
    const { holder, dataKey } = holderOf(slab, given);
    given.fill(0);
    expect(keyOf(slab, holder).equals(dataKey)).toBe(true);
  });

  test('gives no key to a holder that has given its slot back, though another has it now', () => {
    const slab = new KeySlab();
    const { holder } = holderOf(slab);
    const { slot } = holder;
    slab.keyObject(holder);
    slab.release(holder);
    const next = holderOf(slab);
    expect(next.holder.slot).toBe(slot);
    expect(() => slab.keyObject(holder)).toThrow('given back');
    expect(() => slab.commits(holder, headerOf(next.commitment))).toThrow('given back');
  });

  test('takes a slot back once, however often it is given', () => {
    const slab = new KeySlab();
    const { holder } = holderOf(slab);
    slab.release(holder);
    slab.release(holder);
    expect(holderOf(slab).holder.slot).not.toBe(holderOf(slab).holder.slot);
  });

  test('works for more keys than OpenSSL is given copies of', () => {
    const slab = new KeySlab();
    const all = Array.from({ length: 5_000 }, () => holderOf(slab));
    const mac = (key: Parameters<typeof createHmac>[1]) =>
      createHmac('sha256', key).update('x').digest('hex');
    for (const round of [1, 2]) {
      const wrong = all.filter((one) => mac(slab.keyObject(one.holder)) !== mac(one.dataKey));
      expect([round, wrong.length]).toEqual([round, 0]);
    }
    expect(all.filter(({ holder }) => holder.native !== undefined).length).toBeLessThan(5_000);
  });
});
