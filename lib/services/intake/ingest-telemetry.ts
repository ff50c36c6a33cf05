import { AppError } from '../../domain/app-error.ts';
import { type TelemetryBatch, telemetryRows } from '../../domain/telemetry-record.ts';
import type { Retention } from '../../shared/dto.ts';
import { instantText } from '../../shared/screen-text.ts';
import { tupleKey } from '../../shared/tuple-key.ts';
import { isTooMuchAtOnce, refusalOf } from '../../store/connection/refusal.ts';
import { transaction } from '../../store/connection/transaction.ts';
import { advanceBoots, type HeardBoot } from '../../store/records/advance-boots.ts';
import { ensurePartitions, type PartitionedTable } from '../../store/records/ensure-partitions.ts';
import { insertTelemetry } from '../../store/records/insert-telemetry.ts';
import type { BootRow } from '../../store/records/upsert-boots.ts';
import { countCrossings } from '../../store/rollups/cross-account.ts';
import { dekCounts, recallPairs } from '../../store/rollups/dek-pairs.ts';
import { attemptCounts, callCounts, operationCounts } from '../../store/rollups/description.ts';
import { addCallFacts } from '../../store/rollups/key-facts.ts';
import { gapCounts } from '../../store/rollups/number-gaps.ts';
import { addCounts } from '../../store/rollups/tallies.ts';
import type { ServiceContext } from '../context.ts';
import { partByAge, readRetention } from '../retention.ts';
import { applyJoin } from './apply-join.ts';
import { bisect } from './bisect.ts';
import { judge } from './judge.ts';
import { placeCalls, refineStored } from './refine-fleet.ts';
import { Together } from './together.ts';

const tables: readonly (readonly [
  'calls' | 'attempts' | 'operations' | 'deks',
  PartitionedTable,
])[] = [
  ['calls', 'call'],
  ['attempts', 'attempt'],
  ['attempts', 'pair'],
  ['operations', 'lookup_count'],
  ['deks', 'dek_use'],
];

/** What became of a batch: how many rows were new, and how many the store refuses, with the reasons. */
export interface TelemetryTaken {
  added: number;
  rejected: number;
  reasons: string[];
}

/** How much of a batch is stored at once, and until when. */
export interface IngestBounds {
  /** Rows in one transaction; default 20,000. */
  rowsPerTransaction?: number;
  /** Once it is aborted no further transaction begins. */
  until?: AbortSignal;
  /** The processes themselves sent it and will send more; default false: a file ends. */
  live?: boolean;
}

/** Of senders that send at the same time. */
const rowsTogether = 2_000;

/** This many rows take 4 s if each lies in a minute of its own; a transaction is cut off at 60 s. */
const rowsPerTransactionDefault = 20_000;

/**
 * Takes a parsed OTLP batch in, joins it and counts it. A row that the store refuses costs itself alone.
 * What is taken is whole; sent twice it counts once. @throws {AppError} `unavailable` where there is no time for all of
 * it: what is in stays in, so that the batch goes on there when it is sent again.
 */
export async function ingestTelemetry({
  ctx,
  input: batch,
  bounds: { rowsPerTransaction = rowsPerTransactionDefault, until, live = false } = {},
}: {
  ctx: Pick<ServiceContext, 'db'>;
  input: TelemetryBatch;
  bounds?: IngestBounds;
}): Promise<TelemetryTaken> {
  const taken = { added: 0, rejected: 0 };
  const reasons = new Set<string>();
  const rows = rowsOf(batch);
  for (let from = 0; from < rows.length; from += rowsPerTransaction) {
    if (until?.aborted)
      throw new AppError(
        'unavailable',
        'The batch takes too long; send it again, or smaller ones.',
      );
    const some = rows.slice(from, from + rowsPerTransaction);
    const part = live ? await togetherIn(ctx).add(some, some.length) : await takePart(ctx, some);
    taken.added += part.added;
    taken.rejected += part.rejected;
    for (const reason of part.reasons) reasons.add(reason);
  }
  return { ...taken, reasons: [...reasons] };
}

type Ctx = Pick<ServiceContext, 'db'>;

/** Rows of senders that send at the same time, by store. */
const senders = new WeakMap<Ctx['db'], Together<readonly Row[], TelemetryTaken>>();

function togetherIn({ db }: Ctx): Together<readonly Row[], TelemetryTaken> {
  const found = senders.get(db) ?? new Together(rowsTogether, (parts) => takeParts({ db }, parts));
  senders.set(db, found);
  return found;
}

/** What live senders have sent, in one transaction; where the store refuses any of it, each one's for itself. */
async function takeParts(ctx: Ctx, parts: readonly (readonly Row[])[]): Promise<TelemetryTaken[]> {
  const retention = await readRetention(ctx.db);
  const aged = parts.map((rows) => partByAge(rows, retention));
  const results: TelemetryTaken[] = [];
  try {
    const rows = aged.flatMap(({ taken }) => taken);
    const added = await takeIn(ctx, batchOf(rows), true);
    // Whose are new is not asked: the first one's number is everyone's.
    for (const { old } of aged)
      results.push(takenOf(results.length === 0 ? added : 0, old, [], retention));
  } catch (error) {
    if (refusalOf(error) === null && !isTooMuchAtOnce(error)) throw error;
    for (const { taken, old } of aged) {
      const { added, refused } = await bisect(taken, (part) => takeIn(ctx, batchOf(part), true));
      results.push(takenOf(added, old, refused, retention));
    }
  }
  return results;
}

