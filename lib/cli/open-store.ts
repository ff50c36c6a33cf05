import { parseEnv } from '../env.ts';
import type { ServiceContext } from '../services/context.ts';
import { closeDb, openDb } from '../store/db.ts';
import { attachOrOpen, openMemory } from '../store/embedded.ts';
import { migrate } from '../store/migrate.ts';
import { WrongUse } from './options.ts';

export interface OpenStore {
  ctx: ServiceContext;
  close(): Promise<void>;
}

/** The environment. @throws {WrongUse} naming every fault. */
export function cliEnv() {
  try {
    return parseEnv(process.env);
  } catch (error) {
    throw new WrongUse(
      error instanceof Error ? error.message : 'the environment is not understood',
    );
  }
}

/** The store that `DATABASE_URL` or the data directory names, its owner running or not. @throws {AppError} */
export async function openStore(dir: string): Promise<OpenStore> {
  const { DATABASE_URL: url } = cliEnv();
  if (url !== undefined) return openUrl(url, async () => undefined);
  const embedded = await attachOrOpen({ dir });
  return openUrl(embedded.url, embedded.close);
}

/** A store of this run only. */
export async function openScratchStore(): Promise<OpenStore> {
  const { url, close } = await openMemory();
  return openUrl(url, close);
}

async function openUrl(url: string, release: () => Promise<void>): Promise<OpenStore> {
  try {
    const db = await openDb(url);
    await migrate(url);
    const close = async () => {
      await closeDb(db);
      await release();
    };
    return { ctx: { db, now: async () => Date.now() }, close };
  } catch (error) {
    await release();
    throw error;
  }
}
