import type { ExplainFilter } from '../shared/dto.ts';

/** Workspace, key and process as a query names them. */
export function parseFilter(query: URLSearchParams): ExplainFilter {
  const filter: ExplainFilter = {};
  for (const name of ['workspace', 'key', 'process'] as const) {
    const value = query.get(name);
    if (value === null || value === '') continue;
    filter[name] = value;
  }
  return filter;
}
