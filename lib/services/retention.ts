import { z } from 'zod';
import { type Tx, transaction } from '../store/connection/transaction.ts';
import { deleteSetting, readSetting, writeSetting } from '../store/entities/settings.ts';
import { dropOldRows } from '../store/upkeep/drop-old-rows.ts';
import { holdsOnly } from '../store/views/holds-only.ts';
import type { ServiceContext } from './context.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/**
 * How long rows stay after their window is closed. Leases and TTLs last a day at most, so everything that a record at
 * the window's end may change or rest on lies within two days.
 */
const reachMs = 2 * dayMs;

const name = 'retention';
const kept = z
  .object({
    days: z.number().nullable(),
    keptFrom: z.number(),
    /** Of which keys alone the data are meant; null for everyone's. */
    keys: z.array(z.string()).nullable().optional(),
    /** What earlier releases kept. */
    key: z.string().nullable().optional(),
  })
  .transform(({ key = null, keys = key === null ? null : [key], ...rest }) => ({ ...rest, keys }));
type Kept = z.infer<typeof kept>;

/** How long calls and events are kept here; null where nothing has ever been closed. */
export async function readRetention(tx: Tx): Promise<Kept | null> {
  return kept.safeParse(await readSetting(tx, name)).data ?? null;
}

export interface RetentionInput {
  /** Null: kept for ever from now on. */
  days: number | null;
  /**
   * The sandbox's keys, whose data have a clock of their own. Where the store holds anything of another key, or nothing
   * old enough, everything is left as it is. Null: everyone's data.
   */
  keys: readonly string[] | null;
}

/**
 * Closes what is older than `days` (its sums stay, and no record of it is taken any more), and drops the rows that an
 * earlier call closed. Ends early once `until` is aborted.
 */
export async function applyRetention({
  ctx: { db, now },
  input: { days, keys },
  until,
}: {
  ctx: ServiceContext;
  input: RetentionInput;
  until: AbortSignal;
}): Promise<void> {
  const before = await readRetention(db);
  const own = before !== null && sameKeys(before.keys, keys) ? before : null;
  if (days === null) {
    // What was closed stays closed, since its rows are gone. Nothing is closed by the clock of a sandbox that is away.
    if (own !== null) await writeSetting(db, name, { ...own, days });
    else if (before !== null) await deleteSetting(db, name);
    return;
  }
  const from = (await now()) - days * dayMs;
  const closed = from - (from % hourMs);
  if (keys !== null && !(await holdsOnly(db, { keys, before: closed }))) return;
  const keptFrom = Math.max(closed, own?.keptFrom ?? closed);
  const row: Kept = { days, keptFrom, keys: keys && [...keys] };
  await transaction(db, (tx) => writeSetting(tx, name, row));
  // An import under way may still have read that its window was open.
  if (own !== null) await dropOldRows(db, own.keptFrom - reachMs, until);
}

const sameKeys = (a: readonly string[] | null, b: readonly string[] | null): boolean =>
  JSON.stringify(a?.toSorted()) === JSON.stringify(b?.toSorted());

/** Separates the records that are taken from those whose window is closed. */
export function partByAge<T extends { at: number; key?: string | null }>(
  records: readonly T[],
  retention: Kept | null,
): { taken: readonly T[]; old: T[] } {
  if (retention === null) return { taken: records, old: [] };
  const { keptFrom, keys } = retention;
  const isOld = (one: T) =>
    one.at < keptFrom && (keys === null || keys.some((key) => key === one.key));
  const old = records.filter(isOld);
  return old.length === 0
    ? { taken: records, old }
    : { taken: records.filter((record) => !isOld(record)), old };
}

/** If the window begins past retention: the instant before which there are sums only; otherwise null. */
export const pastRetention = (
  retention: Pick<Kept, 'keptFrom'> | null,
  { from }: { from: number },
): number | null => (retention !== null && from < retention.keptFrom ? retention.keptFrom : null);

/** The same, read. */
export const sumsBefore = async (tx: Tx, window: { from: number }): Promise<number | null> =>
  pastRetention(await readRetention(tx), window);
