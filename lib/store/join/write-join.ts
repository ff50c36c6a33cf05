import type { EventState, JoinMethod } from '../../domain/fates.ts';
import type { Tx } from '../connection/transaction.ts';
import type { Column } from '../records/binary-values.ts';
import { methodCode, stateCode } from '../records/event-states.ts';
import { columnArrays, insertAll, unnested } from '../records/insert-rows.ts';
import { type NameIds, nameIds } from '../records/name-ids.ts';
import type { AttemptPlace, EventCandidate } from './candidates.ts';
import { addAliases } from './key-aliases.ts';

/** Where an event lies: a row for each of its keys. */
export type EventPlace = Pick<EventCandidate, 'eventId' | 'at' | 'key' | 'otherKeys'>;

export interface NewPair {
  attempt: AttemptPlace;
  event: EventPlace;
  method: JoinMethod;
  /** Of a pair that only time joined; null of one that is sure. */
  confidence: number | null;
}

/** A pair that is no more, by its attempt and its event's key. */
export interface GonePair {
  attempt: AttemptPlace;
  eventKey: string;
}

/** What the join has changed of what is stored, and the pairs of what is new. */
export interface JoinChanges {
  states: { event: EventPlace; state: EventState }[];
  unpaired: GonePair[];
  paired: NewPair[];
}

/** Resolves to aliases that the pairs show to be a key's, where that is new. */
export async function writeJoin(tx: Tx, changes: JoinChanges): Promise<string[]> {
  const { states, unpaired, paired } = changes;
  if (states.length + unpaired.length + paired.length === 0) return [];
  const attempts = [...unpaired, ...paired].map(({ attempt }) => attempt);
  const events = [...states, ...paired].map(({ event }) => event);
  const ids = await nameIds(tx, (add) => {
    for (const { key } of [...attempts, ...events]) add('key', key ?? '');
    for (const { eventKey } of unpaired) add('key', eventKey);
    for (const { otherKeys } of events) for (const key of otherKeys) add('key', key);
    for (const { process, boot } of attempts) {
      add('process', process);
      add('boot', boot);
    }
  });
  await writeStates(tx, ids, states);
  await unpair(tx, ids, unpaired);
  const rows = paired.flatMap((pair) =>
    bothKeys(pair.attempt.key, pair.event.key ?? '').map((key) => ({ ...pair, key })),
  );
  await insertAll(tx, { name: 'pair', columns: pairColumns(ids) }, rows);
  return addAliases(tx, ids, paired);
}

async function writeStates(tx: Tx, ids: NameIds, states: JoinChanges['states']): Promise<void> {
  if (states.length === 0) return;
  const rows = states.flatMap(({ event, state }) =>
    [event.key ?? '', ...event.otherKeys].map((key) => ({ ...event, key, state })),
  );
  const columns: Column<(typeof rows)[number]>[] = [
    { name: 'key', type: 'int', of: ({ key }) => ids('key', key) },
    { name: 'at', type: 'timestamptz', of: ({ at }) => at },
    { name: 'id', type: 'text', of: ({ eventId }) => eventId },
    { name: 'state', type: 'smallint', of: ({ state }) => stateCode(state) },
  ];
  await tx.$executeRawUnsafe(
    `UPDATE event e SET state = n.state FROM ${unnested(columns)} AS n(key, at, id, state)
     WHERE e.key = n.key AND e.at = n.at AND e.id = n.id`,
    ...columnArrays(columns, rows),
  );
}

/** A pair has a row under each of its keys, so that either side finds it beside itself. */
const bothKeys = (attemptKey: string, eventKey: string): string[] => [
  ...new Set([attemptKey, eventKey]),
];

async function unpair(tx: Tx, ids: NameIds, pairs: readonly GonePair[]): Promise<void> {
  if (pairs.length === 0) return;
  const columns = placeColumns(ids);
  const rows = pairs.flatMap(({ attempt, eventKey }) =>
    bothKeys(attempt.key, eventKey).map((key) => ({ ...attempt, key })),
  );
  await tx.$executeRawUnsafe(
    `DELETE FROM pair p USING ${unnested(columns)} AS n(key, at, process, boot, seq, attempt)
     WHERE p.key = n.key AND p.at = n.at AND p.process = n.process AND p.boot = n.boot AND p.seq = n.seq
       AND p.attempt = n.attempt`,
    ...columnArrays(columns, rows),
  );
}

const placeColumns = (ids: NameIds): Column<AttemptPlace>[] => [
  { name: 'key', type: 'int', of: ({ key }) => ids('key', key) },
  { name: 'at', type: 'timestamptz', of: ({ at }) => at },
  { name: 'process', type: 'int', of: ({ process }) => ids('process', process) },
  { name: 'boot', type: 'int', of: ({ boot }) => ids('boot', boot) },
  { name: 'seq', type: 'bigint', of: ({ seq }) => seq },
  { name: 'attempt', type: 'int', of: ({ attempt }) => attempt },
];

type PairRow = NewPair & { key: string };

const pairColumns = (ids: NameIds): Column<PairRow>[] => [
  ...placeColumns(ids).map(
    ({ of, ...column }): Column<PairRow> => ({
      ...column,
      of: ({ attempt, key }) => of({ ...attempt, key }),
    }),
  ),
  { name: 'method', type: 'smallint', of: ({ method }) => methodCode(method) },
  { name: 'confidence', type: 'double precision', of: ({ confidence }) => confidence },
  { name: 'attempt_key', type: 'int', of: ({ attempt }) => ids('key', attempt.key) },
  { name: 'event_key', type: 'int', of: ({ event }) => ids('key', event.key ?? '') },
  { name: 'event_at', type: 'timestamptz', of: ({ event }) => event.at },
  { name: 'event_id', type: 'text', of: ({ event }) => event.eventId },
];
