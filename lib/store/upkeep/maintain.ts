import type { Db } from '../connection/db.ts';
import { requireRoom } from '../connection/disk-room.ts';

/** Dead or changed rows beyond a fifth of the table, as a server's own autovacuum has it, and a page or two. */
const rowsMin = 500;
const share = 0.2;
/** Written since the last checkpoint; what lies before it need not be kept. */
const walBytesMax = 32 * 1024 * 1024;

/**
 * Does for the embedded database what a server does by itself: gives back the room of dead rows, tells the planner
 * what the tables hold, and writes a checkpoint before the log of writes grows. Only as far as it is needed; resolves
 * to the tables that were. Not within a transaction. @throws {AppError} on a full disk
 */
export async function maintain(db: Db): Promise<string[]> {
  requireRoom(db);
  const worn = await db.$queryRawUnsafe<{ name: string }[]>(
    `SELECT format('%I.%I', schemaname, relname) AS name FROM pg_stat_user_tables
     WHERE greatest(n_dead_tup, n_mod_since_analyze) > ${rowsMin} + ${share} * n_live_tup`,
  );
  for (const { name } of worn) await db.$executeRawUnsafe(`VACUUM (ANALYZE) ${name}`);
  const [wal] = await db.$queryRawUnsafe<{ bytes: number }[]>(
    'SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), redo_lsn)::float8 AS bytes FROM pg_control_checkpoint()',
  );
  if (wal !== undefined && wal.bytes > walBytesMax) await db.$executeRawUnsafe('CHECKPOINT');
  return worn.map(({ name }) => name);
}
