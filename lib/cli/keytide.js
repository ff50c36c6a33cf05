#!/usr/bin/env node
// Runs the command on a Node that can run TypeScript: this one, or the one that npm installed beside it.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major > 22 || (major === 22 && minor >= 18)) {
  await import(main);
} else {
  const name = process.platform === 'win32' ? 'node.cmd' : 'node';
  const node = fileURLToPath(new URL(`../../node_modules/.bin/${name}`, import.meta.url));
  if (!existsSync(node)) {
    console.error(
      `keytide: needs Node 22.18 or newer; this is ${process.version}. Run npm ci, which brings one.`,
    );
    process.exit(1);
  }
  const { status } = spawnSync(node, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  process.exit(status ?? 1);
}
