/** Workspace, key, principal and process as the URL holds them; the same names on every screen. */
import type { ExplainFilter } from '../../lib/shared/dto.ts';
import { queryText } from '../../lib/shared/window-param.ts';

export const filterNames = ['workspace', 'key', 'principal', 'process'] as const;
export type FilterName = (typeof filterNames)[number];

/** What the URL asks for; empty ones ask for all. */
export function parseFilterParams(params: { get(name: string): string | null }): ExplainFilter {
  const filter: ExplainFilter = {};
  for (const name of filterNames) {
    const value = params.get(name)?.trim();
    if (value) filter[name] = value;
  }
  return filter;
}

/** A page's address with the filter added; what it names itself stays. */
export function withFilter(href: string, filter: ExplainFilter): string {
  const [path = '', query = ''] = href.split('?', 2);
  const params = new URLSearchParams(query);
  for (const name of filterNames) {
    const value = filter[name];
    if (value !== undefined && !params.has(name)) params.set(name, value);
  }
  return params.size > 0 ? `${path}?${queryText(params)}` : path;
}

/**
 * A key as a list may show it: the end that tells it from others of its account. Keys of other forms stay whole.
 */
export function keyLabel(key: string): string {
  const [, region, account, name] =
    /^arn:aws[a-z-]*:kms:([^:]*):([^:]*):(?:key\/)?(.+)$/.exec(key) ?? [];
  return name === undefined ? key : `${name} (${account}, ${region})`;
}
