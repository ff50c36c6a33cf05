/** How an eDEK is bound to its workspace and DEK, as `docs/format.md` specifies, and the checksum sent with it. */
import { crc32c as otherCrc32c } from '@aws-crypto/crc32c';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { crc32c } from '../src/crc32c.ts';
import { contextBytes } from '../src/providers/context-bytes.ts';

/** Texts of any UTF-16 code units, well-formed or not. */
const codeUnits = fc
  .array(fc.integer({ min: 0, max: 0xffff }))
  .map((units) => String.fromCharCode(...units));

test('the binding of a workspace and a DEK is the text that the format fixes', () => {
  const context = { workspace: 'a"c\n\u00e9\ud800', dekId: '0f'.repeat(16) };
  expect(contextBytes({ context }).toString('utf8')).toBe(
    `["keytide/1","a\\"c\\n\u00e9\\ud800","${context.dekId}"]`,
  );
});

test('no two workspaces and DEKs have one binding', () => {
  const context = () => fc.record({ workspace: codeUnits, dekId: fc.string() });
  fc.assert(
    fc.property(context(), context(), (one, two) => {
      const same = one.workspace === two.workspace && one.dekId === two.dekId;
      const equal = contextBytes({ context: one }).equals(contextBytes({ context: two }));
      expect(equal).toBe(same);
    }),
  );
});

test.each([
  ['', 0],
  ['123456789', 0xe3069283],
  ['\0'.repeat(32), 0x8a9136aa],
])('the CRC-32C of %j is that of RFC 3720', (text, sum) => {
  expect(crc32c(Buffer.from(text))).toBe(sum);
});

test('the checksum is the one that another implementation gives', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(crc32c(bytes)).toBe(otherCrc32c(bytes));
    }),
  );
});
