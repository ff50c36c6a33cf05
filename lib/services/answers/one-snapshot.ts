import { snapshot } from '../../store/snapshot.ts';
import type { ServiceContext, ViewContext } from '../context.ts';
import { outageOf } from '../outage.ts';

/**
 * Reads a view in one snapshot, so that none of its numbers is of another instant than the others; the clock is read
 * once, before. @throws {AppError} `unavailable` where the database is away.
 */
export async function oneSnapshot<T>(
  ctx: ServiceContext,
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
