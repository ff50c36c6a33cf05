import { type OpenStore, openStore } from '../services/open-store.ts';
import { type SandboxClient, sandboxClient } from '../services/sandbox-client.ts';
import { cliEnv } from './cli-env.ts';
import { readControlFile } from './sandbox-control-file.ts';

/**
 * The store that a command asks, and the sandbox that lives in its data directory: its time is the store's then. Null
 * where none runs. @throws {AppError}
 */
export async function openCommandStore(
  data: string,
): Promise<OpenStore & { sandbox: SandboxClient | null }> {
  const sandbox = await runningSandbox(data);
  const store = await openStore({ url: cliEnv().DATABASE_URL, dir: data });
  if (sandbox === null) return { ...store, sandbox };
  const now = async () => (await sandbox.state()).now;
  return { ...store, ctx: { ...store.ctx, now }, sandbox };
}

/** One that crashed leaves its file behind, and nobody answers. */
async function runningSandbox(data: string): Promise<SandboxClient | null> {
  const control = readControlFile(data);
  const client = control && sandboxClient(control);
  if (client === null) return null;
  return client.state().then(
    () => client,
    () => null,
  );
}
