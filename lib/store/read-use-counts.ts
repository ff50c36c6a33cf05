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
  const where = `hour >= $1::timestamptz AND hour < $2::timestamptz
    AND ($3::text IS NULL OR workspace = $3::text) AND ($4::text IS NULL OR process = $4::text)`;
  const values = [
    new Date(query.from).toISOString(),
    new Date(query.to).toISOString(),
    query.workspace ?? null,
    query.process ?? null,
  ];
  const useCounts = await tx.$queryRawUnsafe<UseCountRow[]>(
    `SELECT uses::float8 AS uses, count(*)::float8 AS pairs FROM dek_hour WHERE ${where} GROUP BY 1`,
    ...values,
  );
  const rows = await tx.$queryRawUnsafe<{ n: number }[]>(
    `SELECT count(DISTINCT process)::float8 AS n FROM dek_hour WHERE ${where}`,
    ...values,
  );
  return { useCounts, processes: rows[0]?.n ?? 0 };
}
