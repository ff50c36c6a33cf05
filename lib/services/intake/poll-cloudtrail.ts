import { AppError } from '../../domain/app-error.ts';
import { nounText } from '../../shared/screen-text.ts';
import type { CloudTrailClient } from '../../sources/cloudtrail/client.ts';
import { lookupEvents } from '../../sources/cloudtrail/lookup-events.ts';
import { readAuditSources, writeAuditSource } from '../../store/audit-sources.ts';
import type { ServiceContext } from '../context.ts';
import { ingestAudit } from './ingest-audit.ts';

export interface PollInput {
  client: CloudTrailClient;
  /** Names the source: kind, account and Region. */
  sourceId: string;
  account: string | null;
  /** Where the first reading starts, epoch ms. */
  startMs: number;
  pageIntervalMs: number;
}

const minuteMs = 60_000;
/** CloudTrail says about 5 minutes and promises nothing: until a lag is learnt, this. */
const lagUnlearntMs = 15 * minuteMs;
const overlapMsMin = 15 * minuteMs;
const pagesMax = 200;

/**
 * Reads LookupEvents from the cursor, with an overlap for events that came late, and takes them in. The cursor moves
 * only when every page is in; a crash or a repeat loses nothing and counts nothing twice. Resolves to new events.
 */
export async function pollCloudTrail({
  ctx,
  input,
}: {
  ctx: ServiceContext;
  input: PollInput;
}): Promise<number> {
  const { client, sourceId } = input;
  const known = (await readAuditSources(ctx.db)).find(({ id }) => id === sourceId);
  const lagMs = known?.lagMs ?? lagUnlearntMs;
  const now = await ctx.now();
  const fromMs = (known?.cursorAt ?? input.startMs) - Math.max(overlapMsMin, 2 * lagMs);
  const record = (status: string, message: string | null, reached: number | null) =>
    writeAuditSource(ctx.db, {
      id: sourceId,
      kind: 'cloudtrail',
      status,
      message,
      cursorAt: reached,
      polledAt: now,
      coveredUntil: reached === null ? null : reached - lagMs,
      updatedAt: now,
    });
  let added = 0;
  let old = 0;
  let truncated = false;
  const leftOut: string[] = [];
  try {
    const pages = lookupEvents({
      client,
      fromMs,
      toMs: now,
      pagesMax,
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      pageIntervalMs: input.pageIntervalMs,
    });
    for await (const page of pages) {
      const taken = await ingestAudit({
        ctx,
        input: { records: page.records, source: sourceId, seenAt: now },
      });
      added += taken.added;
      old += taken.old.length;
      truncated ||= page.truncated;
      for (const { reason } of page.rejected) leftOut.push(reason);
      for (const { record, reason } of taken.rejected)
        leftOut.push(`event ${record.eventId}: ${reason}`);
    }
  } catch (error) {
    await record(
      'failed',
      error instanceof AppError ? error.message : 'CloudTrail could not be read.',
      null,
    );
    throw error;
  }
  if (truncated) {
    await record(
      'behind',
      'More events than LookupEvents can give; read the trail’s S3 files with `keytide import`.',
      null,
    );
  } else {
    await record('ok', unread(leftOut, old), now);
  }
  return added;
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
