import type { EventState, JoinMethod } from '../../../domain/fates.ts';
import type { Dimension } from '../../connection/intern.ts';
import { namedRows } from '../../connection/named-rows.ts';
import type { Tx } from '../../connection/transaction.ts';
import { methodOf, stateOf } from '../../records/event-states.ts';

/** An attempt beside its event, either of them null; instants epoch ms. */
export interface CallPairRow {
  process: string | null;
  boot: string | null;
  seq: number | null;
  attempt: number | null;
  at: number;
  sentAt: number | null;
  durationMs: number | null;
  workspace: string | null;
  key: string | null;
  operation: string | null;
  cause: string | null;
  sent: boolean | null;
  outcome: string | null;
  errorCode: string | null;
  status: number | null;
  requestId: string | null;
  spanId: string | null;
  joinMethod: JoinMethod | null;
  joinConfidence: number | null;
  eventId: string | null;
  eventAt: number | null;
  eventOperation: string | null;
  eventKey: string | null;
  principal: string | null;
  principalName: string | null;
  session: string | null;
  eventRequestId: string | null;
  eventErrorCode: string | null;
  sourceIp: string | null;
  eventState: EventState | null;
}

/** Which ids stand for which names. */
const dimensionOf = {
  process: 'process',
  boot: 'boot',
  workspace: 'workspace',
  key: 'key',
  operation: 'word',
  cause: 'word',
  outcome: 'word',
  eventOperation: 'word',
  eventKey: 'key',
  principal: 'principal',
  principalName: 'caller',
} as const satisfies Partial<Record<keyof CallPairRow, Dimension>>;
type Named = keyof typeof dimensionOf;

/** A row as the store has it: ids for names, codes for the join's method and the event's state. */
export type FoundRow = Omit<CallPairRow, Named | 'joinMethod' | 'eventState'> &
  Record<Named, number | null> & {
    joinMethod: number | null;
    eventState: number | null;
    /** What a cursor has of it beside its instant. */
    place: string;
  };

const ms = (column: string) => `(extract(epoch FROM ${column}) * 1000)::float8`;

const attemptColumns: readonly [name: string, sql: string, type: string][] = [
  ['process', 'a.process', 'int'],
  ['boot', 'a.boot', 'int'],
  ['seq', 'a.seq::float8', 'float8'],
  ['attempt', 'a.attempt', 'int'],
  ['sentAt', ms('a.sent_at'), 'float8'],
  ['durationMs', 'a.duration_ms', 'float8'],
  ['workspace', 'a.workspace', 'int'],
  ['key', 'a.key', 'int'],
  ['operation', 'a.operation', 'int'],
  ['cause', 'coalesce(c.refined_cause, a.cause)', 'int'],
  ['sent', 'a.sent', 'boolean'],
  ['outcome', 'a.outcome', 'int'],
  ['errorCode', 'a.error_code', 'text'],
  ['status', 'a.status', 'int'],
  ['requestId', 'a.request_id', 'text'],
  ['spanId', 'a.span_id', 'text'],
  ['joinMethod', 'p.method::int', 'int'],
  ['joinConfidence', 'p.confidence::float8', 'float8'],
];

const eventColumns = `e.id AS "eventId", ${ms('e.at')} AS "eventAt", e.operation AS "eventOperation",
  e.key AS "eventKey", e.principal, e.principal_name AS "principalName", e.session,
  e.request_id AS "eventRequestId", e.error_code AS "eventErrorCode", e.source_ip AS "sourceIp", e.state::int AS "eventState"`;

/** Where an attempt's event lies: perhaps under another key, which may be in another shard. */
const placeOfEvent = `p.event_id AS "eventId", ${ms('p.event_at')} AS "eventAt", p.event_key AS "eventKey"`;

/** The columns of a list's rows; of an event nothing is known of an attempt, of an attempt's event where it lies. */
export function columnsOf(side: 'attempts' | 'events'): string {
  const own = attemptColumns.map(
    ([name, sql, type]) => `${side === 'attempts' ? sql : `NULL::${type}`} AS "${name}"`,
  );
  const place =
    side === 'attempts'
      ? "concat_ws('_', a.key, a.process, a.boot, a.seq, a.attempt) AS place"
      : 'e.id AS place';
  const [at, event] = side === 'attempts' ? ['a.at', placeOfEvent] : ['e.at', eventColumns];
  return [...own, `${ms(at)} AS at`, place, event].join(', ');
}

type FoundEvent = Pick<
  FoundRow,
  | 'eventId'
  | 'eventAt'
  | 'eventOperation'
  | 'eventKey'
  | 'principal'
  | 'principalName'
  | 'session'
  | 'eventRequestId'
  | 'eventErrorCode'
  | 'sourceIp'
  | 'eventState'
>;
const noEvent: FoundEvent = {
  eventId: null,
  eventAt: null,
  eventOperation: null,
  eventKey: null,
  principal: null,
  principalName: null,
  session: null,
  eventRequestId: null,
  eventErrorCode: null,
  sourceIp: null,
  eventState: null,
};

/** Attempts with all of their events. */
export async function withEvents(tx: Tx, rows: readonly FoundRow[]): Promise<FoundRow[]> {
  const paired = rows.filter(({ eventId }) => eventId !== null);
  const events = await tx.$queryRawUnsafe<(FoundEvent & { no: number })[]>(
    `SELECT n.no::int AS no, ${eventColumns}
     FROM unnest($1::int[], $2::float8[], $3::text[]) WITH ORDINALITY AS n(key, at, id, no)
     CROSS JOIN LATERAL (SELECT * FROM event WHERE event.key = n.key AND event.at = to_timestamp(n.at / 1000)
       AND event.id = n.id ORDER BY event.key) e`,
    paired.map(({ eventKey }) => eventKey),
    paired.map(({ eventAt }) => eventAt),
    paired.map(({ eventId }) => eventId),
  );
  const found = new Map(events.map(({ no, ...event }) => [paired[no - 1], event]));
  return rows.map((row) => ({ ...row, ...(found.get(row) ?? noEvent) }));
}

export async function pairRows(tx: Tx, found: readonly FoundRow[]): Promise<CallPairRow[]> {
  const rows = await namedRows(tx, found, dimensionOf);
  return rows.map(({ place: _, ...row }) => ({
    ...row,
    // An event without a key lies under the empty one.
    eventKey: row.eventKey === '' ? null : row.eventKey,
    joinMethod: row.joinMethod === null ? null : methodOf(row.joinMethod),
    eventState: row.eventState === null ? null : stateOf(row.eventState),
  }));
}
