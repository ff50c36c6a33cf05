import type { Db } from '../connection/db.ts';
import { dimensions } from '../connection/intern.ts';
import { type Tx, transaction } from '../connection/transaction.ts';
import { dropPairs } from './dek-pairs.ts';
import { cuts } from './description.ts';
import { PackedDays } from './packed-days.ts';
import type { Tally } from './tallies.ts';

const minuteMs = 60_000;
const minutesPerHour = 60;
/** Cells of one transaction: half a second. */
const cellsMax = 50_000;
/** Minutes that an hour stays open after its end, for what is on its way; what is later is packed in its turn. */
const openMinutes = 30;

/**
 * Packs the hours that are over, by the newest minute that anything is counted in. Sums are the same before and after:
 * cells move from `tally_open` into their days. Bounded transactions; ends early once `until` is aborted. Resolves to
 * the cells moved. Not within a transaction.
 */
export async function packTallies(db: Db, until?: AbortSignal): Promise<number> {
  const span = await openSpan(db);
  if (span === null) return 0;
  const before = Math.floor((span.newest - openMinutes) / minutesPerHour) * minutesPerHour;
  if (span.oldest >= before) return 0;
  let moved = 0;
  for (;;) {
    const cells = until?.aborted ? 0 : await transaction(db, (tx) => packSome(tx, before));
    moved += cells;
    if (cells < cellsMax) break;
  }
  await transaction(db, (tx) => dropPairs(tx, before * minuteMs));
  return moved;
}

/** By the cut of all, which tells of nearly everything. */
async function openSpan(tx: Tx): Promise<{ oldest: number; newest: number } | null> {
  const [row] = await tx.$queryRawUnsafe<{ oldest: number | null; newest: number | null }[]>(
    `SELECT min(t.oldest)::float8 AS oldest, max(t.newest)::float8 AS newest
     FROM (SELECT 0 AS id UNION ALL SELECT id FROM dimension WHERE kind = ${dimensions.key}) k
     CROSS JOIN LATERAL (SELECT min(at) AS oldest, max(at) AS newest FROM tally_open
       WHERE key = k.id AND cut = ${cuts.all} AND who = 0 GROUP BY key) t`,
  );
  const { oldest = null, newest = null } = row ?? {};
  return oldest === null || newest === null ? null : { oldest, newest };
}

async function packSome(tx: Tx, before: number): Promise<number> {
  const [last] = await tx.$queryRawUnsafe<Pick<Tally, 'key' | 'cut' | 'who' | 'at'>[]>(
    `SELECT key, cut, who, at FROM tally_open WHERE at < $1::int
     ORDER BY key, cut, who, at LIMIT 1 OFFSET ${cellsMax - 1}`,
    before,
  );
  const most = last === undefined ? [] : [last.key, last.cut, last.who, last.at];
  const cells = await tx.$queryRawUnsafe<Tally[]>(
    `DELETE FROM tally_open WHERE at < $1::int
       ${last === undefined ? '' : 'AND (key, cut, who, at) <= ($2::int, $3::smallint, $4::int, $5::int)'}
     RETURNING key, cut, who, at, label, by, n::float8 AS n`,
    before,
    ...most,
  );
  const days = new PackedDays();
  for (const cell of cells) days.add(cell);
  await days.write(tx);
  return cells.length;
}
