/** `keytide up`: one process that owns the database, and two children: the dashboard and the sandbox. */
import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { AppError } from '../domain/app-error.ts';
import { clouds } from '../sandbox/sides/side.ts';
import { answerPool } from '../services/answers/answer-pool.ts';
import type { ServiceContext } from '../services/context.ts';
import { watchDisk } from '../services/intake/disk-watch.ts';
import { sourceAt } from '../services/intake/log-sources.ts';
import { pack } from '../services/intake/pack.ts';
import type { LogSource } from '../services/intake/poll-loop.ts';
import { pollSources } from '../services/intake/poll-sources.ts';
import { standForLead } from '../services/lead.ts';
import { openOwnStore } from '../services/open-store.ts';
import type { FromWeb, ToWeb } from '../services/owner.ts';
import { ownerAnswers } from '../services/owner-answers.ts';
import { repeat } from '../services/repeat.ts';
import { applyRetention, type RetentionInput } from '../services/retention.ts';
import { rememberedSandbox } from '../services/sandbox-memory.ts';
import { cliEnv } from './cli-env.ts';
import { endOf } from './end-of.ts';
import { keptToken } from './ingest-token.ts';
import { placesOf } from './log-places.ts';
import { choiceOption, countOption, delayOption, delaysOption, parseOptions } from './options.ts';
import { saidWhile } from './progress.ts';
import { sandboxEnvCommand } from './sandbox-env.ts';
import { SandboxHost } from './sandbox-host.ts';
import { say } from './say.ts';

