/**
 * Answers: what pages and commands ask. A view is read in one snapshot, so that its numbers belong together, and only
 * what a person saves (prices, settings, markers, views) is written from this folder.
 */
import { snapshot } from '../../store/views/snapshot.ts';
import type { LogContext, ServiceContext, ViewContext } from '../context.ts';
import { outageOf } from '../outage.ts';

/** Reads a whole view in one snapshot of the database, with the clock read once before. */
export async function oneSnapshot<T>(
  ctx: ServiceContext | LogContext,
  read: (ctx: ViewContext) => Promise<T>,
): Promise<T> {
  const now = await ctx.now();
  try {
    const { service } = ctx;
    return await snapshot(ctx.db, (db) =>
      read({ db, now: async () => now, ...(service && { service }) }),
    );
  } catch (error) {
    throw outageOf(error) ?? error;
  }
}
