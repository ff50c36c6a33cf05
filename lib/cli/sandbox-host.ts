/** The parent's side of the sandbox process: starts it, lets it lay or resume its history, imports that, stops it. */
import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { AppError } from '../domain/app-error.ts';
import type { CloudName, Delays } from '../sandbox/sides/side.ts';
import type { ServiceContext } from '../services/context.ts';
import { importFiles } from '../services/intake/import-files.ts';
import { sandboxSource } from '../services/intake/log-sources.ts';
import type { LogSource } from '../services/intake/poll-loop.ts';
import { type SandboxClient, sandboxClient } from '../services/sandbox-client.ts';
import { forgetSandbox, rememberedSandbox, rememberSandbox } from '../services/sandbox-memory.ts';
import { endOf } from './end-of.ts';
import { percentOf, progress, saidWhile } from './progress.ts';
import { removeControlFile, sandboxDir, writeControlFile } from './sandbox-control-file.ts';
import type { FromSandbox, KeptName, ToSandbox } from './sandbox-messages.ts';
import { say } from './say.ts';

const speed = 60;
const pollEveryMs = 1_500;
/** Time for its last telemetry to arrive. */
const endMsMax = 10_000;

interface Wanted {
  dataDir: string;
  clouds: readonly CloudName[];
  seed: number;
  delays: Delays;
}

export class SandboxHost {
  readonly controlUrl: string;
  readonly controlToken: string;
  readonly client: SandboxClient;
  readonly #child: ChildProcess;
  readonly #dataDir: string;
  readonly #keptSides: readonly KeptName[];
  readonly #clouds: readonly CloudName[];
  readonly #seed: number;
  readonly #delays: Delays;
  #laying = false;

  private constructor(
    child: ChildProcess,
    at: Wanted & { token: string; listening: Extract<FromSandbox, { kind: 'listening' }> },
  ) {
    this.#child = child;
    this.#dataDir = at.dataDir;
    this.#clouds = at.clouds;
    this.#seed = at.seed;
    this.#delays = at.delays;
    this.#keptSides = at.listening.keptSides;
    this.controlUrl = at.listening.controlUrl;
    this.controlToken = at.token;
    this.client = sandboxClient({ url: this.controlUrl, token: this.controlToken });
  }

  /** Starts the process; nothing lives in it before `run`. */
  static async start(wanted: Wanted, onExit: (message: string) => void): Promise<SandboxHost> {
    const { dataDir } = wanted;
    const dir = sandboxDir(dataDir);
    const token = randomBytes(24).toString('base64url');
    const child = fork(fileURLToPath(new URL('./sandbox-process.ts', import.meta.url)), {
      env: { ...process.env, KEYTIDE_SANDBOX_DIR: dir, KEYTIDE_SANDBOX_TOKEN: token },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    child.once('exit', (code, signal) =>
      onExit(`the sandbox ended (${signal ?? code}); start Keytide again`),
    );
    const listening = await nextMessage(child, 'listening');
    writeControlFile(dataDir, { url: listening.controlUrl, token });
    return new SandboxHost(child, { ...wanted, token, listening });
  }

  /** Lays two days of history, or goes on from an earlier run; resolves to the logs to read from then on. */
  async run(ctx: ServiceContext, otlp: { url: string; token: string }): Promise<LogSource[]> {
    const remembered = await rememberedSandbox({ ctx });
    const resume = remembered?.state === 'laid' && this.#isKept(remembered.keys);
    // A new sandbox's time begins before the end of the old one's.
    if (remembered !== null && !resume)
      for (const key of remembered.keys) await forgetSandbox({ ctx, input: key });
    const logsDir = join(sandboxDir(this.#dataDir), 'logs');
    if (!resume) rmSync(logsDir, { recursive: true, force: true });
    this.#child.on('message', (message: FromSandbox) => {
      if (message.kind === 'log') say(message.message);
    });
    const live = nextMessage(this.#child, 'live');
    const made = nextMessage(this.#child, 'made');
    const laid = resume ? null : nextMessage(this.#child, 'laid');
    const [seed, clouds, delays] = [this.#seed, this.#clouds, this.#delays];
    this.#tell({ kind: 'begin', resume, seed, speed, clouds, delays, otlp, logsDir });
    const { keys } = await made;
    if (laid !== null) {
      this.#laying = true;
      await rememberSandbox({ ctx, input: { keys, state: 'laying' } });
      await this.#layHistory(ctx, { laid, logsDir });
      this.#laying = false;
      await rememberSandbox({ ctx, input: { keys, state: 'laid' } });
    }
    await live;
    const rest = { startMs: (await this.client.state()).now, everyMs: pollEveryMs };
    const access = await this.client.access();
    return access.clouds.map((one) => sandboxSource(one, rest));
  }

  /** Whether an earlier run left these keys, of the clouds that are wanted. */
  #isKept(keys: readonly string[]): boolean {
    const wanted = this.#clouds.map((cloud, index) => ({ cloud, key: keys[index] }));
    return keys.length === wanted.length && isDeepStrictEqual(this.#keptSides, wanted);
  }

  async stop(): Promise<void> {
    const child = this.#child;
    child.removeAllListeners('exit');
    // While it lays history it does not listen, and an unfinished history is laid anew.
    const ask = () => (this.#laying ? child.kill('SIGKILL') : this.#tell({ kind: 'stop' }));
    await endOf(child, ask, endMsMax);
    removeControlFile(this.#dataDir);
  }

  async #layHistory(
    ctx: ServiceContext,
    { laid, logsDir }: { laid: Promise<unknown>; logsDir: string },
  ): Promise<void> {
    const laying = progress('keytide: laying two days of sandbox history');
    const onProgress = (message: FromSandbox) => {
      if (message.kind === 'progress') laying.show(percentOf(message.share));
    };
    this.#child.on('message', onProgress);
    await laid;
    this.#child.off('message', onProgress);
    laying.end();
    await saidWhile(
      'keytide: reading the log of that history',
      importFiles({ ctx, input: { paths: [logsDir] } }),
    );
  }

  #tell(message: ToSandbox): void {
    if (this.#child.connected) this.#child.send(message);
  }
}

function nextMessage<K extends FromSandbox['kind']>(
  child: ChildProcess,
  kind: K,
): Promise<Extract<FromSandbox, { kind: K }>> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: FromSandbox) => {
      if (message.kind === kind) {
        done();
        // Its kind has just been compared.
        resolve(message as Extract<FromSandbox, { kind: K }>);
      } else if (message.kind === 'failed') {
        done();
        reject(new AppError('unavailable', `The sandbox failed: ${message.message}`));
      }
    };
    const onExit = () => {
      done();
      reject(new AppError('unavailable', 'The sandbox ended before it was ready.'));
    };
    const done = () => {
      child.off('message', onMessage);
      child.off('exit', onExit);
    };
    child.on('message', onMessage);
    child.on('exit', onExit);
  });
}