const upOptions = z.object({
  port: countOption({ min: 1, max: 65_535 }),
  data: z.string(),
  sandbox: z.boolean(),
  cloud: choiceOption([...clouds, 'all']),
  seed: countOption({ min: 0, max: 2 ** 32 - 1 }),
  // Who reads a log looks back so far for what came late.
  logDelay: delaysOption('15m').optional(),
  propagation: delayOption('24h').optional(),
  dev: z.boolean().optional(),
});

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Runs until it is told to stop. @throws {WrongUse} {AppError} */
// Long: one start in order; each step leaves on `closing` what undoes it.
export async function up(given: object): Promise<void> {
  const words = parseOptions(upOptions, given);
  const { port, seed, cloud: chosen, dev = false, logDelay, propagation } = words;
  const env = cliEnv();
  if (!dev && !existsSync(join(root, '.next', 'BUILD_ID'))) {
    throw new AppError(
      'not-found',
      'The dashboard is not built yet: run npm start, or npm run build once.',
    );
  }
  await requireFreePort(port);
  const dataDir = resolve(words.data);
  const ended = untilTold();
  const opening = openOwnStore({ url: env.DATABASE_URL, dir: dataDir });
  const store = await saidWhile('keytide: opening the database', opening);
  // A crash would lose nothing either, so a slow close is not waited for.
  const closing: (() => Promise<void>)[] = [
    () => Promise.race([store.close(), sleep(closeMsMax, undefined, { ref: false })]),
  ];
  const stop = async () => {
    for (const close of closing.splice(0).reverse()) await close();
  };
  try {
    const { url } = store;
    const { db } = store.ctx;
    if (env.DATABASE_URL === undefined) {
      const unwatch = watchDisk(dataDir, say);
      closing.push(async () => unwatch());
    }
    const kept = env.KEYTIDE_INGEST_TOKEN === undefined;
    const token = env.KEYTIDE_INGEST_TOKEN ?? keptToken(dataDir);
    const delays = {
      ...(logDelay && { logDelayMs: logDelay }),
      ...(propagation !== undefined && { propagationMs: propagation }),
    };
    const wanted = { dataDir, clouds: chosen === 'all' ? clouds : [chosen], seed, delays };
    let sandbox: SandboxHost | null = null;
    const endSandbox = async () => sandbox?.stop();
    const startSandbox = async () => {
      sandbox = await SandboxHost.start(wanted, ended.fail);
      return sandbox;
    };
    closing.push(endSandbox);
    const first = words.sandbox ? await startSandbox() : null;
    const tokenAt = kept ? join(words.data, 'ingest-token') : 'KEYTIDE_INGEST_TOKEN';
    const web = startWeb({ url, token, tokenAt, port, sandbox: first, dev }, ended.fail);
    closing.push(() => endChild(web.child));
    await saidWhile('keytide: starting the dashboard', Promise.race([web.ready, ended.told]));
    // The sandbox sends its last telemetry through the dashboard, so it ends first.
    closing.push(endSandbox);
    const address = `http://127.0.0.1:${port}`;
    say(`dashboard on ${address}`);
    say(`telemetry in at ${address}/api/otlp, with the token in ${tokenAt}`);
    const ctx = {
      db,
      now: async () => (sandbox === null ? Date.now() : (await sandbox.client.state()).now),
    };
    const standing: (() => Promise<void>)[] = [];
    const endStanding = async () => {
      for (const end of standing.splice(0).reverse()) await end();
    };
    closing.push(endStanding);
    // Beside a sandbox the environment's logs are not read: their time is another.
    const real = words.sandbox ? [] : placesOf(env);
    let given: readonly LogSource[] = [];
    const stand = async (logs: readonly LogSource[]) => {
      const keeping = await retentionFor(ctx, { days: env.KEYTIDE_RETENTION_DAYS, sandbox });
      await endStanding();
      const rest = { startMs: Date.now() - dayMs, origin: 'environment' } as const;
      given = [...logs, ...real.map((place) => sourceAt(place, rest))];
      if (!ended.over()) standing.push(...(await standingWork(ctx, { url, given, keeping })));
    };
    const runSandbox = async (host: SandboxHost) => {
      const source = host.run(ctx, { url: `${address}/api/otlp`, token });
      // Told to stop while history is laid, it stops at once; the next start lays it anew.
      await stand((await Promise.race([source, ended.told])) ?? []);
      if (!ended.over())
        say(`for an engine of your own: eval "$(${sandboxEnvCommand(words.data)})"`);
    };
    const begun = first === null ? stand([]) : runSandbox(first);
    const answers = ownerAnswers({
      ctx,
      given: () => given,
      sandbox: () => sandbox?.client ?? null,
      testKeys: env.KEYTIDE_TEST_KEYS ?? [],
    });
    closing.push(answers.close);
    web.child.on('message', async (message: FromWeb) => {
      const answer = await answers.answer(message);
      if (answer !== null) tellWeb(web.child, answer);
    });
    onAsked(web.child, ended.fail, async () => {
      await begun;
      if (sandbox !== null) return;
      const host = await startSandbox();
      tellWeb(web.child, { kind: 'sandbox', url: host.controlUrl, token: host.controlToken });
      await runSandbox(host);
    });
    await begun;
    if (!ended.over()) say('ready; stop with Ctrl-C');
    await ended.told;
    say('stopping');
  } finally {
    await stop();
  }
  // Sockets of the pools may still be closing; nothing is left to wait for.
  process.exit(process.exitCode ?? 0);
}

/** What one of all the processes over a database does again and again; how each part of it ends. */
async function standingWork(
  ctx: ServiceContext,
  given: {
    url: string;
    given: readonly LogSource[];
    keeping: RetentionInput;
  },
): Promise<(() => Promise<void>)[]> {
  const { url, keeping } = given;
  const lead = await standForLead(ctx, { holder: randomUUID(), clockMs: () => performance.now() });
  const leads = () => lead.has();
  const pool = answerPool({ url, threads: 1, root });
  const keep = async () => {
    if (leads()) await pool.ask({ verb: 'keepSpikes', input: undefined }, await ctx.now());
  };
  const retain = async (until: AbortSignal) => {
    if (leads()) await applyRetention({ ctx, input: keeping, until });
  };
  const packSums = async (until: AbortSignal) => {
    if (leads()) await pack(ctx, until);
  };
  return [
    () => lead.leave(),
    pollSources(ctx, { given: given.given, say, leads }),
    repeat(retentionEveryMs, retain),
    repeat(keepEveryMs, keep),
    repeat(packEveryMs, packSums),
    () => pool.close(),
  ];
}

