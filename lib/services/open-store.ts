import { systemClock } from '../domain/clock.ts';
import { closeDb, openDb } from '../store/connection/db.ts';
import {
  attachOrOpen,
  type Embedded,
  openEmbedded,
  openScratch,
} from '../store/connection/embedded.ts';
import { packTallies } from '../store/rollups/pack-tallies.ts';
import { maintain } from '../store/upkeep/maintain.ts';
import { migrate } from '../store/upkeep/migrate.ts';
import type { ServiceContext } from './context.ts';
import { repeat } from './repeat.ts';

/** Wall time between two looks at what the database needs; the look itself takes milliseconds. */
const maintainEveryMs = 10_000;

/** An open, migrated store and how to close it. */
export interface OpenStore {
  url: string;
  ctx: ServiceContext;
  close(): Promise<void>;
}

/** The store on a server or, without `url`, in the data directory, whether or not its owner runs. */
export async function openStore({
  url,
  dir,
}: {
  url: string | undefined;
  dir: string;
}): Promise<OpenStore> {
  return url === undefined ? openOn(await attachOrOpen({ dir })) : openServer(url);
}

/** As `openStore`, but this process owns the data directory. @throws {AppError} `in-use` where another one does. */
export async function openOwnStore({
  url,
  dir,
}: {
  url: string | undefined;
  dir: string;
}): Promise<OpenStore> {
  return url === undefined ? openOn(await openEmbedded({ dir })) : openServer(url);
}

/** A store for this run only. */
export async function openScratchStore(): Promise<OpenStore> {
  return openOn(await openScratch());
}

const openServer = (url: string) => openOn({ url, owner: false, close: async () => undefined });

async function openOn(embedded: Pick<Embedded, 'url' | 'owner' | 'close'>): Promise<OpenStore> {
  const { url } = embedded;
  try {
    const db = await openDb(url);
    await migrate(url);
    // A server keeps itself in order, and whoever leads packs its sums.
    const endMaintenance = repeat(maintainEveryMs, async (until) => {
      if (!embedded.owner) return;
      await packTallies(db, until);
      await maintain(db);
    });
    const close = async () => {
      await endMaintenance();
      await closeDb(db);
      await embedded.close();
    };
    return { url, ctx: { db, now: async () => systemClock.now() }, close };
  } catch (error) {
    await embedded.close();
    throw error;
  }
}
