/** The calls page's filters as the URL holds them. */
export const callFilters = [
  'show',
  'cause',
  'operation',
  'process',
  'workspace',
  'key',
  'dek',
  'tag',
  'principal',
] as const;
export type CallFilter = (typeof callFilters)[number];
export type CallFilters = Partial<Record<CallFilter, string>>;

/** What the URL asks for; empty ones ask for all. */
export function parseCallFilters(params: { get(name: string): string | null }): CallFilters {
  const filters: CallFilters = {};
  for (const name of callFilters) {
    const value = params.get(name);
    if (value) filters[name] = value;
  }
  return filters;
}
