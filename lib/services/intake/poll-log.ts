import { AppError } from '../../domain/app-error.ts';
import type { LogOrigin, LogReading } from '../../shared/connection-view.ts';
import type { LogPlace } from '../../shared/log-place.ts';
import { nounText } from '../../shared/screen-text.ts';
import type { LogPage, LogReader } from '../../sources/log-reader.ts';
import {
  readAuditSources,
  updateAuditSource,
  writeAuditSource,
} from '../../store/audit-sources.ts';
import { isSilent } from '../../store/is-silent.ts';
import type { ServiceContext } from '../context.ts';
import { type AuditTaken, ingestAudit } from './ingest-audit.ts';

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
    });
  let old = 0;
  let behind: string | null = null;
  const leftOut: string[] = [];
  try {
    for await (const page of reader.read({ fromMs, toMs: now })) {
      const taken = await ingestAudit({
        ctx,
        input: { records: page.records, source: sourceId, seenAt: now },
      });
      count(reading, page, taken);
      old += taken.old.length;
      behind ??= page.behind;
      for (const { reason } of page.rejected) leftOut.push(reason);
      for (const { record, reason } of taken.rejected)
        leftOut.push(`event ${record.eventId}: ${reason}`);
    }
  } catch (error) {
    await record(
      'failed',
      error instanceof AppError ? error.message : `${reader.name} could not be read.`,
      null,
    );
    throw error;
  }
  if (behind !== null) await record('behind', behind, null);
  else await record('ok', (await silence(ctx, input)) ?? unread(leftOut, old), now);
  return reading.added;
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

function unread(leftOut: readonly string[], old: number): string | null {
  const [first] = leftOut;
  const more = leftOut.length <= 1 ? '' : ` Another ${leftOut.length - 1} were left out too.`;
  const told = [
    ...(first === undefined
      ? []
      : [`A record could not be taken and was left out: ${first}.${more}`]),
    ...(old === 0
      ? []
      : [
          `Of a time that is kept as sums only, ${nounText(old, 'record was', 'records were')} left out.`,
        ]),
  ];
  return told.length === 0 ? null : told.join(' ');
}
