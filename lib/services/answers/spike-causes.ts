import { logBuckets } from '../../explain/log-only/log-traffic.ts';
import { foreignPart, notToldPart } from '../../explain/spikes/request-series.ts';
import type { ExplainFilter } from '../../shared/dto.ts';
import type { SpikeUnit } from '../../shared/spike-view.ts';
import { readToldUntil } from '../../store/advance-boots.ts';
import { readOurs } from '../../store/read-principals.ts';
import { type RequestPart, readRequestParts } from '../../store/read-request-parts.ts';
import type { ViewContext } from '../context.ts';
import { inferredEvents } from './log-causes.ts';

const minuteMs = 60_000;

interface Interval {
  unit: SpikeUnit;
  from: number;
  to: number;
  key: string;
  workspace: string | null;
  /** Of a log's events those of one principal. */
  principal?: string | undefined;
}

/** The key and, where they are meant, workspace and principal of a spike as a filter. */
export function filterOf({
  key,
  workspace,
  principal,
}: Pick<Interval, 'key' | 'workspace' | 'principal'>): ExplainFilter {
  return {
    key,
    ...(workspace !== null && { workspace }),
    ...(principal !== undefined && { principal }),
  };
}

/** What a spike is made of where its series does not tell, and how much there is of each. */
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
 * The same, minute by minute. Of a workspace it is counted, of a log alone claimed or inferred; of a key's calls there
 * is nothing to add to what the series tells.
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
  const rows = await readRequestParts(ctx.db, { ...interval, workspace });
  return rows.map((row) => {
    const { minute, n } = row;
    return { minute, part: minute < toldUntil ? partOf(row, ours) : partOfUntold(row), n };
  });
}

const partOf = ({ measure, label, by }: RequestPart, ours: ReadonlySet<string>): string =>
  measure === 'calls' ? label : foreignPart(label, ours.has(by));

const partOfUntold = ({ measure, label }: RequestPart): string =>
  measure === 'calls' ? label : notToldPart;
