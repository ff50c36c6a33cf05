import { describe, expect, test } from 'vitest';
import { prettyJson } from '../../components/table/pretty-json.ts';
import { clockText, countdown, dataNow } from '../../lib/shared/countdown.ts';
import {
  countText,
  errorText,
  instantText,
  rangeText,
  shareText,
  signedText,
  spanText,
  splitNumbers,
} from '../../lib/shared/screen-text.ts';

describe('numbers', () => {
  test('are grouped and carry a true minus sign', () => {
    expect(countText(1_234_567)).toBe('1,234,567');
    expect([signedText(5), signedText(0), signedText(-1_200)]).toEqual(['+5', '0', '−1,200']);
  });

  test.each([
    [0, '0 %'],
    [0.0004, '<0.1 %'],
    [0.123, '12.3 %'],
    [0.9996, '>99.9 %'],
    [1, '100 %'],
    [2.35, '2.4×'],
    [34.2, '34×'],
    [-0.5, '−50.0 %'],
    [Number.NaN, 'n/a'],
  ])('a share of %d reads %s', (share, text) => {
    expect(shareText(share)).toBe(text);
  });
});

describe('time', () => {
  const at = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

  test('is UTC and says so', () => {
    expect(instantText(at)).toBe('2026-01-02 03:04 UTC');
    expect(instantText(at, 'milli')).toBe('2026-01-02 03:04:05.678 UTC');
  });

  test.each([
    [0, '+0.0 %'],
    [0.1234, '+12.3 %'],
    [-0.9, '−90.0 %'],
    [1.259, '+126 %'],
    [12.6, '+1,260 %'],
  ])('the error %s reads %s', (error, text) => {
    expect(errorText(error)).toBe(text);
  });

  test('a range names its second day only where it is another', () => {
    expect(rangeText({ from: at, to: at + 3_600_000 })).toBe('2 Jan 03:04 to 04:04 UTC');
    expect(rangeText({ from: at, to: at + 86_400_000 })).toBe('2 Jan 03:04 to 3 Jan 03:04 UTC');
    expect(rangeText({ from: at, to: at + 365 * 86_400_000 })).toBe(
      '2026-01-02 03:04 to 2027-01-02 03:04 UTC',
    );
  });

  test.each([
    [0, '<1 ms'],
    [0.4, '<1 ms'],
    [850, '850 ms'],
    [4_200, '4.2 s'],
    [5_000, '5 s'],
    [59_600, '1 min'],
    [3_600_000, '1 h'],
    [3_780_000, '1 h 3 min'],
    [187_200_000, '2 d 4 h'],
    [-159, '−159 ms'],
  ])('%d ms reads %s', (ms, text) => {
    expect(spanText(ms)).toBe(text);
  });
});

describe('splitNumbers', () => {
  test('keeps a span with its units', () => {
    const parts = splitNumbers(
      'In 1 d 23 h, every 1 h 2 min: 64.5 min, about 5 minutes or 3 himself.',
    );
    const numbers = parts.filter(({ isNumber }) => isNumber).map((part) => part.text);
    expect(numbers).toEqual(['1 d 23 h', '1 h 2 min', '64.5 min', '5', '3']);
  });

  test('sets counts and shares apart, and nothing else', () => {
    const text =
      '1,230 messages, 96 % at 2026-11-23 14:03 UTC and 3 Nov on web-3, one for every 8.2.';
    const parts = splitNumbers(text);
    const numbers = parts.filter(({ isNumber }) => isNumber).map((part) => part.text);
    expect(numbers).toEqual(['1,230', '96 %', '8.2']);
    expect(parts.map((part) => part.text).join('')).toBe(text);
  });

  test('leaves a sentence without numbers whole', () => {
    expect(splitNumbers('Nothing happened.')).toHaveLength(1);
    expect(splitNumbers('')).toEqual([]);
  });
});

describe('the countdown', () => {
  const reading = { now: 1_000_000, speed: 60, readAt: 500 };

  test('runs at the data’s speed from the instant it was read', () => {
    expect(dataNow(reading, 1_500)).toBe(1_060_000);
    expect(dataNow(reading, 0)).toBe(1_000_000);
    expect(countdown(1_120_000, reading, 1_500)).toEqual({
      leftMs: 60_000,
      wallLeftMs: 1_000,
      isOver: false,
    });
  });

  test('is over at the instant itself, and stays so', () => {
    expect(countdown(1_120_000, reading, 2_500).isOver).toBe(true);
    expect(countdown(1_120_000, reading, 9_500).leftMs).toBe(0);
  });

  test('never ends on a clock that stands', () => {
    const stopped = countdown(1_120_000, { ...reading, speed: 0 }, 9_500);
    expect(stopped).toMatchObject({ leftMs: 120_000, wallLeftMs: Number.POSITIVE_INFINITY });
  });

  test('reads zero only when it is over', () => {
    expect([1, 59_001, 3_661_000, 0].map(clockText)).toEqual([
      '0:00:01',
      '0:01:00',
      '1:01:01',
      '0:00:00',
    ]);
  });
});

test('a raw record is indented where it is JSON, else left alone', () => {
  expect(prettyJson('{"a":[1]}')).toBe('{\n  "a": [\n    1\n  ]\n}');
  expect(prettyJson('{"a":')).toBe('{"a":');
});
