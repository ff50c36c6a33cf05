import { systemClock } from '../../domain/clock.ts';
import type { ConnectionsView, ConnectionView } from '../../shared/connection-view.ts';
import { type ConnectionRow, readAuditSources } from '../../store/entities/audit-sources.ts';
import { readHeardProcesses } from '../../store/views/sources/read-heard-processes.ts';
import { readUnloggedKeys } from '../../store/views/sources/read-unlogged-keys.ts';
import type { ServiceContext, ViewContext } from '../context.ts';
import { readCheck } from '../intake/kept-check.ts';
import { coverageView } from './coverage.ts';
import { oneSnapshot } from './one-snapshot.ts';
import { unloggedGaps } from './unlogged-gaps.ts';

const processesMax = 50;
const keysMax = 20;
const dayMs = 86_400_000;
/** Younger requests may be in the log soon. */
const lateMs = 3_600_000;

/** Every audit source, how it fares and what it lacks; and the processes that tell of themselves. */
export function listConnections({
  ctx,
  input: { tokenAt },
}: {
  ctx: ServiceContext;
  input: { tokenAt: string };
}): Promise<ConnectionsView> {
  return oneSnapshot(ctx, async (view) => {
    const now = await view.now();
    const rows = await readAuditSources(view.db);
    const sources: ConnectionView[] = [];
    for (const row of rows) sources.push(await connectionOf(view, row, now));
    const processes = await readHeardProcesses(view.db, processesMax);
    const window = { fromMs: now - dayMs, toMs: now - lateMs };
    const unlogged = await readUnloggedKeys(view.db, window, keysMax);
    const places = rows.flatMap(({ place, status }) => (status === 'stopped' ? [] : (place ?? [])));
    const gaps = rows.length === 0 ? [] : unloggedGaps(unlogged, places);
    return { now, sources, gaps, processes, tokenAt };
  });
}

async function connectionOf(
  view: ViewContext,
  row: ConnectionRow,
  now: number,
): Promise<ConnectionView> {
  const { id, kind, origin, place, events, reading, gaps } = row;
  // A real log is read by the wall's clock, whatever a sandbox's says.
  const covered = coverageView(row, origin === 'sandbox' ? now : systemClock.now());
  const { status: state, message, coveredUntil, polledAt, lagMs } = covered;
  const read = { state, message, coveredUntil, polledAt, lagMs };
  const check = await readCheck(view.db, id);
  return { id, kind, origin, place, events, reading, gaps, ...read, check };
}
