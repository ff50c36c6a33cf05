import type { KeyFilter } from '../../../domain/key-filter.ts';
import type { Tx } from '../../connection/transaction.ts';
import type { Cut } from '../../rollups/description.ts';
import { filtered } from '../filtered.ts';
import { readMost } from '../read-tallies.ts';

const tagCuts: Readonly<Record<'all' | 'workspace' | 'process', Cut>> = {
  all: 'tags',
  workspace: 'workspaceTags',
  process: 'processTags',
};

/** Conversations, by opaque tag, whose messages made KMS calls for old DEKs in `[from, to)`; most calls first. */
export async function readReopenedTags(
  tx: Tx,
  query: { from: number; to: number; filter: KeyFilter; tagsMax: number },
): Promise<{ tag: string; calls: number }[]> {
  const { from, to, filter, tagsMax } = query;
  // Calls belong to no principal: a filter by one leaves them all.
  const { principal: _, ...of } = filter;
  const { cut, ...place } = filtered(of);
  const span = { from, to, ...place, cut: tagCuts[cut] };
  const { most: tags } = await readMost(tx, { ...span, labels: 'tag', max: tagsMax });
  return tags.map(({ name, n }) => ({ tag: name, calls: n }));
}
