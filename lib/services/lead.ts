import { leaveLead, takeLead } from '../store/upkeep/leader.ts';
import type { ServiceContext } from './context.ts';
import { repeat } from './repeat.ts';

const leaseMs = 6_000;
const renewEveryMs = 2_000;
/** Answers take their time: the lead is over here before the database gives it to another. */
const marginMs = 1_000;

export interface Lead {
  /** Whether this process may now do what only one does at a time. */
  has(): boolean;
  /** Another one may have it at once. */
  leave(): Promise<void>;
}

/**
 * Stands for the lead among all processes over one database, and keeps it as long as it lives: of one that dies,
 * another takes over within six seconds. `holder` is this process's own name; `clockMs` a clock that never goes back.
 */
export async function standForLead(
  { db }: Pick<ServiceContext, 'db'>,
  { holder, clockMs }: { holder: string; clockMs: () => number },
): Promise<Lead> {
  let until = 0;
  const renew = async () => {
    const asked = clockMs();
    if (await takeLead(db, { holder, leaseMs })) until = asked + leaseMs - marginMs;
  };
  await renew();
  const stop = repeat(renewEveryMs, renew);
  return {
    has: () => clockMs() < until,
    leave: async () => {
      until = 0;
      await stop();
      await leaveLead(db, holder);
    },
  };
}
