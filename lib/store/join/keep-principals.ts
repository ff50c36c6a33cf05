import type { Tx } from '../connection/transaction.ts';
import type { Column } from '../records/binary-values.ts';
import { columnArrays, unnested } from '../records/insert-rows.ts';

/** A caller as one event shows it. */
export interface SeenPrincipal {
  provider: string;
  id: string;
  name: string;
  /** Its event proves it one of ours. */
  ours: boolean;
  /** So it is, and it carries a claim. */
  claims: boolean;
  at: number;
}

const columns: Column<SeenPrincipal>[] = [
  { name: 'provider', type: 'text', of: ({ provider }) => provider },
  { name: 'id', type: 'text', of: ({ id }) => id },
  { name: 'name', type: 'text', of: ({ name }) => name },
  { name: 'ours', type: 'boolean', of: ({ ours }) => ours },
  { name: 'claims', type: 'boolean', of: ({ claims }) => claims },
  { name: 'at', type: 'timestamptz', of: ({ at }) => at },
];

/**
 * A principal with an event that proves it is ours from then on, and one whose such events carry claims is known to
 * claim. Where logs name one differently, the greatest name stays: an ARN before an account's number, whichever came
 * first.
 */
export async function keepPrincipals(tx: Tx, seen: readonly SeenPrincipal[]): Promise<void> {
  if (seen.length === 0) return;
  await tx.$executeRawUnsafe(
    `INSERT INTO principal (provider, id, name, ours, claims, first_seen_at)
     SELECT provider, id, max(name), bool_or(ours), bool_or(claims), min(at)
     FROM ${unnested(columns)} AS n(provider, id, name, ours, claims, at) GROUP BY 1, 2
     ON CONFLICT (provider, id) DO UPDATE SET ours = principal.ours OR excluded.ours,
       claims = principal.claims OR excluded.claims,
       name = greatest(principal.name, excluded.name),
       first_seen_at = least(principal.first_seen_at, excluded.first_seen_at)
     WHERE (excluded.ours AND NOT principal.ours) OR (excluded.claims AND NOT principal.claims)
       OR excluded.name > principal.name OR excluded.first_seen_at < principal.first_seen_at`,
    ...columnArrays(columns, seen),
  );
}

/** Says of callers that they are ours, by when their events were. */
export async function markOurs(tx: Tx, principals: readonly string[]): Promise<void> {
  await tx.$executeRawUnsafe(
    'UPDATE principal SET ours = TRUE WHERE id = ANY($1::text[])',
    principals,
  );
}
