import { keyStateOf } from '../../explain/drill/key-state.ts';
import type { TakenKey } from '../../explain/words/alarms.ts';
import { readKeyChanges } from '../../store/views/keys/read-drill-log.ts';
import type { ViewContext } from '../context.ts';
import { changesOf } from './drill-facts.ts';

/** Of these keys the one that was taken away last and still is by `until` (epoch ms), as its log tells. */
export async function takenKey(
  { db }: ViewContext,
  { keys, until }: { keys: readonly string[]; until: number },
): Promise<TakenKey | null> {
  const rows = await readKeyChanges(db, keys);
  const taken = keys.flatMap((key): TakenKey[] => {
    const changes = changesOf(rows.get(key) ?? [], key, []).filter(({ at }) => at < until);
    const { state, since } = keyStateOf(changes);
    if (state === 'enabled' || state === 'untold' || since === null) return [];
    const by = changes.findLast(({ at }) => at === since)?.by ?? '';
    return [{ state, since, by, isOnly: keys.length === 1 }];
  });
  return taken.toSorted((a, b) => b.since - a.since)[0] ?? null;
}
