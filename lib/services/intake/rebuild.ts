import { rebuildTallies } from '../../store/rollups/rebuild-tallies.ts';
import type { ServiceContext } from '../context.ts';
import { readRetention } from '../retention.ts';

/** Counts the roll-ups anew from the rows kept; `onShare` hears how far it is. Resolves to the days counted. */
export async function rebuild({
  ctx: { db },
  onShare,
}: {
  ctx: Pick<ServiceContext, 'db'>;
  onShare?: (share: number) => void;
}): Promise<number> {
  const retention = await readRetention(db);
  return rebuildTallies(db, { from: retention?.keptFrom ?? null, ...(onShare && { onShare }) });
}
