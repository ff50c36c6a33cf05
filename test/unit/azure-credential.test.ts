import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { defaultCredential } from '../../lib/sources/azure-monitor/default-credential.ts';

const scope = 'https://api.loganalytics.io/.default';
let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'keytide-az-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(dir, { recursive: true, force: true });
});

test('a token comes by Azure’s own chain, such as from the command line one is signed in with', async () => {
  const answer = JSON.stringify({ accessToken: 'of-the-cli', expires_on: 4_102_444_800 });
  await writeFile(join(dir, 'az'), `#!/bin/sh\necho '${answer}'\n`, { mode: 0o755 });
  vi.stubEnv('AZURE_TOKEN_CREDENTIALS', 'AzureCliCredential');
  vi.stubEnv('PATH', `${dir}${delimiter}${process.env.PATH}`);
  expect(await defaultCredential().getToken(scope)).toMatchObject({
    token: 'of-the-cli',
    expiresOnTimestamp: 4_102_444_800_000,
  });
});

test('where there is none, what to set is said', async () => {
  vi.stubEnv('AZURE_TOKEN_CREDENTIALS', 'EnvironmentCredential');
  for (const name of ['AZURE_TENANT_ID', 'AZURE_CLIENT_ID', 'AZURE_CLIENT_SECRET'])
    vi.stubEnv(name, '');
  await expect(defaultCredential().getToken(scope)).rejects.toMatchObject({
    code: 'unauthorized',
    message: expect.stringContaining('AZURE_CLIENT_SECRET'),
  });
});
