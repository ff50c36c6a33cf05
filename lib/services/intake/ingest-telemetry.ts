import { AppError } from '../../domain/app-error.ts';
import { type TelemetryBatch, telemetryRows } from '../../domain/telemetry-record.ts';
import type { Retention } from '../../shared/dto.ts';
import { instantText } from '../../shared/screen-text.ts';
import { advanceBoots, type HeardBoot } from '../../store/advance-boots.ts';
import { ensurePartitions, type PartitionedTable } from '../../store/ensure-partitions.ts';
import { insertTelemetry } from '../../store/records/insert-telemetry.ts';
import { countCrossings } from '../../store/rollups/cross-account.ts';
import { dekCounts, recallPairs } from '../../store/rollups/dek-pairs.ts';
import { attemptCounts, callCounts, operationCounts } from '../../store/rollups/description.ts';
import { gapCounts } from '../../store/rollups/number-gaps.ts';
import { addCounts } from '../../store/rollups/tallies.ts';
import { transaction } from '../../store/transaction.ts';
import type { ServiceContext } from '../context.ts';
import { partByAge, readRetention } from '../retention.ts';
import { applyJoin } from './apply-join.ts';
import { bisect } from './bisect.ts';
import { judge } from './judge.ts';
import { refineFleet } from './refine-fleet.ts';

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

/** What became of a batch: how many rows were new, and how many the store refuses, each reason once. */
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
    const retention = await readRetention(ctx.db);
    const { taken: some, old } = partByAge(rows.slice(from, from + rowsPerTransaction), retention);
    const { added, refused } = await bisect(some, (part) => takeIn(ctx, batchOf(part), live));
    taken.added += added;
    taken.rejected += old.length + refused.length;
    if (old.length > 0 && retention !== null) reasons.add(oldReason(retention));
    for (const { reason } of refused) reasons.add(reason);
  }
  return { ...taken, reasons: [...reasons] };
}

async function takeIn(
  ctx: Pick<ServiceContext, 'db'>,
  batch: Rows,
  live: boolean,
): Promise<number> {
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
    const added = await insertTelemetry(tx, batch);
    // What was there was joined and counted in the transaction that brought it.
    if (telemetryRows(added) === 0 && batch.boots.length === 0) return 0;
    const { calls, attempts, operations, deks } = added;
    const joined = await applyJoin(tx, judged);
    const refined = await refineFleet(tx, { boots: batch.boots, calls });
    if (live) await advanceBoots(tx, heardIn(batch));
    await countCrossings(tx, joined.crossings);
    await addCounts(tx, [
      ...operations.flatMap((row) => operationCounts(row, 1)),
      ...calls.flatMap((row) => callCounts({ ...row, refinedCause: row.cause }, 1)),
      ...attempts.flatMap((row) => attemptCounts({ ...row, joinMethod: null }, 1)),
      ...(await gapCounts(tx, calls)),
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

const heardIn = ({ boots, calls, attempts, operations }: Rows): HeardBoot[] => [
  ...boots.map(({ process, boot, tells }) => ({ process, boot, tells })),
  ...[...calls, ...attempts, ...operations].map(({ process, boot }) => ({
    ...{ process, boot },
    tells: false,
  })),
];

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
