import type { WindowSum } from '../domain/window-facts.ts';
import type { Tx } from './transaction.ts';

const instant = (ms: number) => new Date(ms).toISOString();

/** Sums of every measure over `[from, to)` (epoch ms, whole minutes), by key, process, operation and label. */
export function readWindow(tx: Tx, window: { from: number; to: number }): Promise<WindowSum[]> {
  return tx.$queryRawUnsafe<WindowSum[]>(
    `SELECT measure, key, process, operation, label, sum(n)::float8 AS n FROM rollup_minute
     WHERE minute >= $1::timestamptz AND minute < $2::timestamptz GROUP BY 1, 2, 3, 4, 5`,
    instant(window.from),
    instant(window.to),
  );
}
