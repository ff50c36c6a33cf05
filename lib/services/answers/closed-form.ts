import type { KeyFilter } from '../../domain/key-filter.ts';
import { closedFormOf } from '../../explain/ledger/closed-form.ts';
import type { ClosedForm } from '../../shared/dto.ts';
import type { TimeWindow } from '../../shared/time-window.ts';
import { readBusyPeriods } from '../../store/views/ledger/read-busy-periods.ts';
import { type HourUses, readUseCounts } from '../../store/views/ledger/read-use-counts.ts';
import { readWindow } from '../../store/views/ledger/read-window.ts';
import { readTtl } from '../../store/views/read-ttl.ts';
import type { ViewContext } from '../context.ts';

const hourMs = 3_600_000;
const ttlMsDefault = hourMs;
/** How many hours of uses of a DEK in a process are read, the newest first: a second or so. */
const pairHoursMax = 100_000;

interface Place {
  window: TimeWindow;
  filter: KeyFilter;
}

/**
 * The theory's count for the window's whole hours; null where it has none, and for a filter by key, since uses are kept
 * without keys.
 */
export async function closedFormFor(
  ctx: ViewContext,
  { window, filter }: Place,
): Promise<ClosedForm | null> {
  const found = await usesIn(ctx, { window, filter });
  if (found === null) return null;
  const { hours, processes, to } = found;
  const from = newestStart(hours);
  const { workspace, process } = filter;
  const ttlMs = (await readTtl(ctx.db, to)) ?? ttlMsDefault;
  const periods = await readBusyPeriods(ctx.db, { from, to, workspace, process, ttlMs });
  const sums = await readWindow(ctx.db, { from, to, filter });
  const counted = sums.reduce(
    (sum, { measure, label, n }) =>
      measure === 'calls' && label !== 'validate' && label !== 'refresh.ahead' ? sum + n : sum,
    0,
  );
  const accessesPerHour = perHour(hours.filter(({ hour }) => hour >= from));
  return closedFormOf({ periods, processes, counted, ttlMs, accessesPerHour, from, to });
}

/** Uses of one DEK in a process an hour, over the hours with any; null where unknown. */
export async function accessesPerHourIn(ctx: ViewContext, place: Place): Promise<number | null> {
  const found = await usesIn(ctx, place);
  return found === null ? null : perHour(found.hours);
}

async function usesIn(
  ctx: ViewContext,
  { window, filter: { keys, workspace, principal, process } }: Place,
): Promise<{ hours: HourUses[]; processes: number; to: number } | null> {
  const from = Math.ceil(window.from / hourMs) * hourMs;
  const to = Math.floor(window.to / hourMs) * hourMs;
  if (from >= to || keys !== undefined || principal !== undefined) return null;
  const uses = await readUseCounts(ctx.db, { from, to, workspace, process });
  return uses.hours.length === 0 ? null : { ...uses, to };
}

/** The earliest hour so that it and all newer ones are few enough together; an hour is never split. */
function newestStart(hours: readonly HourUses[]): number {
  let pairs = 0;
  let from = hours[0]?.hour ?? 0;
  for (const { hour, pairs: more } of hours) {
    pairs += more;
    if (pairs > pairHoursMax) break;
    from = hour;
  }
  return from;
}

function perHour(hours: readonly HourUses[]): number {
  const uses = hours.reduce((sum, hour) => sum + hour.uses, 0);
  const pairs = hours.reduce((sum, hour) => sum + hour.pairs, 0);
  return pairs === 0 ? 0 : uses / pairs;
}
