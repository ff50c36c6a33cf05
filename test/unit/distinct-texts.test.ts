import { expect, test } from 'vitest';
import { DistinctTexts, Texts } from '../../lib/store/event-log/distinct-texts.ts';

test('each text comes back as it was, however many and whatever they hold', () => {
  const texts = new DistinctTexts();
  const of = (no: number) => `${no % 3 === 0 ? 'é😀' : ''}${'x'.repeat(no % 700)}${no}`;
  for (let no = 0; no < 20_000; no += 1) expect(texts.of(of(no))).toBe(no);
  for (let no = 0; no < 20_000; no += 77) {
    expect(texts.of(of(no))).toBe(no);
    expect(texts.get(no)).toBe(of(no));
  }
});

test('texts are in the order of their bytes, and one longer than a page is cut', () => {
  const texts = new Texts();
  for (const text of ['b', 'a', '', 'a', 'x'.repeat((1 << 20) + 5)]) texts.push(text);
  const compared = [texts.compare(0, 1), texts.compare(2, 1), texts.compare(1, 3)].map(Math.sign);
  expect(compared).toEqual([1, -1, 0]);
  expect(texts.get(4)).toHaveLength(1 << 20);
});
