import type { Tx } from '../connection/transaction.ts';
import type { Column } from '../records/binary-values.ts';
import { eventColumnNames } from '../records/insert-audit-events.ts';
import { columnArrays, unnested } from '../records/insert-rows.ts';
import { nameIds } from '../records/name-ids.ts';
import type { EventCounted } from '../rollups/description.ts';
import type { CallerUse } from '../rollups/key-callers.ts';

/** A stored event that names no key: the key that it was of by its attempt, and the one that it is of now. */
export interface NamedEvent {
  eventId: string;
  at: number;
  was: string | null;
  now: string | null;
}

/** Such an event under the key that it is of now. */
export interface NamedUse extends Omit<EventCounted, 'key' | 'otherKeys'>, CallerUse {
  key: string;
}

/**
 * Puts events that name no key under the key that their attempt used, beside the row under the empty key, as an event
 * of several keys lies under each; takes those away that have no attempt any more. Resolves to those that were put.
 */
export async function nameEvents(tx: Tx, named: readonly NamedEvent[]): Promise<NamedUse[]> {
  if (named.length === 0) return [];
  const ids = await nameIds(tx, (add) => {
    for (const key of named.flatMap(({ was, now }) => [was, now])) add('key', key);
  });
  const columns: Column<NamedEvent>[] = [
    { name: 'at', type: 'timestamptz', of: ({ at }) => at },
    { name: 'id', type: 'text', of: ({ eventId }) => eventId },
    { name: 'was', type: 'int', of: ({ was }) => (was === null ? null : ids('key', was)) },
    { name: 'now', type: 'int', of: ({ now }) => (now === null ? null : ids('key', now)) },
  ];
  const given = `${unnested(columns)} AS n(at, id, was, now)`;
  const values = columnArrays(columns, named);
  const isEvent = 'e.at = n.at AND e.id = n.id';
  await tx.$executeRawUnsafe(
    `DELETE FROM event e USING ${given} WHERE e.key = n.was AND ${isEvent}`,
    ...values,
  );
  await tx.$executeRawUnsafe(
    `UPDATE event e SET other_keys = CASE WHEN n.now IS NOT NULL THEN ARRAY[n.now] END
     FROM ${given} WHERE e.key = 0 AND ${isEvent}`,
    ...values,
  );
  await tx.$executeRawUnsafe(
    `INSERT INTO event (${eventColumnNames.join(', ')}) SELECT ${eventColumnNames.map(copied).join(', ')}
     FROM ${given} JOIN event e ON e.key = 0 AND ${isEvent} WHERE n.now IS NOT NULL`,
    ...values,
  );
  return tx.$queryRawUnsafe<NamedUse[]>(
    `SELECT e.key, (extract(epoch FROM e.at) * 1000)::float8 AS at, e.workspace, e.principal, e.operation, e.action,
       e.state, e.error_code IS NULL AS ok, e.source_ip AS "sourceIp", e.invoked_by AS "invokedBy"
     FROM ${given} JOIN key_event e ON e.key_id = n.now AND e.at = n.at AND e.event_id = n.id`,
    ...values,
  );
}

function copied(column: string): string {
  if (column === 'key') return 'n.now';
  if (column === 'role') return '1';
  return column === 'other_keys' ? 'NULL::int[]' : `e.${column}`;
}
