import type { AuditSourceRow } from '../store/audit-sources.ts';

/** The log is complete up to where its slowest live source is; files alone reach as far as the furthest of them. */
export function coverageOf(sources: readonly AuditSourceRow[]): number | null {
  const live = sources.filter(({ kind }) => kind !== 'file');
  const instants = (live.length > 0 ? live : sources).flatMap(
    (source) => source.coveredUntil ?? [],
  );
  if (instants.length === 0) return null;
  return live.length > 0 ? Math.min(...instants) : Math.max(...instants);
}
