/** Requests by cause over time: the rows a stacked chart draws, and what they say in words. */

import { causeLabel, causeOrder } from '../../../lib/shared/causes.ts';
import { type Counts, countOf } from '../../../lib/shared/counts.ts';
import type { CauseBucket } from '../../../lib/shared/dto.ts';
import { countText } from '../../../lib/shared/screen-text.ts';
import { sumOf } from './share-segments.ts';

export interface CauseRow {
  start: number;
  end: number;
  messages: number;
  requests: number;
  causes: Counts;
  /** 1 where the log is not complete yet, else 0: the height of its hatching. */
  hatch: 0 | 1;
}

export interface CauseSeries {
  rows: CauseRow[];
  /** Causes with any request, in stacking order; unknown ones last. */
  causes: string[];
  requests: number;
  messages: number;
  incomplete: number;
}

export function causeSeries(buckets: readonly CauseBucket[], bucketMs: number): CauseSeries {
  const totals = new Map<string, number>();
  const rows = buckets.map(({ start, messages, causes, incomplete }): CauseRow => {
    for (const [cause, count] of Object.entries(causes)) {
      totals.set(cause, (totals.get(cause) ?? 0) + count);
    }
    const requests = sumOf(causes);
    return { start, end: start + bucketMs, messages, requests, causes, hatch: incomplete ? 1 : 0 };
  });
  const present = [...totals].filter(([, count]) => count > 0).map(([cause]) => cause);
  const known = causeOrder.filter((cause) => present.includes(cause));
  return {
    rows,
    causes: [...known, ...present.filter((cause) => !causeOrder.includes(cause)).sort()],
    requests: rows.reduce((sum, row) => sum + row.requests, 0),
    messages: rows.reduce((sum, row) => sum + row.messages, 0),
    incomplete: rows.filter((row) => row.hatch === 1).length,
  };
}

/** The series of the chosen causes alone; all of it where none of those is there. */
export function onlyCauses(series: CauseSeries, chosen: readonly string[]): CauseSeries {
  const causes = series.causes.filter((cause) => chosen.includes(cause));
  if (causes.length === 0) return series;
  const rows = series.rows.map((row): CauseRow => {
    const kept = Object.fromEntries(causes.map((cause) => [cause, countOf(row.causes, cause)]));
    return { ...row, causes: kept, requests: sumOf(kept) };
  });
  const requests = rows.reduce((sum, row) => sum + row.requests, 0);
  return { ...series, rows, causes, requests };
}

/** The cause's requests over all rows. */
export function causeTotal(series: CauseSeries, cause: string): number {
  return series.rows.reduce((sum, row) => sum + countOf(row.causes, cause), 0);
}

/** The cause whose part of the bar is at this height; null above the bar. */
export function causeAt(row: CauseRow, causes: readonly string[], value: number): string | null {
  let below = 0;
  for (const cause of causes) {
    below += countOf(row.causes, cause);
    if (value >= 0 && value < below) return cause;
  }
  return null;
}

/** The chart in words: how much, mostly why, and when most; for how many messages, where these are told. */
export function causeSummary(
  series: CauseSeries,
  atText: (at: number) => string,
  messagesTold = true,
): string {
  const main = series.causes
    .map((cause) => ({ cause, count: causeTotal(series, cause) }))
    .sort((a, b) => b.count - a.count)[0];
  const peak = series.rows.reduce<CauseRow | null>(
    (most, row) => (most === null || row.requests > most.requests ? row : most),
    null,
  );
  if (!main || !peak) return 'No KMS requests in this window.';
  return (
    `${countText(series.requests)} KMS requests` +
    `${messagesTold ? ` for ${countText(series.messages)} messages` : ''}; ` +
    `most for ${causeLabel(main.cause)} (${countText(main.count)}); ` +
    `the peak is ${countText(peak.requests)} at ${atText(peak.start)}.`
  );
}
