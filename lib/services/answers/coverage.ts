import { sourceStates } from '../../shared/connection-view.ts';
import type { SourceCoverage } from '../../shared/dto.ts';
import type { AuditSourceRow } from '../../store/entities/audit-sources.ts';

/** A live source is read every minute: one not read for this long has no reader. */
const unreadMsMax = 3_600_000;

/** Nothing more comes from files, nor from a source that is no longer read. */
const isOver = ({ kind, status }: AuditSourceRow) => kind === 'file' || status === 'stopped';

/**
 * The log is complete as far as its slowest live source; without one, or as long as none has been read, as far as the
 * furthest of what there was.
 */
export function coverageOf(sources: readonly AuditSourceRow[]): number | null {
  const read = sources.filter(({ coveredUntil }) => coveredUntil !== null);
  const live = read.filter((source) => !isOver(source));
  const instants = (live.length > 0 ? live : read).flatMap((source) => source.coveredUntil ?? []);
  if (instants.length === 0) return null;
  return live.length > 0 ? Math.min(...instants) : Math.max(...instants);
}

/** Whether the log consists of files, with no live source: nothing more will come after them. */
export const filesAlone = (sources: readonly AuditSourceRow[]): boolean =>
  sources.length > 0 && sources.every(isOver);

/** Up to where counts are complete: all of the files, or as far as a live source has been read. */
export const wholeUntil = (sources: readonly AuditSourceRow[]): number | null =>
  filesAlone(sources) ? Number.POSITIVE_INFINITY : coverageOf(sources);

/** A source as the screen shows it at `now` (epoch ms). */
export function coverageView(
  source: AuditSourceRow & { paused?: boolean },
  now: number,
): SourceCoverage {
  const { id, kind, message, coveredUntil, polledAt, lagMs } = source;
  const status = source.paused
    ? 'paused'
    : (sourceStates.find((name) => name === source.status) ?? 'failed');
  const view = { id, kind, status, message, coveredUntil, polledAt, lagMs };
  if (status !== 'ok' || polledAt === null || now - polledAt <= unreadMsMax) return view;
  return {
    ...view,
    status: 'behind',
    message: 'It is not being read: start the dashboard with access to it, or import its files.',
  };
}
