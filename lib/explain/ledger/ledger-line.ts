import type { LedgerLine, LedgerTerm } from '../../shared/dto.ts';
import { term } from './terms.ts';

type Unshared = Omit<LedgerTerm, 'share'>;

/** A line of the ledger. Its residual is its total less its terms. */
export function line(
  id: LedgerLine['id'],
  label: string,
  total: number,
  given: readonly (Unshared | null)[],
): LedgerLine {
  const terms = given.flatMap((one) =>
    one === null ? [] : [{ ...one, share: total === 0 ? null : one.value / total }],
  );
  const residual = total - terms.reduce((all, { value }) => all + value, 0);
  return { id, label, total, terms, residual };
}

/** A term that is shown only while it is not zero. */
export const rare = (...[id, value, as]: Parameters<typeof term>): Unshared | null =>
  value === 0 ? null : term(id, value, as);
