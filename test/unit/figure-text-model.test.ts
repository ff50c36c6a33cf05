import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  chanceText,
  changeText,
  decimalText,
  moneyText,
  timesText,
} from '../../components/charts/model/figure-text.ts';

describe('a change', () => {
  test.each<[number, number | null, string, string]>([
    [24, null, 'no-data', 'no data'],
    [0, null, 'no-data', 'no data'],
    [24, 0, 'new', 'new'],
    [0, 0, 'same', 'same'],
    [7, 7, 'same', 'same'],
    [0, 7, 'gone', 'none now'],
    [110, 100, 'more', '+10.0 %'],
    [200, 100, 'more', '+100 %'],
    [340, 100, 'more', '3.4×'],
    [40, 100, 'less', '−60.0 %'],
  ])('from %d and before %d is %s: %s', (now, before, kind, text) => {
    expect(changeText(now, before)).toEqual({ kind, text });
  });
});

describe('money', () => {
  test.each([
    [1234.5, '$1,234.50'],
    [0, '$0.00'],
    [0.0079, '$0.0079'],
    [0.000_012_3, '$0.000012'],
    [Number.NaN, 'n/a'],
  ])('%d reads %s', (amount, text) => {
    expect(moneyText(amount, 'USD')).toBe(text);
  });

  test('in a currency that no list knows keeps its word', () => {
    expect(moneyText(2, 'XQZ')).toContain('XQZ');
    expect(moneyText(2, 'not a code')).toBe('2.00 not a code');
  });
});

test.each([
  [1234.56, '1,235'],
  [12.34, '12.3'],
  [10.04, '10'],
  [3.2, '3.2'],
  [0.0333, '0.033'],
  [0.0001, '<0.001'],
  [0, '0'],
  [-2.5, '−2.5'],
  [Number.POSITIVE_INFINITY, 'n/a'],
])('the number %d reads %s', (value, text) => {
  expect(decimalText(value)).toBe(text);
});

test.each([
  [4.2, 1, '4.2×'],
  [5, 0, 'new'],
  [0, 0, 'same'],
  [Number.NaN, 1, 'n/a'],
])('a rate of %d where %d is usual reads %s', (rate, usual, text) => {
  expect(timesText(rate, usual)).toBe(text);
});

test.each([
  [0.042, '0.042'],
  [3.1e-9, '3 × 10⁻⁹'],
  [2.3e-41, '2 × 10⁻⁴¹'],
  [0, '<10⁻³⁰⁰'],
  [1, '1'],
  [Number.NaN, 'n/a'],
])('a chance of %d reads %s', (chance, text) => {
  expect(chanceText(chance)).toBe(text);
});

test('nothing ever reads NaN or Infinity', () => {
  const any = fc.double();
  fc.assert(
    fc.property(any, any, (a, b) => {
      const texts = [
        changeText(a, b).text,
        moneyText(a, 'EUR'),
        decimalText(a),
        timesText(a, b),
        chanceText(a),
      ];
      expect(texts.join(' ')).not.toMatch(/NaN|Infinity|undefined|∞/);
    }),
  );
});
