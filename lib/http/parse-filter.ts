import type { ExplainFilter } from '../shared/dto.ts';

/** Workspace, key, principal and process as a query names them. */
export function parseFilter(query: URLSearchParams): ExplainFilter {
  const filter: ExplainFilter = {};
  for (const name of ['workspace', 'key', 'principal', 'process'] as const) {
    const value = query.get(name);
    if (value === null || value === '') continue;
    filter[name] = value;
  }
  return filter;
}
