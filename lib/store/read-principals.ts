import type { Tx } from './transaction.ts';

export interface PrincipalRow {
  id: string;
  name: string;
  ours: boolean;
}

/** Every caller seen in an audit log. */
export function readPrincipals(tx: Tx): Promise<PrincipalRow[]> {
  return tx.$queryRawUnsafe<PrincipalRow[]>(
    'SELECT id, min(name) AS name, bool_or(ours) AS ours FROM principal GROUP BY id',
  );
}
