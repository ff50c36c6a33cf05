import type { Db } from './db.ts';
import { rememberingNames } from './intern.ts';
import type { Tx } from './transaction.ts';

/**
 * Runs `read` on the database as it stood at one instant, whatever is written meanwhile. On the embedded database
 * every other client waits: nothing but its own queries may be awaited within.
 */
export function snapshot<T>(db: Db, read: (tx: Tx) => Promise<T>): Promise<T> {
  return rememberingNames(
    db,
    (begin) =>
      db.$transaction(
        (tx) => {
          begin(tx);
          return read(tx);
        },
        { isolationLevel: 'RepeatableRead' },
      ),
    'snapshot',
  );
}
