import type { Tx } from './transaction.ts';

export interface UseCountRow {
  uses: number;
  pairs: number;
}

/** How many (process, DEK) pairs were used so often within one hour of `[from, to)`, and by how many processes. */
export async function readUseCounts(
  tx: Tx,
  query: {
    from: number;
    to: number;
    workspace?: string | undefined;
    process?: string | undefined;
  },
): Promise<{ useCounts: UseCountRow[]; processes: number }> {
  const rows = await tx.$queryRawUnsafe<{ uses: number | null; pairs: number }[]>(
    `SELECT uses::float8 AS uses, count(*)::float8 AS pairs FROM dek_hour
     WHERE hour >= $1::timestamptz AND hour < $2::timestamptz
       AND ($3::text IS NULL OR workspace = $3::text) AND ($4::text IS NULL OR process = $4::text)
     GROUP BY GROUPING SETS ((uses), (process))`,
    new Date(query.from).toISOString(),
    new Date(query.to).toISOString(),
    query.workspace ?? null,
    query.process ?? null,
  );
  // Rows of a process say nothing of uses: there are as many as processes.
  const useCounts = rows.flatMap(({ uses, pairs }) => (uses === null ? [] : [{ uses, pairs }]));
  return { useCounts, processes: rows.length - useCounts.length };
}
