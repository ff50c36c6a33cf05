/** The package as it is published, installed into an empty project of its own. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const packageDir = fileURLToPath(new URL('../', import.meta.url));
export const modules = fileURLToPath(new URL('../../node_modules/', import.meta.url));

export interface PackedHost {
  dir: string;
  /** Files of the package. */
  packed: string[];
  /** Runs a program in the project and returns its stdout. */
  run(command: string, ...args: string[]): string;
  remove(): void;
}

export function packedHost(): PackedHost {
  const scratch = mkdtempSync(path.join(tmpdir(), 'keytide-pack-'));
  const dir = path.join(scratch, 'host');
  const build = path.join(packageDir, 'build.ts');
  run(scratch, process.execPath, build, path.join(scratch, 'package'));
  const [tarball] = JSON.parse(run(scratch, 'npm', 'pack', './package', '--json'));
  mkdirSync(dir);
  writeFileSync(path.join(dir, 'package.json'), '{"name":"host","private":true,"type":"module"}');
  run(dir, 'npm', 'install', '--offline', '--no-audit', '--no-fund', `../${tarball.filename}`);
  // The host's other packages: the optional peers, and Node's types for its compiler.
  for (const peer of ['@aws-sdk', '@azure', '@google-cloud', '@types', 'prom-client'])
    symlinkSync(path.join(modules, peer), path.join(dir, 'node_modules', peer));
  return {
    dir,
    packed: tarball.files.map((file: { path: string }) => file.path),
    run: (command, ...args) => run(dir, command, ...args),
    remove: () => rmSync(scratch, { recursive: true, force: true }),
  };
}

function run(cwd: string, command: string, ...args: string[]): string {
  return execFileSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, npm_config_loglevel: 'error' },
  });
}
