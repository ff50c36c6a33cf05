import { foreignPart } from '../explain/request-series.ts';
import type { ExplainFilter } from '../shared/dto.ts';
import { readPrincipals } from '../store/read-principals.ts';
import { type RequestPart, readRequestParts } from '../store/read-request-parts.ts';
import type { ServiceContext } from './context.ts';
import { inferredEvents } from './log-causes.ts';

interface Interval {
  from: number;
  to: number;
  key: string;
  workspace: string | null;
}

/** The key and, where one is meant, the workspace of a spike as a filter. */
export function filterOf({ key, workspace }: Pick<Interval, 'key' | 'workspace'>): ExplainFilter {
  return workspace === null ? { key } : { key, workspace };
}

/** Causes of a workspace's requests, and how many there are of each. */
export async function minuteParts(
  ctx: ServiceContext,
  interval: Interval,
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const { part, n } of await workspaceParts(ctx, interval))
    counts.set(part, (counts.get(part) ?? 0) + n);
  return counts;
}

/** The same, minute by minute. */
export async function workspaceParts(
  ctx: ServiceContext,
  { workspace, ...interval }: Interval,
): Promise<{ minute: number; part: string; n: number }[]> {
  if (workspace === null) return [];
  const principals = await readPrincipals(ctx.db);
  const ours = new Set(principals.flatMap(({ id, ours: known }) => (known ? [id] : [])));
  const rows = await readRequestParts(ctx.db, { ...interval, workspace });
  return rows.map((row) => ({ minute: row.minute, part: partOf(row, ours), n: row.n }));
}

const partOf = ({ measure, label, by }: RequestPart, ours: ReadonlySet<string>): string =>
  measure === 'calls' ? label : foreignPart(label, ours.has(by));

/** Causes as the log itself claims them, or as they are inferred from it. */
export async function eventCauses(
  ctx: ServiceContext,
  { from, to, ...of }: Interval,
): Promise<Record<string, number>> {
  const { events } = await inferredEvents({ ctx, input: { from, to, filter: filterOf(of) } });
  const causes: Record<string, number> = {};
  for (const { cause } of events) causes[cause] = (causes[cause] ?? 0) + 1;
  return causes;
}
