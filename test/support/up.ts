import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const readyMsDefault = 150_000;

/** A `keytide up` of its own, as a user would start it. */
export interface Up {
  url: string;
  dir: string;
  port: number;
  token: string;
  stderr(): string;
  /** Ends it and everything it started at once, as a crash would. */
  kill(): Promise<void>;
  /** Ends it as Ctrl-C would; resolves to its exit code. */
  stop(): Promise<number | null>;
}

interface UpOptions {
  dir?: string;
  port?: number;
  args?: string[];
  env?: Record<string, string>;
  readyMsMax?: number;
  /** Given the process group that it and everything it starts are in. */
  onSpawn?: (group: number) => void;
}

export async function startUp(options: UpOptions = {}): Promise<Up> {
  const dir = options.dir ?? (await scratchDir());
  const port = options.port ?? (await freePort());
  const words = ['up', '--port', String(port), '--data', dir, ...(options.args ?? [])];
  const child = spawnKeytide(words, options.env, { detached: options.onSpawn !== undefined });
  if (child.pid !== undefined) options.onSpawn?.(child.pid);
  let stderr = '';
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  await new Promise<void>((resolve, reject) => {
    const late = () => reject(new Error(`not ready in time: ${stderr}`));
    const timer = setTimeout(late, options.readyMsMax ?? readyMsDefault);
    child.stderr?.on('data', () => {
      if (!stderr.includes('ready; stop')) return;
      clearTimeout(timer);
      resolve();
    });
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`exit ${code}: ${stderr}`));
    });
  });
  return {
    url: `http://127.0.0.1:${port}`,
    dir,
    port,
    token: (await readFile(join(dir, 'ingest-token'), 'utf8')).trim(),
    stderr: () => stderr,
    kill: () => end(child, 'SIGKILL').then(() => undefined),
    stop: () => end(child, 'SIGTERM'),
  };
}

export const postJson = (url: string, body: unknown): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

/** Runs the command to its end. */
export async function runKeytide(
  args: string[],
  env?: Record<string, string>,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawnKeytide(args, env);
  const out = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk) => {
    out.stdout += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    out.stderr += chunk;
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, ...out };
}

export const scratchDir = (): Promise<string> => mkdtemp(join(tmpdir(), 'keytide-test-'));

export const removeDir = (dir: string): Promise<void> => rm(dir, { recursive: true, force: true });

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

/** It has a channel to this process and ends with it, even after a failed test. */
function spawnKeytide(
  args: string[],
  env: Record<string, string> = {},
  { detached = false } = {},
): ChildProcess {
  return spawn(process.execPath, [join(root, 'lib/cli/main.ts'), ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached,
  });
}

function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  child.kill(signal);
  return ended;
}
