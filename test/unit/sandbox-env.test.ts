import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  readControlFile,
  removeControlFile,
  writeControlFile,
} from '../../lib/cli/sandbox-control-file.ts';
import { sandboxEnvCommand, shellLines } from '../../lib/cli/sandbox-env.ts';

const hostile = `it's "$(exit 7)" \`exit 7\` \\ $HOME\n;exit 7 ☂`;

test('the shell reads each value as it is, whatever it holds', () => {
  const lines = shellLines({
    clouds: [
      {
        ...{ cloud: 'aws', endpoint: 'http://127.0.0.1:9', region: 'eu-central-1', key: hostile },
        credentials: { accessKeyId: 'ASIA', secretAccessKey: "'", sessionToken: '' },
        reader: { account: '1', credentials: { accessKeyId: 'AKIA', secretAccessKey: 'r' } },
      },
    ],
    otlp: { url: 'http://127.0.0.1:8/api/otlp', token: '-n' },
  });
  const script = `eval "$1"; printf '%s\\0' "$KEYTIDE_KEY" "$AWS_SECRET_ACCESS_KEY" "$AWS_SESSION_TOKEN" "$KEYTIDE_OTLP_TOKEN"`;
  const read = execFileSync('sh', ['-euc', script, 'sh', lines.join('\n')], { encoding: 'utf8' });
  expect(read.split('\0')).toEqual([hostile, "'", '', '-n', '']);
});

test('each cloud of the sandbox has its own names, and the key is the first one’s', () => {
  const common = { endpoint: 'http://127.0.0.1:9' };
  const lines = shellLines({
    clouds: [
      {
        ...{ ...common, cloud: 'gcp', project: 'acme-prod', key: 'gcp-kms:k' },
        restEndpoint: 'http://127.0.0.1:7',
        adminUrl: 'http://127.0.0.1:1',
        loggingEndpoint: '127.0.0.1:6',
      },
      {
        ...{ ...common, cloud: 'azure', key: 'azure-kv:k', tenantId: 't', workspaceId: 'w' },
        ...{ token: 'a', readerToken: 'b', storage: { account: 's', key: 'c2' } },
      },
    ],
    otlp: { url: 'http://127.0.0.1:8/api/otlp', token: 'o' },
  });
  expect(lines.map((line) => /^export (\w+)=/.exec(line)?.[1])).toEqual([
    'GOOGLE_CLOUD_PROJECT',
    'KEYTIDE_GCP_ENDPOINT',
    'KEYTIDE_GCP_REST_ENDPOINT',
    'KEYTIDE_GCP_LOGGING_ENDPOINT',
    'KEYTIDE_GCP_KEY',
    'AZURE_TENANT_ID',
    'AZURE_STORAGE_ACCOUNT',
    'AZURE_STORAGE_KEY',
    'KEYTIDE_AZURE_ENDPOINT',
    'KEYTIDE_AZURE_TOKEN',
    'KEYTIDE_AZURE_READER_TOKEN',
    'KEYTIDE_AZURE_LOG_WORKSPACE',
    'KEYTIDE_AZURE_KEY',
    'KEYTIDE_KEY',
    'KEYTIDE_OTLP_URL',
    'KEYTIDE_OTLP_TOKEN',
  ]);
  expect(lines).toContain("export KEYTIDE_KEY='gcp-kms:k'");
});

test('the command names a data directory that is not the usual one', () => {
  expect(sandboxEnvCommand('.keytide')).toBe('npx keytide sandbox env');
  expect(sandboxEnvCommand("/tmp/it's")).toBe(`npx keytide sandbox env --data '/tmp/it'\\''s'`);
});

let dir: string;
const control = { url: 'http://127.0.0.1:9', token: 'a-control-token-of-its-own' };
const file = () => join(dir, 'sandbox', 'control.json');
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'keytide-control-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('the control file is its owner’s alone, also where one that others can read was there', () => {
  mkdirSync(join(dir, 'sandbox'));
  writeFileSync(file(), '{}');
  chmodSync(file(), 0o644);
  writeControlFile(dir, control);
  expect(statSync(file()).mode & 0o777).toBe(0o600);
  expect(readControlFile(dir)).toEqual(control);
  removeControlFile(dir);
  removeControlFile(dir);
  expect(readdirSync(join(dir, 'sandbox'))).toEqual([]);
  expect(readControlFile(dir)).toBeNull();
});

test.each(['', '{', '[]', '{"url":"x","token":"a-control-token-of-its-own"}', '{"url":1}'])(
  'a control file that holds %j is none',
  (text) => {
    writeControlFile(dir, control);
    writeFileSync(file(), text);
    expect(readControlFile(dir)).toBeNull();
  },
);
