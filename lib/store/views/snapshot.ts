/**
 * Queries of pages: they only read, in a snapshot, and ask for sums wherever sums are kept. What several pages ask
 * stands in this folder, what one page asks in that page's.
 */
import { type Db, isCluster, ofCluster } from '../connection/db.ts';
import { rememberingNames } from '../connection/intern.ts';
import { beginSnapshot } from '../connection/read-once.ts';
import { holdWriters, type Tx } from '../connection/transaction.ts';
import { type EventLog, isEventLog } from '../event-log/event-log.ts';

/**
 * Runs `read` on the database as it stood at one instant, whatever is written meanwhile. On the embedded database
 * every other client waits: nothing but its own queries may be awaited within. A log in memory stands still. Workers of
 * a cluster share no snapshot: there nothing is written meanwhile.
 */
export function snapshot<T>(db: Db | EventLog, read: (tx: Tx) => Promise<T>): Promise<T> {
  if (isEventLog(db)) return read(db);
  const isolationLevel = isCluster(db) ? 'ReadCommitted' : 'RepeatableRead';
  return rememberingNames(db, (begin) =>
    db.$transaction(
      async (tx) => {
        begin(tx);
        if (isCluster(db)) {
          ofCluster(tx);
          await holdWriters(tx);
        }
        beginSnapshot(tx);
        return read(tx);
      },
      { isolationLevel },
    ),
  );
}
