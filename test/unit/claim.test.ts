import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { causes } from '../../crypto-core/src/causes.ts';
import { formatClaim } from '../../crypto-core/src/claim.ts';
import { parseClaim } from '../../lib/domain/claim.ts';

const letters = 'abcdefghijklmnopqrstuvwxyz0123456789';
const text = (alphabet: string, minLength: number, maxLength: number) =>
  fc
    .array(fc.constantFrom(...alphabet), { minLength, maxLength })
    .map((characters) => characters.join(''));
const claims = fc.record({
  process: text(`${letters}ABCXYZ_-`, 1, 64),
  boot: text(letters, 8, 8),
  seq: fc.integer({ min: 1, max: 999_999_999_999_999 }),
  attempt: fc.integer({ min: 1, max: 9_999 }),
  cause: fc.constantFrom(...causes),
  spanId: text('0123456789abcdef', 16, 16),
});
const claim = {
  process: 'engine-1',
  boot: 'boot0001',
  seq: 42,
  attempt: 1,
  cause: 'load.after-denial' as const,
  spanId: '0123456789abcdef',
};
const written = formatClaim(claim);

describe('the claim of an attempt', () => {
  test('reads back exactly as the engine wrote it, whatever stands around it', () => {
    const around = fc.constantFrom(
      '',
      'aws-sdk-js/3.1 ua/2.1 os/linux',
      '[internal]',
      '日本 ☂',
      '#.#',
    );
    fc.assert(
      fc.property(claims, around, around, (given, before, after) => {
        const userAgent = [before, formatClaim(given), after].filter(Boolean).join(' ');
        expect(parseClaim(userAgent)).toEqual(given);
      }),
    );
  });

  test('fits into the 160 characters it promises and holds no whitespace', () => {
    fc.assert(
      fc.property(claims, (given) => {
        const line = formatClaim(given);
        expect(line.length).toBeLessThanOrEqual(160);
        expect(line).not.toMatch(/\s/);
      }),
    );
  });

  test.each([
    ['nothing', ''],
    ['another client', 'Boto3/1.40 md/Botocore#1.40'],
    ['a claim glued to other text', `x${written}`],
    ['a claim with text behind it', `${written}x`],
    ['a claim cut short', written.slice(0, -1)],
    ['another version', written.replace('keytide/1', 'keytide/2')],
    ['a span id in capitals', written.replace('abcdef', 'ABCDEF')],
    ['a number past what is exact', written.replace('.42.', '.1234567890123456.')],
    ['a negative number', written.replace('.42.', '.-42.')],
    ['a boot id of another length', written.replace('boot0001', 'boot00001')],
    ['a process name with a dot', written.replace('engine-1', 'engine.1')],
  ])('%s claims nothing', (_name, userAgent) => {
    expect(parseClaim(userAgent)).toBeNull();
  });

  test('a hostile user agent of a megabyte is read at once', () => {
    const begun = performance.now();
    parseClaim(' keytide/1#'.repeat(90_000));
    parseClaim(`keytide/1#${'a'.repeat(1_000_000)}`);
    expect(performance.now() - begun).toBeLessThan(1_000);
  });
});
