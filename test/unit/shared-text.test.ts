import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { causes } from '../../crypto-core/src/causes.ts';
import { causeLabel, causeOrder } from '../../lib/shared/causes.ts';
import { parseInstant, parseSpan } from '../../lib/shared/instants.ts';
import { parseMessages, sumMessages } from '../../lib/shared/messages-csv.ts';
import { nounText } from '../../lib/shared/screen-text.ts';

const noon = Date.UTC(2026, 10, 23, 12);

describe('spans', () => {
  test.each([
    ['250ms', 250],
    ['30s', 30_000],
    ['5m', 300_000],
    ['1.5h', 5_400_000],
    ['7d', 604_800_000],
  ])('%s is %d ms', (text, ms) => {
    expect(parseSpan(text)).toBe(ms);
  });

  test.each(['', '0s', '-1h', '1', 'h', '1 h', '1w', '1e3s', '1.2345h', '1234567s', '1h30m'])(
    '"%s" is none',
    (text) => {
      expect(parseSpan(text)).toBeNull();
    },
  );
});

describe('instants', () => {
  test.each([
    '2026-11-23T12:00Z',
    '2026-11-23T12:00:00Z',
    '2026-11-23T12:00:00.000Z',
    '2026-11-23T12:00:00.000000000Z',
    '2026-11-23 12:00',
    '2026-11-23T12:00',
    '2026-11-23T13:00+01:00',
    '2026-11-23T13:00+0100',
    '2026-11-23T06:30-05:30',
    String(noon),
  ])('%s is noon of that day, UTC where no offset is named', (text) => {
    expect(parseInstant(text)).toBe(noon);
  });

  test('a day alone begins at midnight UTC', () => {
    expect(parseInstant('2026-11-23')).toBe(Date.UTC(2026, 10, 23));
  });

  test.each([
    '',
    'now',
    '2026',
    '2026-11-23T12',
    '2026-13-01',
    '2026-02-30',
    '2026-02-30T10:00Z',
    '2025-02-29T10:00+01:00',
    '2026-11-23T25:00Z',
    '2026-11-23T12:61Z',
    '1970-06-01T00:00Z',
    '2100-01-01T00:00Z',
    '1234567890',
    '9999999999999999',
    '2026-11-23T12:00Z;x',
  ])('"%s" is none', (text) => {
    expect(parseInstant(text)).toBeNull();
  });

  test('every instant that is written as ISO text reads back', () => {
    const instants = fc.integer({ min: Date.UTC(1971, 0, 1), max: Date.UTC(2100, 0, 1) - 1 });
    fc.assert(
      fc.property(instants, (at) => {
        expect(parseInstant(new Date(at).toISOString())).toBe(at);
      }),
    );
  });
});

describe('numbers in words', () => {
  test('counts have a singular, thousands are grouped', () => {
    expect(nounText(1, 'request')).toBe('1 request');
    expect(nounText(0, 'request')).toBe('0 requests');
    expect(nounText(2_041, 'process', 'processes')).toBe('2,041 processes');
  });

  test('every cause the engine records, and each refined one, has a label of its own', () => {
    const refined = ['cold-start', 'fan-out', 'historical'].map((name) => `load.first.${name}`);
    expect([...causeOrder].sort()).toEqual([...causes, ...refined].sort());
    expect(new Set(causeOrder.map(causeLabel)).size).toBe(causeOrder.length);
    expect(causeLabel('unheard.of')).toBe('Other');
  });
});

describe('messages as a user counted them', () => {
  test('hours are read with Z, with an offset and without either', () => {
    const csv = 'hour,messages\r\n2026-11-23T12Z,5\n2026-11-23T14:00+01:00, 7\n\n2026-11-23 14,9\n';
    expect(parseMessages(csv)).toEqual({
      value: [
        { hour: noon, messages: 5 },
        { hour: noon + 3_600_000, messages: 7 },
        { hour: noon + 7_200_000, messages: 9 },
      ],
      rejected: [],
    });
  });

  test('a bad line is named by its number and the others are kept', () => {
    const { value, rejected } = parseMessages('2026-11-23T12Z,5\nnoon,5\n2026-11-23T13Z,many\n,\n');
    expect(value).toEqual([{ hour: noon, messages: 5 }]);
    expect(rejected.map(({ ref }) => ref)).toEqual([2, 3, 4]);
    expect(rejected[0]?.reason).toBe('noon is no ISO hour');
    expect(rejected[1]?.reason).toBe('many is no count');
  });

  test('the heading is passed over in the first line only', () => {
    expect(parseMessages('\uFEFF2026-11-23T12Z,5').value).toHaveLength(1);
    expect(parseMessages('2026-11-23T12Z,5\nhour,messages').rejected).toHaveLength(1);
  });

  test('the hours that begin in the window count, the one it begins in included', () => {
    const hours = [0, 1, 2, 3].map((n) => ({ hour: noon + n * 3_600_000, messages: 10 ** n }));
    const window = { from: noon + 3_600_000 + 1, to: noon + 3 * 3_600_000 };
    expect(sumMessages(hours, window)).toBe(110);
  });
});
