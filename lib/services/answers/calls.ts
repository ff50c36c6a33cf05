import { AppError } from '../../domain/app-error.ts';
import { instantEnd } from '../../domain/instant-range.ts';
import { eventKind, isJudgedByTelemetry, ourPrincipals } from '../../explain/ledger/facts.ts';
import { cohortQuery } from '../../explain/spikes/echo-chain.ts';
import { rootKindOf } from '../../explain/spikes/spike-origin.ts';
import type {
  AttemptView,
  CallRow,
  CallsShow,
  CallsView,
  EventView,
  RawEventView,
} from '../../shared/dto.ts';
import type { EchoPart } from '../../shared/echo-param.ts';
import type { LogCausePart } from '../../shared/log-cause-param.ts';
import { instantText } from '../../shared/screen-text.ts';
import type { TimeWindow } from '../../shared/time-window.ts';
import { wholeMinutes } from '../../shared/window-param.ts';
import type { CallPairRow } from '../../store/views/calls/call-rows.ts';
import { readAuditEvent } from '../../store/views/calls/read-audit-event.ts';
import { type CallsFilter, isCursor, readCalls } from '../../store/views/calls/read-calls.ts';
import { keyNames } from '../../store/views/key-names.ts';
import { readCrossAccountKeys } from '../../store/views/ledger/read-cross-account-keys.ts';
import { readWindow } from '../../store/views/ledger/read-window.ts';
import { readPrincipals } from '../../store/views/read-principals.ts';
import type { ServiceContext, ViewContext } from '../context.ts';
import { sumsBefore } from '../retention.ts';
import { keyFilter } from './key-filter.ts';
import { inferredEvents } from './log-causes.ts';
import { oneSnapshot } from './one-snapshot.ts';
import { type Watermark, watermarkOf } from './watermark.ts';

const pageRows = 50;
const totalMax = 10_000;

export interface CallsInput {
  window: TimeWindow;
  show: CallsShow;
  filters: Partial<Record<CallsFilter, string>>;
  /** Calls that go back to these loads; all if it is left out. */
  echo?: EchoPart | null;
  /** Events of this cause as the log alone tells it; all if it is left out. */
  log?: LogCausePart | null;
  cursor: string | null;
  /** Rows of a page; those of a screen if it is left out. */
  rowsMax?: number;
}

interface Judging extends Watermark {
  /** Null where nothing tells whose events are: of a log alone in which none claims a call. */
  ours: ReadonlySet<string> | null;
  crossAccountKeys: ReadonlySet<string>;
}

/** A page of KMS attempts beside their audit events. @throws {AppError} for a cursor that is none of ours. */
export const listCalls = ({
  ctx,
  input,
}: {
  ctx: ServiceContext;
  input: CallsInput;
}): Promise<CallsView> => oneSnapshot(ctx, (view) => callsOf(view, input));

async function callsOf(ctx: ViewContext, input: CallsInput): Promise<CallsView> {
  const window = wholeMinutes(input.window);
  const limit = input.rowsMax ?? pageRows;
  const judging = await judgingFor(ctx, window);
  const before = await sumsBefore(ctx.db, window);
  const { rows, total, next } = await readCalls(ctx.db, {
    from: before === null ? window.from : Math.min(window.to, before),
    to: window.to,
    fate: input.show,
    loggedUntil: judging.loggedUntil,
    toldUntil: judging.toldUntil,
    crossAccountKeys: [...judging.crossAccountKeys],
    ours: [...(judging.ours ?? [])],
    ...(await filtersOf(ctx, input.filters)),
    echo: input.echo ? { ...rootsOf(input.echo), generation: input.echo.generation } : null,
    eventIds: input.log ? await eventsOf(ctx, input.log, { ...input, window }) : null,
    after: input.cursor === null ? null : parseCursor(input.show, input.cursor),
    limit,
    totalMax,
  });
  return {
    window,
    rows: rows.map((row) => callRow(row, judging)),
    total,
    totalMax,
    sumsBefore: before,
    nextCursor: next,
  };
}

/** Ids of the events of a cause; those that other filters leave out are left to them. */
async function eventsOf(
  ctx: ViewContext,
  { cause, how, over }: LogCausePart,
  { window, filters: { key, workspace, principal } }: CallsInput,
): Promise<string[]> {
  const filter = await keyFilter(ctx, {
    ...(key !== undefined && { key }),
    ...(workspace !== undefined && { workspace }),
    ...(principal !== undefined && { principal }),
  });
  const { from, to } = over ?? window;
  const before = await sumsBefore(ctx.db, { from });
  const kept = { from: before === null ? from : Math.min(to, before), to };
  const { events } = await inferredEvents({ ctx, input: { ...kept, filter } });
  const fitting = events.filter((one) => one.cause === cause && (how === null || one.how === how));
  return fitting.map(({ eventId }) => eventId);
}

/** The key apart, by all of its names. */
async function filtersOf({ db }: ViewContext, { key, ...filters }: CallsInput['filters']) {
  return { filters, keys: key === undefined ? undefined : await keyNames(db, key) };
}

const rootsOf = ({ cause, at }: EchoPart) => cohortQuery({ kind: rootKindOf(cause), at, cause });

