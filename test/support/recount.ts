import { tupleKey } from '../../lib/shared/tuple-key.ts';
import type { TestStore } from './store.ts';

interface Row {
  minute: number;
  key: string;
  workspace: string;
  process: string;
  operation: string;
}

const minute = '(floor(extract(epoch FROM at) / 60) * 60000)::float8 AS minute';

/** Minute roll-ups counted from the raw rows one by one, as `name -> n`, to hold against those written at ingest. */
export async function recount({ query }: TestStore): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  const add = (measure: string, row: Row, label: string, n = 1) => {
    const { minute: at, key, workspace, process, operation } = row;
    const id = tupleKey(measure, at, key, workspace, process, operation, label);
    counts.set(id, (counts.get(id) ?? 0) + n);
  };
  const operations = await query<Row & { scope: string; outcome: string; n: number }>(
    `SELECT ${minute}, key, workspace, process, path AS operation, scope, outcome, n::float8 AS n
     FROM operation_count`,
  );
  for (const row of operations) {
    if (row.operation === 'message') add('messages', row, row.outcome, row.n);
    else if (row.operation === 'dropped') add('dropped', row, row.outcome, row.n);
    else add('operations', row, `${row.scope}:${row.outcome}`, row.n);
  }
  const calls = await query<Row & CallFacts>(
    `SELECT ${minute}, key, workspace, process, operation, refined_cause AS cause, attempts, tag, boot,
       seq::float8 AS seq FROM kms_call ORDER BY process, boot, seq`,
  );
  let before: (Row & CallFacts) | undefined;
  for (const row of calls) {
    add('calls', row, row.cause);
    if (row.attempts > 1) add('retries', row, '', row.attempts - 1);
    if (row.tag !== null && ['load.reopened', 'load.first.historical'].includes(row.cause))
      add('reopened', row, row.tag);
    const sameBoot = before?.process === row.process && before.boot === row.boot;
    const missing = row.seq - 1 - (sameBoot ? (before?.seq ?? 0) : 0);
    if (missing > 0) add('missing', { ...row, operation: '' }, '', missing);
    before = row;
  }
  const attempts = await query<Row & AttemptFate>(
    `SELECT ${minute}, key, workspace, process, operation, sent, outcome, status, error_code AS error,
       event_id AS "eventId", join_method AS method FROM kms_attempt`,
  );
  for (const row of attempts) add('attempts', row, fateOf(row));
  const events = await query<Row & { state: string; others: string[] }>(
    `SELECT other_keys AS others, ${minute}, coalesce(key, '') AS key, coalesce(workspace, '') AS workspace,
       principal AS process, operation, state FROM audit_event
       WHERE action NOT IN ('identity', 'trail')`,
  );
  for (const row of events) {
    add('events', row, row.state);
    for (const key of row.others) add('events-also', { ...row, key }, row.state);
  }
  return counts;
}

interface CallFacts {
  cause: string;
  attempts: number;
  tag: string | null;
  boot: string;
  seq: number;
}

interface AttemptFate {
  sent: boolean;
  outcome: string;
  status: number | null;
  error: string | null;
  eventId: string | null;
  method: string | null;
}

function fateOf({ sent, outcome, status, error, eventId, method }: AttemptFate): string {
  if (eventId !== null) return `matched:${method}`;
  if (!sent) return `never-sent:${error ?? outcome}`;
  if (outcome !== 'outage') return `unmatched:${outcome}`;
  if (status === null) return 'unmatched:no-answer';
  return status >= 500 ? 'unmatched:server-error' : 'unmatched:throttled';
}

/** The same by the hour or the day. */
export function coarser(minutes: ReadonlyMap<string, number>, lengthMs: number) {
  const counts = new Map<string, number>();
  for (const [id, n] of minutes) {
    const [measure, at, ...rest] = JSON.parse(id) as [string, number, ...string[]];
    const coarse = tupleKey(measure, at - (at % lengthMs), ...rest);
    counts.set(coarse, (counts.get(coarse) ?? 0) + n);
  }
  return counts;
}

/** The roll-ups as they were written. */
export async function written(
  { query }: TestStore,
  unit: 'minute' | 'hour' | 'day' = 'minute',
): Promise<Map<string, number>> {
  const rows = await query<Row & { measure: string; label: string; n: number }>(
    `SELECT measure, (extract(epoch FROM ${unit}) * 1000)::float8 AS minute, key, workspace, process, operation,
       label, n::float8 AS n FROM rollup_${unit}`,
  );
  return new Map(
    rows.map((row) => [
      tupleKey(
        row.measure,
        row.minute,
        row.key,
        row.workspace,
        row.process,
        row.operation,
        row.label,
      ),
      row.n,
    ]),
  );
}
