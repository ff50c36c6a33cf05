/** The commands of the debugging page, given in order as a reader would give them. */
import { execFile } from 'node:child_process';
import { readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { removeDir, scratchDir } from '../support/up.ts';

const root = path.resolve(import.meta.dirname, '../..');
const page = readFileSync(path.join(root, 'app/docs/content/debugging.md'), 'utf8');
const commands = [...page.matchAll(/```sh\n(.*?)```/gs)].map(([, command = '']) => command);
let dir: string;

beforeAll(async () => {
  dir = await scratchDir();
  for (const name of ['node_modules', 'app', 'lib', 'package.json'])
    symlinkSync(path.join(root, name), path.join(dir, name));
});

afterAll(() => removeDir(dir));

const output: string[] = [];

test.each(commands.map((command) => [command.split('\n', 1)[0], command]))(
  'runs %s…',
  async (_, command = '') => {
    const { stdout } = await promisify(execFile)('bash', ['-euc', command], { cwd: dir });
    output.push(stdout);
  },
);

test('they show what the page says: a residual of the calls that are gone, and a cause by its idle time', () => {
  expect(commands).toHaveLength(3);
  expect(output[1]).toMatch(/^KMS calls: -\d+$/m);
  expect(output[1]).toMatch(/^Operations: 0$/m);
  expect(output[2]).toContain('load.expired idle ms: 1096000 generation: 1 root: 1');
});
