import type { Db } from '../connection/db.ts';
import { namesOf } from '../connection/intern.ts';
import { type Tx, transaction } from '../connection/transaction.ts';
import { nameEvents } from '../join/name-events.ts';
import { changedCounts, eventCounts } from '../rollups/description.ts';
import { addNamedCallers } from '../rollups/key-callers.ts';
import { addCounts } from '../rollups/tallies.ts';

/** Events that name no key and that an earlier release joined without putting them under their attempt's. */
export const firstNames = 'first_named_event';
const eventsAtOnce = 1_000;

export async function carryOverNames(db: Db): Promise<void> {
  let carried = eventsAtOnce;
  while (carried === eventsAtOnce) carried = await transaction(db, carrySomeNames);
  await db.$executeRawUnsafe(`DROP TABLE ${firstNames}`);
}

async function carrySomeNames(tx: Tx): Promise<number> {
  const rows = await tx.$queryRawUnsafe<{ eventId: string; at: number; key: number }[]>(
    `DELETE FROM ${firstNames} WHERE ctid = ANY(ARRAY(SELECT ctid FROM ${firstNames} LIMIT ${eventsAtOnce}))
     RETURNING id AS "eventId", (extract(epoch FROM at AT TIME ZONE 'UTC') * 1000)::float8 AS at, key`,
  );
  const keys = await namesOf(
    tx,
    'key',
    rows.map(({ key }) => key),
  );
  const events = await nameEvents(
    tx,
    rows.map(({ key, ...row }) => ({ ...row, was: null, now: keys.get(key) ?? null })),
  );
  await addNamedCallers(tx, events);
  const counts = events.flatMap((event) =>
    changedCounts(eventCounts, {
      before: { ...event, key: null, otherKeys: [] },
      after: { ...event, key: null, otherKeys: [event.key] },
    }),
  );
  await addCounts(tx, counts);
  return rows.length;
}