/** Screens show a look that is 15 s old: another one is over by then. */
const keepEveryMs = 5_000;
/** Hours that are over; those of the sandbox pass in a minute. */
const packEveryMs = 10_000;
/** At the sandbox's speed an hour passes in between. */
const retentionEveryMs = 60_000;
/** The sandbox's data grow by two and a half days an hour. */
const sandboxRetentionDays = 7;

/** The sandbox's clock runs ahead of all others: while it runs, only its own data are dropped. */
async function retentionFor(
  ctx: ServiceContext,
  { days, sandbox }: { days: number | undefined; sandbox: SandboxHost | null },
): Promise<RetentionInput> {
  const own = sandbox === null ? null : await rememberedSandbox({ ctx });
  const wanted = days ?? (own === null ? 0 : sandboxRetentionDays);
  return { days: wanted === 0 ? null : wanted, keys: own?.keys ?? null };
}

const dayMs = 86_400_000;

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

/** The dashboard's process, and the instant it answers. */
function startWeb(
  given: {
    url: string;
    token: string;
    /** Where the token is, as a screen says it. */
    tokenAt: string;
    port: number;
    sandbox: SandboxHost | null;
    dev: boolean;
  },
  onExit: (message: string) => void,
): { child: ChildProcess; ready: Promise<void> } {
  const { url, token, tokenAt, port, sandbox, dev } = given;
  const child = fork(fileURLToPath(new URL('./web-process.ts', import.meta.url)), {
    cwd: root,
    env: {
      ...process.env,
      NODE_ENV: dev ? 'development' : 'production',
      NEXT_TELEMETRY_DISABLED: '1',
      DATABASE_URL: url,
      KEYTIDE_INGEST_TOKEN: token,
      KEYTIDE_INGEST_TOKEN_AT: tokenAt,
      PORT: String(port),
      ...(sandbox && {
        KEYTIDE_SANDBOX_URL: sandbox.controlUrl,
        KEYTIDE_SANDBOX_TOKEN: sandbox.controlToken,
      }),
    },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ready = new Promise<void>((resolveReady, reject) => {
    child.once('message', () => {
      child.once('exit', (code, signal) =>
        onExit(`the dashboard ended (${signal ?? code}); start Keytide again`),
      );
      resolveReady();
    });
    child.once('exit', (code) =>
      reject(new AppError('unavailable', `The dashboard did not start (exit ${code}).`)),
    );
  });
  return { child, ready };
}

/** Starts a sandbox when a page asks for one, once. */
function onAsked(
  web: ChildProcess,
  onFault: (message: string) => void,
  start: () => Promise<void>,
): void {
  let isAsked = false;
  web.on('message', ({ kind }: FromWeb) => {
    if (kind !== 'start-sandbox' || isAsked) return;
    isAsked = true;
    start().catch((error: unknown) =>
      onFault(error instanceof Error ? error.message : String(error)),
    );
  });
}

const tellWeb = (web: ChildProcess, message: ToWeb): void => {
  if (web.connected) web.send(message);
};

const closeMsMax = 3_000;
/** Requests under way have a moment to finish. */
const webEndMsMax = 3_000;

async function endChild(child: ChildProcess): Promise<void> {
  child.removeAllListeners('exit');
  await endOf(child, () => child.kill('SIGTERM'), webEndMsMax);
}

/** Resolves at SIGINT or SIGTERM, and when the parent process is gone; `fail` ends it too, with exit code 1. */
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
  process.once('disconnect', end);
  // Listening must not keep the process alive: a start that fails ends by itself.
  process.channel?.unref();
  const fail = (message: string) => {
    say(message);
    process.exitCode = 1;
    end();
  };
  return { told: promise, over: () => over, fail };
}
