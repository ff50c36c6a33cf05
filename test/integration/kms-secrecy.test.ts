import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test('no DEK is in what the SDKs log, whatever the environment asks them to', async () => {
  const dek = randomBytes(32);
  const child = fileURLToPath(new URL('../support/kms-secrecy-child.ts', import.meta.url));
  const env = {
    ...process.env,
    GOOGLE_SDK_NODE_LOGGING: 'all',
    AZURE_LOG_LEVEL: 'verbose',
    GRPC_TRACE: 'all',
    GRPC_VERBOSITY: 'DEBUG',
    NODE_DEBUG: 'http',
  };
  const args = [child, dek.toString('hex')];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, {
    env,
    maxBuffer: 2 ** 28,
  });
  const said = stdout + stderr;
  expect(said).toContain('opened 5');
  expect(said).toContain('azure:');
  // Base64 reads otherwise behind one or two bytes of something else.
  for (const form of ['hex', 'base64', 'base64url'] as const)
    for (const at of [0, 1, 2])
      expect(said.includes(dek.subarray(at).toString(form).slice(0, 36))).toBe(false);
  for (const separator of [',', ', '])
    expect(said.includes([...dek.subarray(0, 8)].join(separator))).toBe(false);
});
