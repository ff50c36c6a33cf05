import type { LedgerLine, LedgerTerm } from '../../shared/dto.ts';
import { evidenceOf } from './evidence.ts';

/** A line of the ledger. Its residual is its total less its terms, unless one is given. */
export function line(
  id: LedgerLine['id'],
  label: string,
  sum: { total: number; terms: (Omit<LedgerTerm, 'share'> | null)[]; residual?: number },
): LedgerLine {
  const share = (value: number) => (sum.total === 0 ? null : value / sum.total);
  const terms = sum.terms.flatMap((term) =>
    term === null ? [] : [{ ...term, share: share(term.value) }],
  );
  const residual = sum.residual ?? sum.total - terms.reduce((all, term) => all + term.value, 0);
  return { id, label, total: sum.total, terms, residual };
}

/** A term without its share. Give `evidence` where the id alone does not name the roll-ups behind it. */
export function term({
  id,
  evidence = evidenceOf(id),
  ...rest
}: Omit<LedgerTerm, 'share' | 'evidence'> & { evidence?: string }): Omit<LedgerTerm, 'share'> {
  return { id, ...rest, evidence };
}

/** A term that is shown only while it is not zero. */
export const rare = (given: Omit<LedgerTerm, 'share'>): Omit<LedgerTerm, 'share'> | null =>
  given.value === 0 ? null : given;

export const untoldTerm = (value: number) =>
  term({
    id: 'untold',
    label: 'Not in yet',
    value,
    about: 'The other half of their telemetry is still on its way.',
  });
