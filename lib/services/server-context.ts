import { AppError } from '../domain/app-error.ts';
import { systemClock } from '../domain/clock.ts';
import { type Env, parseEnv } from '../env.ts';
import { openDb } from '../store/connection/db.ts';
import { readVersion } from '../store/views/read-version.ts';
import { answerCache } from './answers/answer-cache.ts';
import { answerPool } from './answers/answer-pool.ts';
import type { Question, Verb, VerbAnswer, VerbInput } from './answers/verbs.ts';
import type { ServiceContext } from './context.ts';
import { type SandboxClient, type SandboxState, sandboxClient } from './sandbox-client.ts';

/** What the dashboard's routes run on: opened once, at the first request. */
export interface ServerContext extends ServiceContext {
  sandbox: SandboxClient | null;
  /**
   * The instant, epoch ms, before which telemetry has arrived. A relative window ends here, since calls and counts of
   * the newest seconds arrive one after the other.
   */
  settled(): Promise<number>;
  ingestToken: string;
  /** Where that is, as a screen says it. */
  tokenAt: string;
  /** What a screen asks, answered off this thread, as JSON. @throws {AppError} as the verb does */
  json<V extends Verb>(verb: V, input: VerbInput<V>): Promise<string>;
  /** The same, read. @throws {AppError} as the verb does */
  ask<V extends Verb>(verb: V, input: VerbInput<V>): Promise<VerbAnswer<V>>;
}

/** Senders flush every few seconds; the sandbox's every second of wall time. */
const telemetryLagMs = 15_000;
const sandboxTelemetryLagMs = 3_000;

/** Pages and route handlers are built apart, each with its own copy of this module: the process has one context. */
const inProcess: typeof globalThis & { keytideContext?: Promise<ServerContext> | undefined } =
  globalThis;

/** @throws {AppError} `unavailable` where the database cannot be reached; the next request tries again. */
export function serverContext(): Promise<ServerContext> {
  inProcess.keytideContext ??= open(parseEnv(process.env)).catch((error: unknown) => {
    inProcess.keytideContext = undefined;
    throw error;
  });
  return inProcess.keytideContext;
}

/** The sandbox's state, or null where no sandbox runs. */
export async function sandboxState(ctx: ServerContext): Promise<SandboxState | null> {
  return ctx.sandbox === null ? null : ctx.sandbox.state();
}

async function open(env: Env): Promise<ServerContext> {
  const { DATABASE_URL: url, KEYTIDE_INGEST_TOKEN: ingestToken } = env;
  const { KEYTIDE_INGEST_TOKEN_AT: tokenAt = 'KEYTIDE_INGEST_TOKEN' } = env;
  if (url === undefined || ingestToken === undefined) {
    throw new AppError(
      'unavailable',
      'The dashboard has no database; start it with `npx keytide up`.',
    );
  }
  const clock = async () =>
    (await runningSandbox()?.state()) ?? { now: systemClock.now(), speed: null };
  const now = async () => (await clock()).now;
  const settled = async () => {
    const { now: at, speed } = await clock();
    return at - (speed === null ? telemetryLagMs : sandboxTelemetryLagMs * speed);
  };
  const db = await openDb(url);
  const asked = answerCache({
    pool: answerPool({ url }),
    version: () => readVersion(db),
    clockMs: systemClock.now,
  });
  const json: ServerContext['json'] = async (verb, input) =>
    // A verb comes with its own input; the caller’s type says so.
    asked({ verb, input } as Question, await now());
  const ask: ServerContext['ask'] = async (verb, input) => JSON.parse(await json(verb, input));
  return {
    db,
    now,
    settled,
    get sandbox() {
      return runningSandbox();
    },
    ingestToken,
    tokenAt,
    json,
    ask,
  };
}

/** It may be started after the dashboard: whoever starts it sets both variables. */
function runningSandbox(): SandboxClient | null {
  const { KEYTIDE_SANDBOX_URL: url, KEYTIDE_SANDBOX_TOKEN: token } = process.env;
  return url && token ? sandboxClient({ url, token }) : null;
}
