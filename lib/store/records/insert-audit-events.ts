import { hash } from 'node:crypto';
import type { AuditRecord } from '../../domain/audit-record.ts';
import type { EventState } from '../../domain/fates.ts';
import type { Tx } from '../connection/transaction.ts';
import { stateCode } from './event-states.ts';
import { type Column, insertAll, insertNew } from './insert-rows.ts';
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

/** An event as it is stored: under one of its keys, in the role that this key has in it. */
interface EventRow extends AuditRecord {
  source: string;
  seenAt: number | null;
  rowKey: string;
  role: number;
  state: EventState;
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
export async function insertAuditEvents(tx: Tx, events: readonly JudgedEvent[]): Promise<void> {
  const ids = await eventNameIds(tx, events);
  const blocks = new RawBlocks();
  const rows = events.flatMap(({ record, ...how }): EventRow[] => {
    const keys = new Set([record.key ?? '', ...record.otherKeys]);
    const rawPlace = blocks.add({
      key: ids('key', record.key ?? ''),
      at: record.at,
      // 63 bits of the hash: a bigint of PostgreSQL has a sign.
      name: () => BigInt.asUintN(63, BigInt(`0x${idHash(record.eventId).slice(0, 16)}`)),
      raw: record.raw,
    });
    return [...keys].map((rowKey, role) => ({ ...record, ...how, rowKey, role, rawPlace }));
  });
  await blocks.insert(tx);
  await insertAll(tx, { name: 'event', columns: eventColumns(ids) }, rows);
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

function eventColumns(ids: NameIds): Column<EventRow>[] {
  const optional = (dimension: Parameters<NameIds>[0], name: string | null | undefined) =>
    name === null || name === undefined ? null : ids(dimension, name);
  return [
    { name: 'key', type: 'int', of: ({ rowKey }) => ids('key', rowKey) },
    { name: 'at', type: 'timestamptz', of: ({ at }) => at },
    { name: 'id', type: 'text', of: ({ eventId }) => eventId },
    { name: 'role', type: 'smallint', of: ({ role }) => role },
    { name: 'state', type: 'smallint', of: ({ state }) => stateCode(state) },
    { name: 'provider', type: 'int', of: ({ provider }) => ids('word', provider) },
    { name: 'source', type: 'int', of: ({ source }) => ids('source', source) },
    { name: 'operation', type: 'int', of: ({ operation }) => ids('word', operation) },
    { name: 'action', type: 'int', of: ({ action }) => ids('word', action) },
    { name: 'principal', type: 'int', of: ({ principal }) => ids('principal', principal) },
    { name: 'principal_name', type: 'int', of: (row) => ids('caller', row.principalName) },
    { name: 'account', type: 'int', of: ({ account }) => optional('word', account) },
    {
      name: 'recipient_account',
      type: 'int',
      of: (row) => optional('word', row.recipientAccount),
    },
    { name: 'workspace', type: 'int', of: ({ workspace }) => optional('workspace', workspace) },
    { name: 'invoked_by', type: 'int', of: ({ invokedBy }) => optional('word', invokedBy) },
    { name: 'claim_process', type: 'int', of: ({ claim }) => optional('process', claim?.process) },
    { name: 'claim_boot', type: 'int', of: ({ claim }) => optional('boot', claim?.boot) },
    { name: 'claim_seq', type: 'bigint', of: ({ claim }) => claim?.seq ?? null },
    { name: 'claim_attempt', type: 'int', of: ({ claim }) => claim?.attempt ?? null },
    { name: 'claim_cause', type: 'int', of: ({ claim }) => optional('word', claim?.cause) },
    { name: 'raw_no', type: 'smallint', of: ({ rawPlace }) => rawPlace.no },
    { name: 'raw_block', type: 'bigint', of: ({ rawPlace }) => rawPlace.block },
    { name: 'seen_at', type: 'timestamptz', of: ({ seenAt }) => seenAt },
    {
      name: 'other_keys',
      type: 'int[]',
      of: ({ otherKeys, role }) =>
        role > 0 || otherKeys.length === 0
          ? null
          : `{${otherKeys.map((key) => ids('key', key)).join(',')}}`,
    },
    { name: 'request_id', type: 'text', of: ({ requestId }) => requestId },
    { name: 'shared_event_id', type: 'text', of: ({ sharedEventId }) => sharedEventId },
    { name: 'claim_span', type: 'text', of: ({ claim }) => claim?.spanId ?? null },
    { name: 'error_code', type: 'text', of: ({ errorCode }) => errorCode },
    { name: 'session', type: 'text', of: ({ session }) => session },
    { name: 'source_ip', type: 'text', of: ({ sourceIp }) => sourceIp },
    { name: 'user_agent', type: 'text', of: ({ userAgent }) => userAgent },
    { name: 'dek', type: 'text', of: ({ dekId }) => dekId },
    { name: 'context', type: 'jsonb', of: ({ context }) => context && JSON.stringify(context) },
    { name: 'facts', type: 'jsonb', of: ({ facts }) => JSON.stringify(facts) },
  ];
}
