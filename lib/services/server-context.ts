import { AppError } from '../domain/app-error.ts';
import { type Env, parseEnv } from '../env.ts';
import { openDb } from '../store/db.ts';
import type { ServiceContext } from './context.ts';
import { type SandboxClient, type SandboxState, sandboxClient } from './sandbox-client.ts';

/** What the dashboard's routes run on: opened once, at the first request. */
export interface ServerContext extends ServiceContext {
  sandbox: SandboxClient | null;
  ingestToken: string;
}

let opened: Promise<ServerContext> | undefined;

/** @throws {AppError} `unavailable` where the database cannot be reached; the next request tries again. */
export function serverContext(): Promise<ServerContext> {
  opened ??= open(parseEnv(process.env)).catch((error: unknown) => {
    opened = undefined;
    throw error;
  });
  return opened;
}

/** The sandbox's state, or null where no sandbox runs. */
export async function sandboxState(ctx: ServerContext): Promise<SandboxState | null> {
  return ctx.sandbox === null ? null : ctx.sandbox.state();
}

async function open(env: Env): Promise<ServerContext> {
  const { DATABASE_URL: url, KEYTIDE_INGEST_TOKEN: ingestToken } = env;
  if (url === undefined || ingestToken === undefined) {
    throw new AppError(
      'unavailable',
      'The dashboard has no database; start it with `npx keytide up`.',
    );
  }
  const at = { url: env.KEYTIDE_SANDBOX_URL, token: env.KEYTIDE_SANDBOX_TOKEN };
  const sandbox = at.url && at.token ? sandboxClient({ url: at.url, token: at.token }) : null;
  const now = async () => (sandbox === null ? Date.now() : (await sandbox.state()).now);
  return { db: await openDb(url), now, sandbox, ingestToken };
}
