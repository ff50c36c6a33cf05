import { randomBytes } from 'node:crypto';
import type { KekProvider } from '@keytide/crypto-core';
import { AppError } from '../../domain/app-error.ts';
import type { AuditRecord, ClaimPlace } from '../../domain/audit-record.ts';
import type { LogGap } from '../../shared/connection-view.ts';
import type { LogReader, ReadSpan } from '../../sources/log-reader.ts';
import type { ServiceContext } from '../context.ts';
import { keepCheck } from './kept-check.ts';
import { askedGaps } from './log-gaps.ts';

/** What one marked Encrypt showed of a log. It is kept, by source. */
export interface LogCheck {
  key: string;
  /** By what the event was known; null where none came in time. */
  knownBy: 'request-id' | 'claim' | 'time' | null;
  /** Where the claim survived; null where it did not. */
  claimIn: ClaimPlace | null;
  /** From the answer to when the log showed it, ms. */
  afterMs: number | null;
  principal: string | null;
  sourceIp: string | null;
  /** What the log lacks that would join calls exactly, and what to do. */
  missing: string[];
  /** What the cloud itself says its log leaves out. */
  gaps: LogGap[];
}

export interface CheckInput {
  key: string;
  provider: KekProvider;
  reader: LogReader;
  sourceId: string;
  waitMsMax: number;
  everyMs: number;
  sleep: (ms: number) => Promise<void>;
}

const wrapMsMax = 30_000;
const slackMs = 2_000;
const lookBackMs = 600_000;

/** Makes one marked Encrypt and waits for it in the log. @throws {AppError} where the Encrypt or the reading fails */
export async function checkLog({
  ctx,
  input,
}: {
  ctx: ServiceContext;
  input: CheckInput;
}): Promise<LogCheck> {
  const { key, provider, reader, sleep } = input;
  const boot = randomBytes(4).toString('hex');
  const spanId = randomBytes(8).toString('hex');
  const sentAt = await ctx.now();
  const requestId = await wrapOnce(provider, {
    keyUri: key,
    context: { workspace: 'keytide-check', dekId: boot },
    claim: `keytide/1#check.${boot}.1.1#validate#${spanId}`,
    signal: AbortSignal.timeout(wrapMsMax),
  });
  const endedAt = await ctx.now();
  const isMine = (record: AuditRecord): LogCheck['knownBy'] => {
    if (record.action !== 'encrypt') return null;
    if (requestId !== undefined && record.requestId === requestId) return 'request-id';
    if (record.claim?.spanId === spanId) return 'claim';
    const isNear = record.at >= sentAt - slackMs && record.at <= endedAt + slackMs;
    return isNear && record.errorCode === null && record.claim === null ? 'time' : null;
  };
  for (;;) {
    const now = await ctx.now();
    const isLast = now - endedAt >= input.waitMsMax;
    // A log with request ids will show the exact event; what is merely near may be somebody else's.
    const takesNear = requestId === undefined || isLast;
    const span = { fromMs: sentAt - lookBackMs, toMs: now };
    const [found, knownBy] = await findIn(reader, span, isMine);
    if (found !== null && (knownBy !== 'time' || takesNear))
      return kept(ctx, input, checkOf(found, { key, knownBy, afterMs: now - endedAt }));
    if (isLast)
      return kept(ctx, input, {
        ...{ key, knownBy: null, claimIn: null, afterMs: null, principal: null, sourceIp: null },
        missing: [reader.silence],
      });
    await sleep(input.everyMs);
  }
}

type Known = LogCheck['knownBy'];

/** The event that is surely ours; else one that may be by its time. */
async function findIn(
  reader: LogReader,
  span: ReadSpan,
  isMine: (record: AuditRecord) => Known,
): Promise<[AuditRecord | null, Known]> {
  let near: AuditRecord | null = null;
  for await (const { records } of reader.read(span))
    for (const record of records) {
      const knownBy = isMine(record);
      if (knownBy === 'time') near ??= record;
      else if (knownBy !== null) return [record, knownBy];
    }
  return [near, near && 'time'];
}

async function wrapOnce(
  provider: KekProvider,
  request: Parameters<KekProvider['wrap']>[1],
): Promise<string | undefined> {
  try {
    return (await provider.wrap(randomBytes(32), request)).requestId;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'it was refused';
    throw new AppError(
      'unavailable',
      `The Encrypt failed, so there is nothing to look for: ${why}. npx keytide access ${request.keyUri} says what is missing.`,
      { cause },
    );
  } finally {
    provider.close?.();
  }
}

function checkOf(
  record: AuditRecord,
  { key, knownBy, afterMs }: Pick<LogCheck, 'key' | 'knownBy' | 'afterMs'>,
): Omit<LogCheck, 'gaps'> {
  const { principal, sourceIp, facts } = record;
  const missing: string[] = [];
  if (facts.claimIn === null)
    missing.push(
      knownBy === 'request-id'
        ? 'The log records no claim: without telemetry nobody can tell from it why a call was made.'
        : 'The log records neither a request id nor a claim: calls are joined by their times, each with its confidence.',
    );
  if (record.key !== key)
    missing.push(`The log names the key ${record.key ?? 'not at all'}: register it by that name.`);
  return { key, knownBy, claimIn: facts.claimIn, afterMs, principal, sourceIp, missing };
}

async function kept(
  ctx: ServiceContext,
  { sourceId, reader }: CheckInput,
  check: Omit<LogCheck, 'gaps'>,
): Promise<LogCheck> {
  const now = await ctx.now();
  await keepCheck(ctx.db, sourceId, { ...check, at: now });
  const gaps = await askedGaps(ctx, reader, { fromMs: now - lookBackMs, toMs: now });
  return { ...check, gaps: gaps ?? [] };
}
