import { setTimeout as wait } from 'node:timers/promises';
import { AppError } from '../../domain/app-error.ts';
import { systemClock } from '../../domain/clock.ts';
import { isUse } from '../../domain/kms-operations.ts';
import type { TriedView } from '../../shared/connection-view.ts';
import type { LogPlace } from '../../shared/log-place.ts';
import type { LogReader } from '../../sources/log-reader.ts';
import { readAuditSources } from '../../store/entities/audit-sources.ts';
import type { ServiceContext } from '../context.ts';
import type { Tried } from '../owner.ts';
import { askedGaps, failureGaps } from './log-gaps.ts';
import { readerAt } from './log-sources.ts';
import type { LogSource } from './poll-loop.ts';

const sleep = (ms: number): Promise<void> => wait(ms, undefined, { ref: false });

const hourMs = 3_600_000;
const recordsMax = 20_000;
const waitMsMax = 25_000;

/** Looks at what a page asks about: a place, or a source by its id. Never throws: what went wrong is the answer. */
export async function tryAsked({
  ctx,
  input: { tried, given },
}: {
  ctx: ServiceContext;
  input: { tried: Tried; given: readonly LogSource[] };
}): Promise<TriedView> {
  try {
    const source = 'id' in tried ? given.find(({ sourceId }) => sourceId === tried.id) : undefined;
    if (source?.origin === 'sandbox')
      return await trySource(ctx, source.reader, { now: await ctx.now(), sleep });
    const place = 'id' in tried ? await placeOf(ctx, tried.id) : tried.place;
    if (place === null) return { ok: false, message: 'There is no such source.', gaps: [] };
    const reader = readerAt(place);
    try {
      return await trySource(ctx, reader, { now: systemClock.now(), sleep });
    } finally {
      reader.close();
    }
  } catch {
    return { ok: false, message: 'The log could not be looked at; try again.', gaps: [] };
  }
}

const placeOf = async ({ db }: ServiceContext, id: string): Promise<LogPlace | null> =>
  (await readAuditSources(db)).find((row) => row.id === id)?.place ?? null;

/** Reads the last hour of a log at `now` (epoch ms) and keeps nothing of it. */
async function trySource(
  ctx: ServiceContext,
  reader: LogReader,
  { now, sleep }: { now: number; sleep: (ms: number) => Promise<void> },
): Promise<TriedView> {
  const late = sleep(waitMsMax).then((): TriedView => {
    const message = `${reader.name} did not answer within ${waitMsMax / 1000} s.`;
    return { ok: false, message, gaps: [] };
  });
  return Promise.race([look(ctx, reader, now), late]);
}

async function look(ctx: ServiceContext, reader: LogReader, now: number): Promise<TriedView> {
  const span = { fromMs: now - hourMs, toMs: now };
  const found = { events: 0, ignored: 0, refused: 0 };
  const principals = new Set<string>();
  const seen = new Set<string>();
  let behind: string | null = null;
  let records = 0;
  try {
    for await (const page of reader.read(span)) {
      for (const { eventId, action, principal } of page.records) {
        if (!isUse(action) || seen.has(eventId)) continue;
        seen.add(eventId);
        principals.add(principal);
      }
      for (const n of Object.values(page.ignored)) found.ignored += n;
      found.refused += page.rejected.length;
      behind ??= page.behind;
      records += page.records.length;
      if (records < recordsMax) continue;
      behind ??= 'The log has more events than this test reads.';
      break;
    }
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { ok: false, message: error.message, gaps: failureGaps(reader, error) };
  }
  const gaps = (await askedGaps(ctx, reader, span)) ?? [];
  return { ...found, ok: true, events: seen.size, principals: principals.size, behind, gaps };
}
