import { execFileSync } from 'node:child_process';
import {
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const script = fileURLToPath(new URL('../../lib/cli/link-node.js', import.meta.url));
const name = `node-${process.platform}-${process.arch}`;
let root: string;
const link = () => join(root, 'node_modules/.bin/node');

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'keytide-link-'));
  for (const dir of ['lib/cli', 'node_modules/.bin', `node_modules/${name}/bin`])
    mkdirSync(join(root, dir), { recursive: true });
  cpSync(script, join(root, 'lib/cli/link-node.js'));
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
  writeFileSync(join(root, `node_modules/${name}/bin/node`), '#!/bin/sh\necho pinned\n', {
    mode: 0o755,
  });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const run = () => execFileSync(process.execPath, [join(root, 'lib/cli/link-node.js')]);

describe.skipIf(process.platform === 'win32')('after an install the pinned Node', () => {
  test('is where npm scripts find it, though npm gave the name to a package that it left out', () => {
    run();
    expect(execFileSync(link(), { encoding: 'utf8' })).toBe('pinned\n');
    rmSync(link());
    symlinkSync('../node-bin-elsewhere/bin/node', link());
    run();
    expect(execFileSync(link(), { encoding: 'utf8' })).toBe('pinned\n');
  });

  test('is left as npm linked it', () => {
    symlinkSync('/bin/sh', link());
    run();
    expect(readlinkSync(link())).toBe('/bin/sh');
  });

  test('is nothing where none is pinned for this platform', () => {
    rmSync(join(root, 'node_modules', name), { recursive: true });
    run();
    expect(lstatSync(link(), { throwIfNoEntry: false })).toBeUndefined();
  });
});
