/** `keytide up`: one process that owns the database, and two children: the dashboard and the sandbox. */
import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError } from '../domain/app-error.ts';
import { openOwnStore } from '../services/open-store.ts';
import { pollLoop } from '../services/poll-loop.ts';
import { terminalLine } from '../shared/escape.ts';
import { cliEnv } from './cli-env.ts';
import { countOption } from './options.ts';
import { sandboxEnvCommand } from './sandbox-env.ts';
import { SandboxHost } from './sandbox-host.ts';

interface UpWords {
  port: string;
  data: string;
  sandbox: boolean;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Runs until it is told to stop. @throws {WrongUse} {AppError} */
export async function up(words: UpWords): Promise<void> {
  const port = countOption('port', words.port, { min: 1, max: 65_535 });
  const env = cliEnv();
  if (!existsSync(join(root, '.next', 'BUILD_ID'))) {
    throw new AppError(
      'not-found',
      'The dashboard is not built yet: run npm start, or npm run build once.',
    );
  }
  await requireFreePort(port);
  const dataDir = resolve(words.data);
  const store = await openOwnStore({ url: env.DATABASE_URL, dir: dataDir });
  const closing: (() => Promise<void>)[] = [() => store.close()];
  const stop = async () => {
    for (const close of closing.splice(0).reverse()) await close();
  };
  try {
    const { url } = store;
    const { db } = store.ctx;
    const token = env.KEYTIDE_INGEST_TOKEN ?? keptToken(dataDir);
    const ended = untilTold();
    const sandbox = words.sandbox ? await SandboxHost.start(dataDir, ended.fail) : null;
    if (sandbox !== null) closing.push(() => sandbox.stop());
    const web = await startWeb({ url, token, port, sandbox }, ended.fail);
    closing.push(() => endChild(web));
    // Its last telemetry goes through the dashboard: the sandbox ends first.
    if (sandbox !== null) closing.push(() => sandbox.stop());
    const address = `http://127.0.0.1:${port}`;
    say(`dashboard on ${address}`);
    say(
      `telemetry in at ${address}/api/otlp, with the token in ${join(words.data, 'ingest-token')}`,
    );
    const ctx = {
      db,
      now: async () => (sandbox === null ? Date.now() : (await sandbox.client.state()).now),
    };
    const source = sandbox
      ? sandbox.run(ctx, { url: `${address}/api/otlp`, token })
      : Promise.resolve(realSource(env.KEYTIDE_CLOUDTRAIL_REGION));
    // Told to stop while history is laid, it stops at once; the next start lays it anew.
    const log = await Promise.race([source, ended.told.then(() => null)]);
    if (log !== null) closing.push(pollLoop(ctx, log, say));
    if (sandbox !== null && log !== null)
      say(`for an engine of your own: eval "$(${sandboxEnvCommand(words.data)})"`);
    if (!ended.over()) say('ready; stop with Ctrl-C');
    await ended.told;
    say('stopping');
  } finally {
    await stop();
  }
  // Sockets of the pools may still be closing; nothing is left to wait for.
  process.exit(process.exitCode ?? 0);
}

function realSource(region: string | undefined) {
  if (region === undefined) return null;
  return {
    region,
    account: null,
    endpoint: null,
    credentials: null,
    startMs: Date.now() - 86_400_000,
    everyMs: 60_000,
  };
}

function say(message: string): void {
  process.stderr.write(`keytide: ${terminalLine(message)}\n`);
}

function requireFreePort(port: number): Promise<void> {
  const probe = createServer();
  return new Promise((resolvePort, reject) => {
    probe.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'is in use' : `cannot be used (${error.code})`;
      reject(
        new AppError('in-use', `Port ${port} of 127.0.0.1 ${why}. Choose another with --port N.`),
      );
    });
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolvePort()));
  });
}

/** The ingest token of this data directory, made at its first start and readable by its owner only. */
function keptToken(dataDir: string): string {
  const path = join(dataDir, 'ingest-token');
  if (existsSync(path)) return readFileSync(path, 'utf8').trim();
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const token = randomBytes(24).toString('base64url');
  writeFileSync(path, `${token}\n`, { mode: 0o600 });
  return token;
}

async function startWeb(
  given: { url: string; token: string; port: number; sandbox: SandboxHost | null },
  onExit: (message: string) => void,
): Promise<ChildProcess> {
  const { url, token, port, sandbox } = given;
  const child = fork(fileURLToPath(new URL('./web-process.ts', import.meta.url)), {
    cwd: root,
    env: {
      ...process.env,
      NODE_ENV: 'production',
      NEXT_TELEMETRY_DISABLED: '1',
      DATABASE_URL: url,
      KEYTIDE_INGEST_TOKEN: token,
      PORT: String(port),
      ...(sandbox && {
        KEYTIDE_SANDBOX_URL: sandbox.controlUrl,
        KEYTIDE_SANDBOX_TOKEN: sandbox.controlToken,
      }),
    },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await new Promise<void>((resolveReady, reject) => {
    child.once('message', () => resolveReady());
    child.once('exit', (code) =>
      reject(new AppError('unavailable', `The dashboard did not start (exit ${code}).`)),
    );
  });
  child.once('exit', (code, signal) =>
    onExit(`the dashboard ended (${signal ?? code}); start Keytide again`),
  );
  return child;
}

async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.removeAllListeners('exit');
  const gone = new Promise<void>((resolveGone) => child.once('exit', () => resolveGone()));
  child.kill('SIGTERM');
  await gone;
}

/** Resolves at SIGINT or SIGTERM; `fail` ends it too, with exit code 1. */
function untilTold(): {
  told: Promise<void>;
  over: () => boolean;
  fail: (message: string) => void;
} {
  const { promise, resolve: settle } = Promise.withResolvers<void>();
  let over = false;
  const end = () => {
    over = true;
    settle();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => end());
  const fail = (message: string) => {
    say(message);
    process.exitCode = 1;
    end();
  };
  return { told: promise, over: () => over, fail };
}
