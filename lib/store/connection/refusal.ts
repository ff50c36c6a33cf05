import { databaseFault, textOf } from './database-fault.ts';
import { statementTimeout } from './is-outage.ts';
import { TransactionExpired } from './transaction-expired.ts';
import { ValueRefused } from './value-refused.ts';

const reasonMax = 160;

/**
 * Why the store refuses what it was given, or null where the fault lies elsewhere: a value that its
 * column does not hold, an entry that no index holds, more than one statement holds. The same rows
 * are refused again whenever they come; the rows beside them need not be.
 */
export function refusalOf(error: unknown): string | null {
  if (error instanceof ValueRefused) return `the store refuses it: ${shown(error.message)}`;
  const fault = databaseFault(error);
  if (fault === null || !/^(?:22|23|54)/.test(fault.sqlState)) return null;
  return `the store refuses it: ${shown(fault.message)} (${fault.sqlState})`;
}

/** Whether a transaction met the store's bound of time: the same rows in two may pass. */
export function isTooMuchAtOnce(error: unknown): boolean {
  if (error instanceof TransactionExpired) return true;
  if (databaseFault(error)?.sqlState === statementTimeout) return true;
  return (
    error instanceof Error &&
    textOf(error, 'code') === 'P2028' &&
    /expired|timeout for this transaction/i.test(error.message)
  );
}

/** One line without what a terminal would obey. */
const shown = (message: string): string =>
  message
    .replace(/\p{C}+/gu, ' ')
    .trim()
    .slice(0, reasonMax);
