import { AppError } from '../domain/app-error.ts';
import type { ExplainFilter } from '../shared/dto.ts';

const textMax = 2048;

/** Workspace, key and process as a query names them. @throws {AppError} `bad-request` for one that is too long. */
export function parseFilter(query: URLSearchParams): ExplainFilter {
  const filter: ExplainFilter = {};
  for (const name of ['workspace', 'key', 'process'] as const) {
    const value = query.get(name);
    if (value === null || value === '') continue;
    if (value.length > textMax) throw new AppError('bad-request', `${name} is too long.`);
    filter[name] = value;
  }
  return filter;
}
