// Generates the Prisma client into lib/store/generated after `npm install`, without the internet.
// Plain JavaScript, because the Node that runs it may be the system's and too old to run
// TypeScript.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

function nodePath() {
  const pinned = join(root, 'node_modules', '.bin', 'node');
  // On Windows .bin holds shell shims only; npm's PATH has already chosen the pinned Node there.
  return process.platform !== 'win32' && existsSync(pinned) ? pinned : process.execPath;
}

function prismaPath() {
  try {
    const manifest = createRequire(import.meta.url).resolve('prisma/package.json');
    return join(dirname(manifest), 'build', 'index.js');
  } catch {
    return null;
  }
}

/** Returns the exit code: 0 when the client is in place. */
function generateClient() {
  const prisma = prismaPath();
  if (prisma === null) {
    console.error('keytide: the package "prisma" is not installed; run "npm ci" first.');
    return 1;
  }
  const node = nodePath();
  const run = spawnSync(node, [prisma, 'generate', '--no-hints'], {
    cwd: root,
    encoding: 'utf8',
    env: {
      ...process.env,
      // Generating never starts the schema engine, but Prisma downloads one unless it is told of a
      // file that exists.
      PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
      CHECKPOINT_DISABLE: '1',
      PRISMA_HIDE_UPDATE_MESSAGE: '1',
      NO_COLOR: '1',
    },
  });
  if (run.status === 0) return 0;
  const detail = run.error?.message ?? `${run.stdout}${run.stderr}`.trim();
  console.error(`keytide: the database client could not be generated.\n${detail}`);
  return 1;
}

process.exitCode = generateClient();
