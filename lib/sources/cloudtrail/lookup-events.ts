import {
  type CloudTrailClient,
  LookupEventsCommand,
  type LookupEventsCommandOutput,
} from '@aws-sdk/client-cloudtrail';
import { AppError } from '../../domain/app-error.ts';
import type { AuditRecord, Rejected } from '../../domain/audit-record.ts';
import { Intake, type Taken } from '../intake.ts';
import { Asker, type Patience, type ReadFault } from '../log-reader.ts';
import { findRecords } from './find-records.ts';
import { isPassing, notAnswered, toAppError } from './lookup-error.ts';

export interface LookupOptions extends Patience {
  client: CloudTrailClient;
  /** Events from this instant on, epoch ms; CloudTrail keeps 90 days. */
  fromMs: number;
  /** Events up to this instant, epoch ms. */
  toMs: number;
  /** Pages of at most 50 events to read before giving up as behind, at least 1. */
  pagesMax: number;
  /** Wait between pages, ms; default 500, because an account and Region may ask twice a second. */
  pageIntervalMs?: number;
}

export interface LookupPage {
  records: AuditRecord[];
  ignored: Taken['ignored'];
  /** `file` names the page, `offset` is the index of the event in it. */
  rejected: Rejected[];
  /**
   * There is more but `pagesMax` is reached: the oldest events are missing, so read the S3 files.
   */
  truncated: boolean;
}

/**
 * The KMS events of a window, newest first, page by page. It asks by event source: an event is filed under whatever id
 * its caller passed, so asking for a key by name misses most. Overlapping windows give the same events again; dedupe
 * on `eventId`.
 * @throws {AppError} saying what to do
 * @example
 * for await (const page of lookupEvents({ client, fromMs, toMs, pagesMax: 100, sleep })) {
 *   await store(page.records);
 *   if (page.truncated) warn('behind: read the S3 files of this trail instead');
 * }
 */
export async function* lookupEvents(options: LookupOptions): AsyncGenerator<LookupPage> {
  const { client, pagesMax, sleep, pageIntervalMs = 500 } = options;
  if (!(options.fromMs < options.toMs && pagesMax >= 1)) {
    throw new AppError('bad-request', 'lookupEvents: fromMs must precede toMs, pagesMax be >= 1');
  }
  const asker = new Asker(options, faultOf);
  let token: string | undefined;
  for (let number = 1; number <= pagesMax; number++) {
    if (number > 1) await sleep(pageIntervalMs);
    const command = commandOf(options, token);
    const page = await asker.ask((abortSignal) => client.send(command, { abortSignal }));
    if (page.Events === undefined) throw notAnswered('events');
    token = page.NextToken || undefined;
    const truncated = token !== undefined && number === pagesMax;
    yield { ...readPage(page, number), truncated };
    if (token === undefined) return;
  }
}

/** Events carry whole seconds, so the window is widened to them. */
const commandOf = (
  { fromMs, toMs }: Pick<LookupOptions, 'fromMs' | 'toMs'>,
  token: string | undefined,
): LookupEventsCommand =>
  new LookupEventsCommand({
    LookupAttributes: [{ AttributeKey: 'EventSource', AttributeValue: 'kms.amazonaws.com' }],
    StartTime: new Date(Math.floor(fromMs / 1000) * 1000),
    EndTime: new Date(Math.ceil(toMs / 1000) * 1000),
    MaxResults: 50,
    ...(token === undefined ? {} : { NextToken: token }),
  });

function faultOf(cause: unknown): ReadFault {
  const { code, message } = toAppError(cause);
  return { code: isPassing(cause) ? 'throttled' : code, message };
}

function readPage(page: LookupEventsCommandOutput, number: number): Omit<LookupPage, 'truncated'> {
  const intake = new Intake(`LookupEvents page ${number}`);
  for (const event of page.Events ?? []) intake.takeRow(findRecords(event));
  const { items, ignored, rejected } = intake.drain({ last: true });
  return { records: items, ignored, rejected };
}
