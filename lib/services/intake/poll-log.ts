import { AppError } from '../../domain/app-error.ts';
import type { LogGap, LogOrigin, LogReading } from '../../shared/connection-view.ts';
import type { LogPlace } from '../../shared/log-place.ts';
import { nounText } from '../../shared/screen-text.ts';
import type { LogPage, LogReader, ReadSpan } from '../../sources/log-reader.ts';
import {
  readAuditSources,
  updateAuditSource,
  writeAuditSource,
} from '../../store/entities/audit-sources.ts';
import { isSilent } from '../../store/views/sources/is-silent.ts';
import type { ServiceContext } from '../context.ts';
import { type AuditTaken, ingestAudit } from './ingest-audit.ts';
import { askedGaps, failureGaps, withLost } from './log-gaps.ts';

export interface PollInput {
  reader: LogReader;
  /** Names the source: kind, account and Region, project or bucket. */
  sourceId: string;
  /** Where the first reading starts, epoch ms. */
  startMs: number;
  origin?: LogOrigin;
  place?: LogPlace;
}

const minuteMs = 60_000;
/** CloudTrail says about 5 minutes, Azure 10, and both promise nothing: until a lag is learnt, this. */
const lagUnlearntMs = 15 * minuteMs;
const overlapMsMin = 15 * minuteMs;

/**
 * Reads a log from the cursor, with an overlap for events that came late, and takes them in. The cursor moves only when
 * every page is in; a crash or a repeat loses nothing and counts nothing twice. Resolves to new events.
 */
export async function pollLog({
  ctx,
  input,
}: {
  ctx: ServiceContext;
  input: PollInput;
}): Promise<number> {
  const { reader, sourceId, origin = 'environment', place = null } = input;
  const known = (await readAuditSources(ctx.db)).find(({ id }) => id === sourceId);
  const lagMs = known?.lagMs ?? lagUnlearntMs;
  const now = await ctx.now();
  // A cursor that lies ahead is of a sandbox before this one, whose clock ran further.
  const cursorAt = known?.cursorAt == null || known.cursorAt > now ? input.startMs : known.cursorAt;
  const fromMs = cursorAt - Math.max(overlapMsMin, 2 * lagMs);
  // What a first reading finds, or one after a long rest, came at some time before it: its age is no lag.
  const seenAt = now - cursorAt > lagUnlearntMs ? null : now;
  const before = known?.gaps ?? [];
  let gaps: LogGap[] | null = null;
  const reading: LogReading = { records: 0, added: 0, ignored: 0, refused: 0 };
  // What a person removed while it was being read stays removed.
  const write = known === undefined && origin !== 'page' ? writeAuditSource : updateAuditSource;
  const record = (status: string, message: string | null, reached: number | null) =>
    write(ctx.db, {
      id: sourceId,
      kind: reader.kind,
      status,
      message,
      cursorAt: reached,
      polledAt: now,
      coveredUntil: reached === null ? null : reached - lagMs,
      updatedAt: now,
      origin,
      place,
      added: reading.added,
      reading: status === 'failed' ? null : reading,
      gaps,
    });
  let told: Told;
  try {
    told = await takeAll(ctx, { reader, sourceId, seenAt, reading, span: { fromMs, toMs: now } });
    gaps = await askedGaps(ctx, reader, { fromMs: cursorAt, toMs: now });
    gaps &&= withLost(gaps, before);
  } catch (error) {
    gaps = withLost(failureGaps(reader, error), before);
    await record(
      'failed',
      error instanceof AppError ? error.message : `${reader.name} could not be read.`,
      null,
    );
    throw error;
  }
  if (told.behind !== null) await record('behind', told.behind, null);
  else await record('ok', (await silence(ctx, input)) ?? unread(told), now);
  return reading.added;
}

/** What is to be said of a reading that came to its end. */
interface Told {
  behind: string | null;
  /** Records of a time that is kept as sums only. */
  old: number;
  leftOut: string[];
}

/** Takes a span in, page by page, and counts it in `reading`. */
async function takeAll(
  ctx: ServiceContext,
  given: Pick<PollInput, 'reader' | 'sourceId'> & {
    seenAt: number | null;
    reading: LogReading;
    span: ReadSpan;
  },
): Promise<Told> {
  const { reader, sourceId: source, seenAt, reading, span } = given;
  const told: Told = { behind: null, old: 0, leftOut: [] };
  for await (const page of reader.read(span)) {
    const input = { records: page.records, source, seenAt };
    const taken = await ingestAudit({ ctx, input });
    count(reading, page, taken);
    told.old += taken.old.length;
    told.behind ??= page.behind;
    for (const { reason } of page.rejected) told.leftOut.push(reason);
    for (const { record, reason } of taken.rejected)
      told.leftOut.push(`event ${record.eventId}: ${reason}`);
  }
  return told;
}

function count(reading: LogReading, page: LogPage, taken: AuditTaken): void {
  reading.records += page.records.length;
  reading.added += taken.added;
  for (const n of Object.values(page.ignored)) reading.ignored += n;
  reading.refused += page.rejected.length + taken.rejected.length;
}

/** A log that has no use though our own calls should be in it is off somewhere: what to do about that. */
async function silence(ctx: ServiceContext, { reader, sourceId }: PollInput) {
  return (await isSilent(ctx.db, sourceId)) ? reader.silence : null;
}

function unread({ leftOut, old }: Told): string | null {
  const [first] = leftOut;
  const more = leftOut.length <= 1 ? '' : ` Another ${leftOut.length - 1} were left out too.`;
  const words = [
    ...(first === undefined
      ? []
      : [`A record could not be taken and was left out: ${first}.${more}`]),
    ...(old === 0
      ? []
      : [
          `Of a time that is kept as sums only, ${nounText(old, 'record was', 'records were')} left out.`,
        ]),
  ];
  return words.length === 0 ? null : words.join(' ');
}