async function takePart(ctx: Ctx, rows: readonly Row[]): Promise<TelemetryTaken> {
  const retention = await readRetention(ctx.db);
  const { taken, old } = partByAge(rows, retention);
  const { added, refused } = await bisect(taken, (part) => takeIn(ctx, batchOf(part), false));
  return takenOf(added, old, refused, retention);
}

function takenOf(
  added: number,
  old: readonly Row[],
  refused: readonly { reason: string }[],
  retention: Retention | null,
): TelemetryTaken {
  const tooOld = old.length > 0 && retention !== null ? [oldReason(retention)] : [];
  return {
    added,
    rejected: old.length + refused.length,
    reasons: [...tooOld, ...refused.map(({ reason }) => reason)],
  };
}

async function takeIn(ctx: Ctx, batch: Rows, live: boolean): Promise<number> {
  for (const [rows, table] of tables)
    await ensurePartitions(
      ctx.db,
      table,
      batch[rows].map(({ at }) => at),
    );
  return transaction(ctx.db, async (tx) => {
    await recallPairs(
      tx,
      batch.deks.map(({ at }) => at),
    );
    const judged = await judge(tx, { events: [], attempts: batch.attempts, calls: batch.calls });
    const placed = await placeCalls(tx, batch);
    const added = await insertTelemetry(tx, { ...batch, calls: placed.calls });
    // What was there was joined and counted in the transaction that brought it.
    if (telemetryRows(added) === 0 && batch.boots.length === 0) return 0;
    const { calls, attempts, operations, deks } = added;
    const joined = await applyJoin(tx, judged);
    const { gaps, late } = await gapCounts(tx, calls);
    const refined = await refineStored(tx, { placed, added: calls, late });
    if (live) await advanceBoots(tx, heardIn(batch, placed.boots));
    await countCrossings(tx, joined.crossings);
    await addCallFacts(tx, calls);
    await addCounts(tx, [
      ...operations.flatMap((row) => operationCounts(row, 1)),
      ...calls.flatMap((row) => callCounts(row, 1)),
      ...attempts.flatMap((row) => attemptCounts({ ...row, joinMethod: null }, 1)),
      ...gaps,
      ...(await dekCounts(tx, deks)),
      ...joined.counts,
      ...refined,
    ]);
    return telemetryRows(added);
  });
}

type Rows = Pick<TelemetryBatch, 'boots' | 'calls' | 'attempts' | 'operations' | 'deks'>;
type Row = {
  [Kind in keyof Rows]: { kind: Kind; row: Rows[Kind][number]; at: number; key?: string };
}[keyof Rows];

/** Boots heard in this batch that report, now or before, how far they have told. */
function heardIn(batch: Rows, known: readonly BootRow[]): HeardBoot[] {
  const tell = new Set(
    [...batch.boots, ...known].flatMap((boot) => (boot.tells ? [bootKey(boot)] : [])),
  );
  const heard = new Map<string, HeardBoot>();
  for (const { process, boot } of [
    ...batch.boots,
    ...batch.calls,
    ...batch.attempts,
    ...batch.operations,
  ]) {
    const key = bootKey({ process, boot });
    if (tell.has(key)) heard.set(key, { process, boot });
  }
  return [...heard.values()];
}

const bootKey = ({ process, boot }: HeardBoot): string => tupleKey(process, boot);

const rowsOf = ({ boots, calls, attempts, operations, deks }: Rows): Row[] => [
  // Facts of a boot are never too old: its later calls rest on them.
  ...boots.map((row): Row => ({ kind: 'boots', row, at: Number.POSITIVE_INFINITY })),
  ...calls.map((row): Row => ({ kind: 'calls', row, at: row.at, key: row.key })),
  ...attempts.map((row): Row => ({ kind: 'attempts', row, at: row.at, key: row.key })),
  ...operations.map((row): Row => ({ kind: 'operations', row, at: row.at, key: row.key })),
  ...deks.map((row): Row => ({ kind: 'deks', row, at: row.at })),
];

const oldReason = ({ keptFrom }: Retention): string =>
  `older than what is kept: before ${instantText(keptFrom)} there are sums only`;

function batchOf(rows: readonly Row[]): Rows {
  const batch: Rows = { boots: [], calls: [], attempts: [], operations: [], deks: [] };
  for (const one of rows) {
    if (one.kind === 'boots') batch.boots.push(one.row);
    else if (one.kind === 'calls') batch.calls.push(one.row);
    else if (one.kind === 'attempts') batch.attempts.push(one.row);
    else if (one.kind === 'operations') batch.operations.push(one.row);
    else batch.deks.push(one.row);
  }
  return batch;
}
