import { hash } from 'node:crypto';
import type { AuditRecord } from '../../domain/audit-record.ts';
import type { EventState } from '../../domain/fates.ts';
import type { Dimension } from '../connection/intern.ts';
import type { Tx, WriteTx } from '../connection/transaction.ts';
import type { Column, ColumnType, Value } from './binary-values.ts';
import { stateCode } from './event-states.ts';
import { columnArrays, copyAll, insertNew, unnested } from './insert-rows.ts';
import { type NameIds, nameIds } from './name-ids.ts';
import { RawBlocks, type RawPlace } from './raw-blocks.ts';

/** 128 bits of an event's id, which may be any text: no two ids that anyone can find have the same. */
const idHash = (eventId: string): string => hash('sha256', eventId).slice(0, 32);

/** Those of `records` that were never taken in, under whatever key, each once; they are known from now on. */
export async function newEvents(tx: Tx, records: readonly AuditRecord[]): Promise<AuditRecord[]> {
  const ids = await nameIds(tx, (add) => {
    for (const { key } of records) add('key', key ?? '');
  });
  const columns: Column<AuditRecord>[] = [
    { name: 'id', type: 'uuid', of: ({ eventId }) => idHash(eventId) },
    { name: 'at', type: 'timestamptz', of: ({ at }) => at },
    { name: 'key', type: 'int', of: ({ key }) => ids('key', key ?? '') },
  ];
  return insertNew(tx, { name: 'event_id', keyColumns: 2, columns }, records);
}

/** They are new when they come again. */
export async function forgetEvents(
  tx: Tx,
  events: readonly { id: string; at: number }[],
): Promise<void> {
  if (events.length === 0) return;
  const columns: Column<(typeof events)[number]>[] = [
    { name: 'id', type: 'uuid', of: ({ id }) => idHash(id) },
    { name: 'at', type: 'timestamptz', of: ({ at }) => at },
  ];
  await tx.$executeRawUnsafe(
    `DELETE FROM event_id e USING ${unnested(columns)} AS n(id, at) WHERE e.at = n.at AND e.id = n.id`,
    ...columnArrays(columns, events),
  );
}

/** An event as it is stored: under one of its keys, in the role that this key has in it. */
interface EventRow extends JudgedEvent {
  key: string;
  role: number;
  rawPlace: RawPlace;
}

/** An event as the join has judged it. */
export interface JudgedEvent {
  record: AuditRecord;
  state: EventState;
  source: string;
  /** When a live source first showed it (epoch ms), null for files. */
  seenAt: number | null;
}

/** Inserts events that are new. */
export async function insertAuditEvents(
  tx: WriteTx,
  events: readonly JudgedEvent[],
): Promise<void> {
  const ids = await eventNameIds(tx, events);
  const blocks = new RawBlocks();
  const rows: EventRow[] = [];
  for (const event of events) {
    const { record } = event;
    const keys = new Set([record.key ?? '', ...record.otherKeys]);
    const rawPlace = blocks.add({
      key: ids('key', record.key ?? ''),
      at: record.at,
      // 63 bits of the hash: a bigint of PostgreSQL has a sign.
      name: () => BigInt.asUintN(63, BigInt(`0x${idHash(record.eventId).slice(0, 16)}`)),
      raw: record.raw,
    });
    let role = 0;
    for (const key of keys) rows.push({ ...event, key, role: role++, rawPlace });
  }
  await blocks.insert(tx);
  await copyAll(tx, { name: 'event', columns: eventColumns(ids) }, rows);
}

function eventNameIds(tx: Tx, events: readonly JudgedEvent[]): Promise<NameIds> {
  return nameIds(tx, (add) => {
    for (const { record, source } of events) {
      const { claim } = record;
      add('source', source);
      for (const key of [record.key ?? '', ...record.otherKeys]) add('key', key);
      add('word', record.provider);
      add('word', record.operation);
      add('word', record.action);
      add('word', record.account);
      add('word', record.recipientAccount);
      add('word', record.invokedBy);
      add('word', claim?.cause ?? null);
      add('principal', record.principal);
      add('caller', record.principalName);
      add('workspace', record.workspace);
      add('process', claim?.process ?? null);
      add('boot', claim?.boot ?? null);
    }
  });
}

/** All that an event has. */
export const eventColumnNames = eventColumns(() => 0).map(({ name }) => name);

function eventColumns(ids: NameIds): Column<EventRow, ColumnType>[] {
  const optional = (dimension: Dimension, name: string | null | undefined) =>
    name === null || name === undefined ? null : ids(dimension, name);
  const of = (
    name: string,
    type: ColumnType,
    value: (record: AuditRecord) => Value,
  ): Column<EventRow, ColumnType> => ({ name, type, of: ({ record }) => value(record) });
  return [
    { name: 'key', type: 'int', of: ({ key }) => ids('key', key) },
    of('at', 'timestamptz', ({ at }) => at),
    of('id', 'text', ({ eventId }) => eventId),
    { name: 'role', type: 'smallint', of: ({ role }) => role },
    { name: 'state', type: 'smallint', of: ({ state }) => stateCode(state) },
    of('provider', 'int', ({ provider }) => ids('word', provider)),
    { name: 'source', type: 'int', of: ({ source }) => ids('source', source) },
    of('operation', 'int', ({ operation }) => ids('word', operation)),
    of('action', 'int', ({ action }) => ids('word', action)),
    of('principal', 'int', ({ principal }) => ids('principal', principal)),
    of('principal_name', 'int', ({ principalName }) => ids('caller', principalName)),
    of('account', 'int', ({ account }) => optional('word', account)),
    of('recipient_account', 'int', (record) => optional('word', record.recipientAccount)),
    of('workspace', 'int', ({ workspace }) => optional('workspace', workspace)),
    of('invoked_by', 'int', ({ invokedBy }) => optional('word', invokedBy)),
    of('claim_process', 'int', ({ claim }) => optional('process', claim?.process)),
    of('claim_boot', 'int', ({ claim }) => optional('boot', claim?.boot)),
    of('claim_seq', 'bigint', ({ claim }) => claim?.seq ?? null),
    of('claim_attempt', 'int', ({ claim }) => claim?.attempt ?? null),
    of('claim_cause', 'int', ({ claim }) => optional('word', claim?.cause)),
    { name: 'raw_no', type: 'smallint', of: ({ rawPlace }) => rawPlace.no },
    { name: 'raw_block', type: 'bigint', of: ({ rawPlace }) => rawPlace.block },
    { name: 'seen_at', type: 'timestamptz', of: ({ seenAt }) => seenAt },
    {
      name: 'other_keys',
      type: 'int[]',
      of: ({ record: { otherKeys }, role }) =>
        role > 0 || otherKeys.length === 0 ? null : otherKeys.map((key) => ids('key', key)),
    },
    of('request_id', 'text', ({ requestId }) => requestId),
    of('shared_event_id', 'text', ({ sharedEventId }) => sharedEventId),
    of('claim_span', 'text', ({ claim }) => claim?.spanId ?? null),
    of('error_code', 'text', ({ errorCode }) => errorCode),
    of('session', 'text', ({ session }) => session),
    of('source_ip', 'text', ({ sourceIp }) => sourceIp),
    of('user_agent', 'text', ({ userAgent }) => userAgent),
    of('dek', 'text', ({ dekId }) => dekId),
    of('context', 'jsonb', ({ context }) => context && JSON.stringify(context)),
    of('facts', 'jsonb', ({ facts }) => JSON.stringify(facts)),
  ];
}
