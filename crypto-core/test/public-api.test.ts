/** Tests the promises of the packed package over its public API, in an empty project, under each supported Node. */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PackedHost, packedHost } from './packed-host.ts';

const suiteDir = fileURLToPath(new URL('./public-api/', import.meta.url));
const files = readdirSync(suiteDir);
const suites = files.filter((name) => name !== 'public-engine.ts');

/** The second Node that `npm ci` installs, if there is one for this machine. This process runs on the first. */
const node22 = fileURLToPath(
  new URL(
    `../../test/node-22/node_modules/node-${process.platform}-${process.arch}/bin/node`,
    import.meta.url,
  ),
);
const missing22 = !existsSync(node22);
if (missing22 && process.env.KEYTIDE_TEST_REQUIRE === 'all')
  throw new Error('Node 22 is not installed: run npm ci');
const nodes = [
  { name: `Node ${process.versions.node}`, node: process.execPath, missing: false },
  { name: 'Node 22', node: node22, missing: missing22 },
];

let host: PackedHost;
beforeAll(() => {
  host = packedHost();
  cpSync(suiteDir, path.join(host.dir, 'suite'), { recursive: true });
}, 120_000);
afterAll(() => host?.remove());

test.each(files)('%s takes the package by its public entries only', (name) => {
  const text = readFileSync(path.join(suiteDir, name), 'utf8');
  const taken = [...text.matchAll(/\bfrom '([^']+)'|\bimport\('([^']+)'\)/g)].map(
    ([, from, dynamic]) => from ?? dynamic ?? '',
  );
  const open = /^(?:node:.*|@keytide\/crypto-core(?:\/.*)?|\.\/public-engine\.ts|prom-client)$/;
  expect(taken.length).toBeGreaterThan(0);
  expect(taken.filter((one) => !open.test(one))).toEqual([]);
});

describe.each(nodes)('$name', ({ node, missing }) => {
  test.skipIf(missing).each(suites)('keeps what %s says', async (name) => {
    const args = ['--test', '--test-reporter=tap', `suite/${name}`];
    const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, ...env } = process.env;
    const { stdout } = await promisify(execFile)(node, args, { cwd: host.dir, env }).catch(
      (failed: { stdout: string }) => failed,
    );
    const count = (what: string) => Number(new RegExp(`^# ${what} (\\d+)$`, 'm').exec(stdout)?.[1]);
    expect(stdout.match(/^not ok .*$[\s\S]*?^\s+\.\.\.$/gm) ?? []).toEqual([]);
    expect(count('pass')).toBeGreaterThan(2);
    expect(count('pass')).toBe(count('tests'));
  });
});

test.skipIf(missing22)('the two are a Node 22 and a newer one', async () => {
  const { stdout } = await promisify(execFile)(node22, ['--version']);
  expect(stdout).toMatch(/^v22\./);
  expect(Number(process.versions.node.split('.')[0])).toBeGreaterThan(22);
});
