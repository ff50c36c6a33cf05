/** Counts of several kinds over time, as a stacked chart draws them and as words say them. */
import { type Counts, countOf } from '../../../lib/shared/counts.ts';
import { countText } from '../../../lib/shared/screen-text.ts';

export interface StackRow {
  start: number;
  end: number;
  counts: Counts;
}

export interface StackPart {
  id: string;
  label: string;
  fill: string;
}

export const partTotal = (rows: readonly StackRow[], id: string): number =>
  rows.reduce((sum, { counts }) => sum + countOf(counts, id), 0);

/** `412 Succeeded, 31 Denied.` */
export function stackSummary(rows: readonly StackRow[], parts: readonly StackPart[]): string {
  const told = parts
    .map(({ id, label }) => ({ label, n: partTotal(rows, id) }))
    .filter(({ n }) => n > 0)
    .map(({ label, n }) => `${countText(n)} ${label}`);
  return told.length === 0 ? 'nothing yet.' : `${told.join(', ')}.`;
}