/** One audit event with its record as delivered. @throws {AppError} `not-found` */
export const rawEvent = ({
  ctx,
  input,
}: {
  ctx: ServiceContext;
  input: { eventId: string; at: number };
}): Promise<RawEventView> => oneSnapshot(ctx, (view) => rawEventOf(view, input));

async function rawEventOf(
  ctx: ViewContext,
  input: { eventId: string; at: number },
): Promise<RawEventView> {
  const row = await readAuditEvent(ctx.db, input);
  if (row === undefined) {
    const before = await sumsBefore(ctx.db, { from: input.at });
    throw new AppError(
      'not-found',
      before === null
        ? `There is no audit event ${input.eventId} at that time.`
        : `Single events before ${instantText(before)} are past retention: only their sums are kept.`,
    );
  }
  const { raw, source, state, ...event } = row;
  const judging = {
    ...(await watermarkOf(ctx)),
    ours: await oursIn(ctx, { from: row.at, to: row.at }),
  };
  return { event: { ...event, state: eventWord({ ...row, state }, judging) }, raw, source };
}

/** Ids of our principals, as the explanation of this window has them. */
async function oursIn(ctx: ViewContext, window: TimeWindow): Promise<Judging['ours']> {
  const rows = await readPrincipals(ctx.db);
  const principals = new Map(rows.map((row) => [row.id, row]));
  const known = ourPrincipals({ principals, sums: [] });
  if (known.size > 0) return known;
  const sums = await readWindow(ctx.db, { ...wholeMinutes(window), filter: {} });
  const claiming = ourPrincipals({ principals, sums });
  const isAlone = !sums.some(({ measure }) => measure === 'calls');
  return isAlone && claiming.size === 0 ? null : claiming;
}

async function judgingFor(ctx: ViewContext, window: TimeWindow): Promise<Judging> {
  return {
    ours: await oursIn(ctx, window),
    ...(await watermarkOf(ctx)),
    crossAccountKeys: new Set(await readCrossAccountKeys(ctx.db, window)),
  };
}

function parseCursor(show: CallsShow, cursor: string): string {
  const [at] = cursor.split('_', 1);
  if (!isCursor(show, cursor) || Number(at) >= instantEnd)
    throw new AppError(
      'bad-request',
      'The cursor is not one that this server gave; start again without it.',
    );
  return cursor;
}

function callRow(row: CallPairRow, judging: Judging): CallRow {
  return { attempt: attemptView(row, judging), event: eventView(row, judging) };
}

function attemptView(row: CallPairRow, judging: Judging): AttemptView | null {
  const {
    process,
    boot,
    seq,
    attempt,
    sentAt,
    durationMs,
    workspace,
    key,
    operation,
    cause,
    outcome,
    spanId,
  } = row;
  if (process === null || boot === null || seq === null || attempt === null || sentAt === null)
    return null;
  return {
    process,
    boot,
    seq,
    attempt,
    at: row.at,
    sentAt,
    durationMs: durationMs ?? 0,
    workspace: workspace ?? '',
    key: key ?? '',
    operation: operation ?? '',
    cause: cause ?? '',
    sent: row.sent ?? true,
    outcome: outcome ?? '',
    errorCode: row.errorCode,
    requestId: row.requestId,
    spanId: spanId ?? '',
    joinMethod: row.joinMethod,
    joinConfidence: row.joinConfidence,
    state: attemptState(row, judging),
  };
}

function attemptState(row: CallPairRow, { loggedUntil, crossAccountKeys }: Judging): string {
  if (row.eventId !== null) return 'matched';
  if (row.sent === false) return 'never-sent';
  const failed = row.outcome === 'denied' || row.outcome === 'wrong-key';
  if (row.outcome === 'outage' || (failed && crossAccountKeys.has(row.key ?? '')))
    return 'never-logged';
  // As the ledger counts it: a minute that the log covers in part is still to come.
  return loggedUntil === null || row.at >= loggedUntil ? 'pending' : 'unmatched';
}

function eventView(row: CallPairRow, judging: Judging): EventView | null {
  const { eventId, eventAt, eventOperation, principal, principalName } = row;
  if (eventId === null || eventAt === null || principal === null) return null;
  return {
    eventId,
    at: eventAt,
    operation: eventOperation ?? '',
    key: row.eventKey,
    principal,
    principalName: principalName ?? principal,
    session: row.session,
    requestId: row.eventRequestId,
    errorCode: row.eventErrorCode,
    sourceIp: row.sourceIp,
    state: eventWord({ state: row.eventState ?? '', principal, at: eventAt }, judging),
  };
}

function eventWord(
  { state, principal, at }: { state: string; principal: string; at: number },
  { ours, toldUntil }: Pick<Judging, 'ours' | 'toldUntil'>,
): string {
  const kind = eventKind(state, ours?.has(principal) ?? false);
  if (kind === 'stranger' && ours === null) return 'not-known';
  if (at >= toldUntil && isJudgedByTelemetry(kind)) return 'not-told';
  return kind === 'lost' ? 'telemetry-lost' : kind === 'other' ? 'other-operation' : kind;
}
