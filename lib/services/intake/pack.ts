import { packTallies } from '../../store/rollups/pack-tallies.ts';
import type { ServiceContext } from '../context.ts';

/** Packs the sums of the hours that are over. One process at a time does it: the one that leads. */
export const pack = ({ db }: Pick<ServiceContext, 'db'>, until: AbortSignal): Promise<number> =>
  packTallies(db, until);
