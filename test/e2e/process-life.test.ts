/** How the command ends, and what it says where it cannot begin. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { freePort, removeDir, runKeytide, scratchDir } from '../support/up.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
let dir: string;
beforeEach(async () => {
  dir = await scratchDir();
});
afterEach(() => removeDir(dir));

/** A Node that cannot run TypeScript, as many systems have; null where there is none. */
function olderNode(): string | null {
  for (const path of ['/usr/bin/node', '/usr/local/bin/node']) {
    try {
      const version = execFileSync(path, ['--version'], { encoding: 'utf8' });
      const [major = 0, minor = 0] = version.slice(1).split('.').map(Number);
      if (major < 22 || (major === 22 && minor < 18)) return path;
    } catch {
      // No Node at this path.
    }
  }
  return null;
}

async function start(node: string, script: string, args: string[]) {
  const port = await freePort();
  const child = spawn(
    node,
    [join(root, script), 'up', '--port', String(port), '--data', dir, ...args],
    {
      cwd: root,
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  onTestFinished(() => void child.kill('SIGTERM'));
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const saying = (words: string) =>
    expect.poll(() => stderr, { timeout: 120_000, interval: 50 }).toContain(words);
  return { child, port, saying };
}

const exitOf = (child: ChildProcess) =>
  new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const older = olderNode();
it.skipIf(older === null)(
  'SIGTERM under an older Node reaches the server: exit 0, no process left',
  async () => {
    const { child, saying } = await start(older ?? '', 'lib/cli/keytide.js', ['--no-sandbox']);
    await saying('ready; stop');
    const { pid } = JSON.parse(await readFile(join(dir, 'lock'), 'utf8')) as { pid: number };
    expect(pid).not.toBe(child.pid);
    const ended = exitOf(child);
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    await expect.poll(() => isAlive(pid), { timeout: 5_000 }).toBe(false);
  },
);

it('SIGTERM while history is laid ends it within 5 s', async () => {
  const { child, saying } = await start(process.execPath, 'lib/cli/main.ts', []);
  await saying('telemetry in at');
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  const ended = exitOf(child);
  const from = performance.now();
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
  expect(performance.now() - from).toBeLessThan(5_000);
});

describe('a start that cannot be says so in one plain line and exits 1', () => {
  const up = async (env?: Record<string, string>) => {
    const port = String(await freePort());
    const run = await runKeytide(['up', '--no-sandbox', '--port', port, '--data', dir], env);
    expect(run.stderr).not.toMatch(/\[object|undefined|^ {2,}at /m);
    // On a slow machine the progress lines stand before it.
    const stderr = run.stderr.replace(/^.* s so far\n/gm, '');
    return { code: run.code, stderr, lines: stderr.trim().split('\n') };
  };

  it.each([
    [
      'rubbish',
      Buffer.from([0, 1, 2, 255, 10, 65]),
      0o600,
      /ingest-token holds no token: write one/,
    ],
    ['too short', 'abc\n', 0o600, /ingest-token holds no token/],
    ['nothing', '', 0o600, /ingest-token holds no token/],
    [
      'a token that others may read',
      `${'t'.repeat(24)}\n`,
      0o644,
      /may be read by others: run chmod 600/,
    ],
  ])('where the token file holds %s', async (_, content, mode, words) => {
    const path = join(dir, 'ingest-token');
    await writeFile(path, content);
    await chmod(path, mode);
    const { code, lines } = await up();
    expect({ code, lines }).toEqual({ code: 1, lines: [expect.stringMatching(words)] });
  });

  it('where the directory is a file', async () => {
    await removeDir(dir);
    await writeFile(dir, 'x');
    const { code, lines } = await up();
    expect({ code, lines }).toEqual({
      code: 1,
      lines: [expect.stringMatching(/^keytide: Cannot use .*file/)],
    });
  });

  it('where the database is damaged', async () => {
    await mkdir(join(dir, 'db', 'global'), { recursive: true });
    await writeFile(join(dir, 'db', 'PG_VERSION'), '18\n');
    await writeFile(join(dir, 'db', 'global', 'pg_control'), 'rubbish');
    const { code, lines } = await up();
    expect(code).toBe(1);
    expect(lines.at(-1)).toMatch(/^keytide: The database in .* cannot be opened.*damaged/);
  });

  it('where the token comes from the environment it is said to', async () => {
    const { stderr } = await up({ KEYTIDE_INGEST_TOKEN: 'short' });
    expect(stderr).toMatch(/^keytide: Environment: KEYTIDE_INGEST_TOKEN must be at least 16/);
  });
});
