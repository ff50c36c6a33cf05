/**
 * `npm test`: types, style, the build and every test. `npm test -- NAME… [options of vitest]`: the tests whose file has
 * that name, and nothing else.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const words = process.argv.slice(2);

/** Runs a command of node_modules/.bin, which npm puts first on PATH; ends at the first that fails. */
function run(command: string, args: readonly string[]): void {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit', shell: isWindows });
  if (status !== 0) process.exit(status ?? 1);
}

const isWindows = process.platform === 'win32';

if (words.length === 0) {
  run('tsc', ['--noEmit']);
  run('biome', ['check']);
  run('next', ['build']);
}
run('vitest', ['run', ...words]);
