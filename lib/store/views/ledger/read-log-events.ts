import { useStates } from '../../../domain/fates.ts';
import type { KeyFilter } from '../../../domain/key-filter.ts';
import { byHandPattern, type LogUse } from '../../../domain/log-use.ts';
import type { Tx } from '../../connection/transaction.ts';
import { countUses, readUses } from '../../event-log/answers.ts';
import { isEventLog } from '../../event-log/event-log.ts';
import { filtered, measuresLeft } from '../filtered.ts';
import { readTallies } from '../read-tallies.ts';

export interface LogUseQuery {
  from: number;
  to: number;
  filter: KeyFilter;
  /** One DEK in so many is read, whole, by a hash of its id. */
  oneIn: number;
  /** The newest so many of them at most. */
  usesMax: number;
}

const fits = `at >= $1::timestamptz AND at < $2::timestamptz AND ($3::text[] IS NULL OR key = ANY($3::text[]))
  AND ($4::text IS NULL OR workspace = $4::text) AND ($5::text IS NULL OR principal = $5::text) AND state IN ('matched', 'unclaimed', 'claim-new', 'claim-used')`;

/** Of one key also what used it second. */
const tableOf = ({ filter }: { filter: KeyFilter }) =>
  filter.keys === undefined ? 'audit_event' : 'key_event';

/** By a hash that a log in memory can take as well. */
const sampled = `('x' || left(md5(coalesce(dek, nullif(context, '[]')::text, event_id)), 7))::bit(28)::int % $6::int = 0`;

const values = ({ from, to, filter }: Omit<LogUseQuery, 'oneIn' | 'usesMax'>) => [
  new Date(from).toISOString(),
  new Date(to).toISOString(),
  filter.keys ?? null,
  filter.workspace ?? null,
  filter.principal ?? null,
];

/** Uses of key material, refused ones too, in `[from, to)`, in order of time. */
export async function readLogUses(tx: Tx, query: LogUseQuery): Promise<LogUse[]> {
  if (isEventLog(tx)) return readUses(tx, query);
  const newest = await tx.$queryRawUnsafe<LogUse[]>(
    `SELECT event_id AS "eventId", (extract(epoch FROM at) * 1000)::float8 AS at, operation, principal,
       coalesce(session, source_ip) AS session, source_ip AS "sourceIp",
       dek, workspace, key, invoked_by AS "invokedBy",
       coalesce(user_agent ~* $8, FALSE) AS "byHand", context, claim_cause AS "claimCause", error_code AS "errorCode"
     FROM ${tableOf(query)} WHERE ${fits}
       AND ($6::int = 1 OR ${sampled})
     ORDER BY at DESC, event_id DESC LIMIT $7::int`,
    ...values(query),
    query.oneIn,
    query.usesMax,
    byHandPattern,
  );
  return newest.reverse();
}

/** How many there are, by the sums: of whole minutes. */
export async function countLogUses(
  tx: Tx,
  query: Omit<LogUseQuery, 'oneIn' | 'usesMax'>,
): Promise<number> {
  if (isEventLog(tx)) return countUses(tx, query);
  const { from, to, filter } = query;
  // They are of no process: such a filter leaves them as they are.
  const { process: _, ...of } = filter;
  const measures = measuresLeft(of, ['events', 'events-also']);
  const sums = await readTallies(tx, { from, to, bucketMs: null, ...filtered(of), measures });
  return sums.reduce((all, { label, n }) => (useStates.has(label) ? all + n : all), 0);
}
