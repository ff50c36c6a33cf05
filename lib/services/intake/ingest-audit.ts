/**
 * Intake: what comes in is parsed already. One short transaction stores it, joins it and adds to the sums; what comes
 * again changes nothing, and a record that the store refuses is left out alone.
 */
import type { AuditRecord } from '../../domain/audit-record.ts';
import { transaction } from '../../store/connection/transaction.ts';
import { ensurePartitions } from '../../store/records/ensure-partitions.ts';
import { insertAuditEvents, newEvents } from '../../store/records/insert-audit-events.ts';
import { countCrossings } from '../../store/rollups/cross-account.ts';
import { addCallerFacts } from '../../store/rollups/key-callers.ts';
import { addCounts } from '../../store/rollups/tallies.ts';
import type { ServiceContext } from '../context.ts';
import { partByAge, readRetention } from '../retention.ts';
import { applyJoin } from './apply-join.ts';
import { bisect } from './bisect.ts';
import { furtherKeys, judge } from './judge.ts';

const recordsPerTransaction = 5_000;
/** The size of their JSON: a statement's parameter exists several times while it runs. */
const charactersPerTransaction = 33_554_432;

/** What became of audit records: how many were new, which are past retention, which the store refuses, and why. */
export interface AuditTaken {
  added: number;
  /** Of a time that is kept as sums only. */
  old: AuditRecord[];
  rejected: { record: AuditRecord; reason: string }[];
}

interface Batch {
  records: readonly AuditRecord[];
  source: string;
  seenAt: number | null;
}

/**
 * Takes audit events in, joins them and counts them. Taken twice they count once. `seenAt` is when a live
 * source showed them (epoch ms), null for files. One that the store refuses costs itself alone.
 */
export async function ingestAudit({
  ctx,
  input,
}: {
  ctx: Pick<ServiceContext, 'db'>;
  input: Batch;
}): Promise<AuditTaken> {
  const taken: AuditTaken = { added: 0, old: [], rejected: [] };
  for (const some of parts(input.records)) {
    const { taken: young, old } = partByAge(some, await readRetention(ctx.db));
    taken.old.push(...old);
    const { added, refused } = await bisect(young, (records) => takeIn(ctx, { ...input, records }));
    taken.added += added;
    for (const { item, reason } of refused) taken.rejected.push({ record: item, reason });
  }
  return taken;
}

function* parts(records: readonly AuditRecord[]): Generator<readonly AuditRecord[]> {
  let from = 0;
  let characters = 0;
  for (const [at, { raw }] of records.entries()) {
    const full = at - from === recordsPerTransaction || characters > charactersPerTransaction;
    if (full) {
      yield records.slice(from, at);
      from = at;
      characters = 0;
    }
    characters += raw.length;
  }
  if (from < records.length) yield records.slice(from);
}

/** One transaction; resolves to how many events were new. */
async function takeIn(ctx: Pick<ServiceContext, 'db'>, batch: Batch): Promise<number> {
  const { records, source, seenAt } = batch;
  const instants = records.map(({ at }) => at);
  for (const table of ['event_id', 'event', 'raw_block'] as const)
    await ensurePartitions(ctx.db, table, instants);
  return transaction(ctx.db, async (tx) => {
    const fresh = await newEvents(tx, records);
    // What was there was joined and counted in the transaction that brought it.
    if (fresh.length === 0) return 0;
    const judged = await judge(tx, { events: fresh, attempts: [], calls: [] });
    const events = fresh.map((record, no) => {
      const verdict = judged.arrived[no];
      const state = verdict?.state ?? 'other';
      const named = verdict !== undefined && record.key === null;
      const otherKeys = named ? furtherKeys(verdict) : record.otherKeys;
      return { record: named ? { ...record, otherKeys } : record, state, source, seenAt };
    });
    await insertAuditEvents(tx, events);
    await addCallerFacts(tx, events);
    const joined = await applyJoin(tx, judged);
    await countCrossings(tx, joined.crossings);
    await addCounts(tx, joined.counts);
    return fresh.length;
  });
}
