import { packTallies } from '../../store/rollups/pack-tallies.ts';
import type { ServiceContext } from '../context.ts';

/** Packs the sums of past hours. Only the leader does it. */
export const pack = ({ db }: Pick<ServiceContext, 'db'>, until: AbortSignal): Promise<number> =>
  packTallies(db, until);
