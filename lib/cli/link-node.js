// Puts the pinned Node into node_modules/.bin after `npm install`, where npm has not: npm 10, which comes with Node 20
// and 22, gives the name to another platform's package that it then leaves out. Plain JavaScript that any Node runs.
import { existsSync, lstatSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const modules = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'node_modules');
const isWindows = process.platform === 'win32';
const platform = isWindows ? 'win' : process.platform;
const file = isWindows ? 'node.exe' : 'node';

/** Does nothing where npm did it, or where no Node is pinned for this platform. */
export function linkNode() {
  const pinned = ['node', 'node-bin']
    .map((prefix) => `${prefix}-${platform}-${process.arch}`)
    .find((name) => existsSync(join(modules, name, 'bin', file)));
  const link = join(modules, '.bin', isWindows ? 'node.cmd' : 'node');
  if (pinned === undefined || existsSync(link)) return;
  if (isWindows) {
    writeFileSync(link, `@"%~dp0..\\${pinned}\\bin\\${file}" %*\r\n`);
    return;
  }
  // A link to what was left out again is there, and leads nowhere.
  if (lstatSync(link, { throwIfNoEntry: false }) !== undefined) rmSync(link);
  symlinkSync(join('..', pinned, 'bin', file), link);
}

linkNode();
