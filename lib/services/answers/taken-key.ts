import { keyStateOf } from '../../explain/drill/key-state.ts';
import type { TakenKey } from '../../explain/words/alarms.ts';
import { aliasesOf, logNames } from '../../store/views/key-names.ts';
import { readKeyChanges } from '../../store/views/keys/read-drill-log.ts';
import { readLeases } from '../../store/views/keys/read-leases.ts';
import { readRevocations } from '../../store/views/ledger/read-key-changes.ts';
import type { ViewContext } from '../context.ts';
import { changesOf } from './drill-facts.ts';

/** Leases last a day at most, so older calls hold nothing. */
const lookBackMs = 25 * 3_600_000;
const recentMs = 5 * 60_000;
/** A change holds everywhere within minutes, Google's within three hours: who is answered later has the key again. */
const holdsMs = 3 * 3_600_000;
const lookedAtMax = 20;

/** Of these keys the one that was taken away last and still is by `until` (epoch ms), as its log tells. */
export async function takenKey(
  ctx: ViewContext,
  {
    keys,
    until,
    isTold,
  }: {
    keys: readonly string[];
    until: number;
    /** Whether telemetry tells what is held. */
    isTold: boolean;
  },
): Promise<TakenKey | null> {
  const { db } = ctx;
  const rows = await readKeyChanges(db, keys);
  const isOnly = new Set(keys.map(await logNames(db))).size === 1;
  const taken = keys.flatMap((key): TakenKey[] => {
    const changes = changesOf(rows.get(key) ?? [], key, []).filter(({ at }) => at < until);
    const { state, since } = keyStateOf(changes);
    if (state === 'enabled' || state === 'untold' || since === null) return [];
    const by = changes.findLast(({ at }) => at === since)?.by ?? '';
    return [{ key, state, since, by, isOnly, held: null, logged: null }];
  });
  const sorted = taken.toSorted((a, b) => b.since - a.since);
  if (!isTold) return loggedTaken(ctx, sorted);
  const [last] = sorted;
  if (last === undefined) return null;
  const now = await ctx.now();
  return until < now - recentMs ? last : { ...last, held: await heldOf(ctx, { ...last, now }) };
}

/** How many processes that used these keys hold nothing now and were refused last; null of a time that is over. */
export async function darkNow(
  ctx: ViewContext,
  { keys, until }: { keys: readonly string[]; until: number },
): Promise<{ dark: number; of: number } | null> {
  const now = await ctx.now();
  if (until < now - recentMs) return null;
  const logName = await logNames(ctx.db);
  const asked = new Set(keys.map(logName));
  const leases = await readLeases(ctx.db, { now, since: now - lookBackMs });
  const own = leases.filter(({ key }) => asked.has(logName(key)));
  const dark = own.filter(
    ({ liveDeks, deniedAt, lastSuccessAt }) =>
      liveDeks === 0 && deniedAt !== null && deniedAt > (lastSuccessAt ?? 0),
  );
  const processes = (leases: typeof own) => new Set(leases.map(({ process }) => process)).size;
  return { dark: processes(dark), of: processes(own) };
}

/** The first that stayed away: a log may lack what gave a key back. */
async function loggedTaken(
  { db }: ViewContext,
  taken: readonly TakenKey[],
): Promise<TakenKey | null> {
  for (const one of taken.slice(0, lookedAtMax)) {
    const { key, since } = one;
    const within = { from: since, to: since + 1, filter: { keys: [key] } };
    const [logged = null] = await readRevocations(db, within);
    if ((logged?.lastSuccessAt ?? 0) <= since + holdsMs) return { ...one, logged };
  }
  return null;
}

/** What processes hold of it now. */
async function heldOf(
  { db }: ViewContext,
  { key, since, now }: Pick<TakenKey, 'key' | 'since'> & { now: number },
): Promise<TakenKey['held']> {
  const leases = await readLeases(db, { now, since: now - lookBackMs });
  const names = [key, ...(await aliasesOf(db, key))];
  const own = leases.filter((lease) => names.includes(lease.key));
  const ends = own.flatMap(({ firstLeaseEndsAt: first, lastLeaseEndsAt: last }) =>
    first === null || last === null ? [] : [{ first, last }],
  );
  return {
    deks: own.reduce((sum, { liveDeks }) => sum + liveDeks, 0),
    firstEndsAt: Math.min(...ends.map(({ first }) => first)),
    lastEndsAt: Math.max(...ends.map(({ last }) => last)),
    isRefused: own.some(({ deniedAt }) => deniedAt !== null && deniedAt >= since),
  };
}
