import { intern } from '../connection/intern.ts';
import type { Tx } from '../connection/transaction.ts';
import { stateCode } from '../records/event-states.ts';

/** Tells of an event whether it shows that its key is used from another account than the key's own. */
export interface CrossingFacts {
  key: string | null;
  state: string;
  account: string | null;
  recipientAccount: string | null;
}

const crosses = ({ state, account, recipientAccount }: CrossingFacts): boolean =>
  state === 'matched' &&
  account !== null &&
  recipientAccount !== null &&
  account !== recipientAccount;

/** Counts such events of each key; `n` is 1 for a state that is new, -1 for one that was. */
export async function countCrossings(
  tx: Tx,
  events: readonly { event: CrossingFacts; n: number }[],
): Promise<void> {
  const counts = new Map<string, number>();
  for (const { event, n } of events)
    if (event.key !== null && crosses(event))
      counts.set(event.key, (counts.get(event.key) ?? 0) + n);
  const changed = [...counts].filter(([, n]) => n !== 0);
  if (changed.length === 0) return;
  const ids = await intern(tx, 'key', counts.keys());
  await tx.$executeRawUnsafe(
    `INSERT INTO key_crossing (key, n) SELECT key, n FROM unnest($1::int[], $2::bigint[]) AS c(key, n) ORDER BY key
     ON CONFLICT (key) DO UPDATE SET n = key_crossing.n + excluded.n`,
    changed.map(([key]) => ids.get(key) ?? 0),
    changed.map(([, n]) => n),
  );
}

/** Counts them anew from the events. */
export async function rebuildCrossAccount(tx: Tx): Promise<void> {
  await tx.$executeRawUnsafe('DELETE FROM key_crossing');
  await tx.$executeRawUnsafe(
    `INSERT INTO key_crossing (key, n) SELECT key, count(*) FROM event
     WHERE role = 0 AND key <> 0 AND state = ${stateCode('matched')} AND account <> recipient_account GROUP BY key`,
  );
}
