/** A full garbage collection leaves the optimised code of sealing and opening as it is. */
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

const program = `
import { createEngine } from '${new URL('../src/index.ts', import.meta.url)}';
import { localProvider } from '${new URL('../src/providers/local.ts', import.meta.url)}';
const engine = createEngine({
  provider: localProvider({ secret: Buffer.alloc(32) }),
  keyFor: () => 'local:key/1',
  policy: { deks: 'private' },
  process: 'shapes',
});
const bound = engine.bind({ workspace: 'acme' });
const plaintext = Buffer.alloc(64);
const envelope = await bound.encrypt(plaintext);
for (let n = 0; n < 20_000; n += 1) {
  bound.encryptHeld(plaintext);
  bound.decryptHeld(envelope);
}
console.log('collecting');
gc();
await engine.close();
`;
const discarded =
  /SharedFunctionInfo (#?(?:seal|open|split|heldFor)\w*|Envelope|createCipher\w*)>.*embedded weak objects cleared/g;

test('a full collection discards no optimised code of sealing and opening', () => {
  const flags = ['--trace-deopt', '--expose-gc', '--input-type=module', '--eval', program];
  const [before = '', after] = execFileSync(process.execPath, flags, {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  }).split('collecting\n');
  expect(before).toContain('for deoptimization');
  expect([...(after ?? 'none').matchAll(discarded)].map(([, name]) => name)).toEqual([]);
});
