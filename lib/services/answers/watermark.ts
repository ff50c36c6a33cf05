import { type AuditSourceRow, readAuditSources } from '../../store/entities/audit-sources.ts';
import { readToldUntil } from '../../store/records/advance-boots.ts';
import { readOpenSince } from '../../store/views/ledger/read-open-since.ts';
import type { ViewContext } from '../context.ts';
import { coverageOf, wholeUntil } from './coverage.ts';

/**
 * Up to where both sides of a comparison have arrived; epoch ms, whole minutes. Younger data is on its way and not
 * judged: every view that compares uses this.
 */
export interface Watermark {
  /** Calls and counts of every process; Infinity where no process is expected to tell more. */
  toldUntil: number;
  /** Events of the log; null where there is none. */
  loggedUntil: number | null;
  /** Counts as charts show them; null where nothing tells. */
  wholeUntil: number | null;
}

const minuteMs = 60_000;

export async function watermarkOf(
  { db }: ViewContext,
  sources?: readonly AuditSourceRow[],
): Promise<Watermark> {
  const log = sources ?? (await readAuditSources(db));
  const coveredUntil = coverageOf(log);
  const toldUntil = await readToldUntil(db);
  if (coveredUntil === null) return { toldUntil, loggedUntil: null, wholeUntil: null };
  const openSince = (await readOpenSince(db, coveredUntil)) ?? coveredUntil;
  const loggedUntil = Math.floor(Math.min(coveredUntil, openSince) / minuteMs) * minuteMs;
  const whole = Math.min(wholeUntil(log) ?? coveredUntil, toldUntil);
  return { toldUntil, loggedUntil, wholeUntil: whole };
}
