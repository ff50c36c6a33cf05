import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { boundedId, boundedText } from '../../lib/sources/bounded-text.ts';

const anyText = fc.string({
  unit: fc.integer({ min: 0, max: 0xffff }).map(codeUnit),
  maxLength: 300,
});
const bytesMax = fc.integer({ min: 64, max: 400 });

function codeUnit(code: number): string {
  return String.fromCharCode(code);
}

describe('a text from outside', () => {
  test('is well-formed, without NUL and within its bytes, whatever it was', () => {
    fc.assert(
      fc.property(anyText, bytesMax, (text, max) => {
        for (const bounded of [boundedText(text, max), boundedId(text, max)]) {
          expect(bounded.isWellFormed()).toBe(true);
          expect(bounded).not.toContain('\0');
          expect(Buffer.byteLength(bounded)).toBeLessThanOrEqual(max);
        }
      }),
    );
  });

  test('that needs no change gets none', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 20 }), (text) => {
        fc.pre(!text.includes('\0'));
        expect(boundedText(text, 2_048)).toBe(text);
        expect(boundedId(text, 2_048)).toBe(text);
      }),
    );
  });

  test('is cut between two characters, never inside one', () => {
    expect(boundedText('🌊'.repeat(20), 10)).toBe('🌊🌊');
    expect(boundedText('潮'.repeat(700), 2_048)).toBe('潮'.repeat(682));
  });

  test('that is compared stays different from another one, though both are cut or mended', () => {
    const head = 'k'.repeat(3_000);
    const ids = [`${head}1`, `${head}2`, 'a\ud800', 'a\udfff', 'a\0', 'a\ufffd'].map((text) =>
      boundedId(text, 512),
    );
    expect(new Set(ids).size).toBe(ids.length);
    expect(boundedId(`${head}1`, 512)).toBe(ids[0]);
  });
});
