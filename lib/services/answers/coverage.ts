import type { SourceCoverage } from '../../shared/dto.ts';
import type { AuditSourceRow } from '../../store/audit-sources.ts';

const statuses = ['ok', 'behind', 'failed', 'file'] as const;
/** A live source is read every minute: one not read for this long has no reader. */
const unreadMsMax = 3_600_000;

/** The log is complete as far as its slowest live source; files alone, as far as the furthest of them. */
export function coverageOf(sources: readonly AuditSourceRow[]): number | null {
  const live = sources.filter(({ kind }) => kind !== 'file');
  const instants = (live.length > 0 ? live : sources).flatMap(
    (source) => source.coveredUntil ?? [],
  );
  if (instants.length === 0) return null;
  return live.length > 0 ? Math.min(...instants) : Math.max(...instants);
}

/** Whether the log consists of files, with no live source: nothing more will come after them. */
export const filesAlone = (sources: readonly AuditSourceRow[]): boolean =>
  sources.length > 0 && sources.every(({ kind }) => kind === 'file');

/** Up to where counts are complete: all of the files, or as far as a live source has been read. */
export const wholeUntil = (sources: readonly AuditSourceRow[]): number | null =>
  filesAlone(sources) ? Number.POSITIVE_INFINITY : coverageOf(sources);

/** A source as the screen shows it at `now` (epoch ms). */
export function coverageView(source: AuditSourceRow, now: number): SourceCoverage {
  const { id, kind, message, coveredUntil, polledAt, lagMs } = source;
  const status = statuses.find((name) => name === source.status) ?? 'failed';
  const view = { id, kind, status, message, coveredUntil, polledAt, lagMs };
  if (status !== 'ok' || polledAt === null || now - polledAt <= unreadMsMax) return view;
  return {
    ...view,
    status: 'behind',
    message: 'It is not being read: start the dashboard with access to it, or import its files.',
  };
}
