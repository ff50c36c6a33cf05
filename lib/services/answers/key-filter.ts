import type { KeyFilter } from '../../domain/key-filter.ts';
import type { ExplainFilter } from '../../shared/dto.ts';
import { keyNames } from '../../store/views/key-names.ts';
import type { ViewContext } from '../context.ts';

/** A filter as it was asked for, its key by every name that requests show. */
export async function keyFilter(
  { db }: Pick<ViewContext, 'db'>,
  { key, ...filter }: ExplainFilter,
): Promise<KeyFilter> {
  if (key === undefined) return filter;
  return { ...filter, keys: await keyNames(db, key) };
}
