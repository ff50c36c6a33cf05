import type { KeyFilter } from '../../domain/key-filter.ts';
import { logBuckets } from '../../explain/log-only/log-traffic.ts';
import { foreignPart, notToldPart } from '../../explain/spikes/request-series.ts';
import type { SpikeUnit } from '../../shared/spike-view.ts';
import { readToldUntil } from '../../store/records/advance-boots.ts';
import { readOurs } from '../../store/views/read-principals.ts';
import { type RequestPart, readRequestParts } from '../../store/views/spikes/read-request-parts.ts';
import type { ViewContext } from '../context.ts';
import { inferredEvents } from './log-causes.ts';

const minuteMs = 60_000;

interface Interval {
  unit: SpikeUnit;
  from: number;
  to: number;
  key: string;
  workspace: string | null;
  /** Where only the log's events of one principal are meant. */
  principal?: string | undefined;
}

/** A spike's key, and workspace and principal where it has them, as a filter. */
export function filterOf({
  key,
  workspace,
  principal,
}: Pick<Interval, 'key' | 'workspace' | 'principal'>): KeyFilter {
  return {
    keys: [key],
    ...(workspace !== null && { workspace }),
    ...(principal !== undefined && { principal }),
  };
}

/** What a spike consists of where its series does not tell, with counts. */
export async function spikeParts(
  ctx: ViewContext,
  interval: Interval,
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const { part, n } of await minuteParts(ctx, interval))
    counts.set(part, (counts.get(part) ?? 0) + n);
  return counts;
}

/**
 * The same minute by minute. A workspace's causes are counted, a log's are claimed or inferred; a key's series already
 * has them.
 */
export async function minuteParts(
  ctx: ViewContext,
  { unit, workspace, ...interval }: Interval,
): Promise<{ minute: number; part: string; n: number }[]> {
  if (unit === 'events') {
    const { from, to, key, principal } = interval;
    const filter = filterOf({ key, workspace, principal });
    const { events } = await inferredEvents({ ctx, input: { from, to, filter } });
    return logBuckets(events, minuteMs).map(({ start, label, n }) => ({
      minute: start,
      part: label,
      n,
    }));
  }
  if (workspace === null) return [];
  const ours = await readOurs(ctx.db);
  const toldUntil = await readToldUntil(ctx.db);
  const rows = await readRequestParts(ctx.db, {
    ...{ from: interval.from, to: interval.to, workspace },
    keys: [interval.key],
  });
  return rows.map((row) => {
    const { minute, n } = row;
    return { minute, part: minute < toldUntil ? partOf(row, ours) : partOfUntold(row), n };
  });
}

const partOf = ({ measure, label, by }: RequestPart, ours: ReadonlySet<string>): string =>
  measure === 'calls' ? label : foreignPart(label, ours.has(by));

const partOfUntold = ({ measure, label }: RequestPart): string =>
  measure === 'calls' ? label : notToldPart;
