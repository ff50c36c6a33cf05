import type { ActivityQuery } from './read-busy-periods.ts';
import type { Tx } from './transaction.ts';

/** An hour's uses of DEKs, and how many (process, DEK) pairs they are of. */
export interface HourUses {
  hour: number;
  uses: number;
  pairs: number;
}

/** The hours of `[from, to)` in which DEKs were used, newest first, and by how many processes in all. */
export async function readUseCounts(
  tx: Tx,
  query: ActivityQuery,
): Promise<{ hours: HourUses[]; processes: number }> {
  const rows = await tx.$queryRawUnsafe<(Omit<HourUses, 'hour'> & { hour: number | null })[]>(
    `SELECT (extract(epoch FROM hour) * 1000)::float8 AS hour, sum(uses)::float8 AS uses, count(*)::float8 AS pairs
     FROM dek_hour WHERE hour >= $1::timestamptz AND hour < $2::timestamptz
       AND ($3::text IS NULL OR workspace = $3::text) AND ($4::text IS NULL OR process = $4::text)
     GROUP BY GROUPING SETS ((hour), (process)) ORDER BY 1 DESC`,
    new Date(query.from).toISOString(),
    new Date(query.to).toISOString(),
    query.workspace ?? null,
    query.process ?? null,
  );
  // Rows of a process have no hour: there are as many as processes.
  const hours = rows.flatMap(({ hour, ...row }) => (hour === null ? [] : [{ hour, ...row }]));
  return { hours, processes: rows.length - hours.length };
}
