import { readOnce } from '../connection/read-once.ts';
import type { Tx } from '../connection/transaction.ts';
import { principalsOf } from '../event-log/answers.ts';
import { isEventLog } from '../event-log/event-log.ts';

export interface PrincipalRow {
  id: string;
  name: string;
  ours: boolean;
  /** Its events that are surely ours carry claims. */
  claims: boolean;
}

/** Every caller seen in an audit log. */
export async function readPrincipals(tx: Tx): Promise<PrincipalRow[]> {
  if (isEventLog(tx)) return principalsOf(tx);
  return readOnce(tx, 'principals', () =>
    tx.$queryRawUnsafe<PrincipalRow[]>(
      'SELECT id, min(name) AS name, bool_or(ours) AS ours, bool_or(claims) AS claims FROM principal GROUP BY id',
    ),
  );
}

/** Ids of the principals that are known to be ours. */
export async function readOurs(tx: Tx): Promise<Set<string>> {
  return new Set((await readPrincipals(tx)).flatMap(({ id, ours }) => (ours ? [id] : [])));
}
