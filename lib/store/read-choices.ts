import type { Tx } from './transaction.ts';

const kinds = ['workspace', 'key', 'process'] as const;
export type Choices = Record<(typeof kinds)[number], string[]>;

/** What calls of the hours that touch `[from, to)` can be filtered by, most calls first. */
export async function readChoices(
  tx: Tx,
  window: { from: number; to: number; each: number },
): Promise<Choices> {
  const choices: Choices = { workspace: [], key: [], process: [] };
  for (const kind of kinds) {
    const rows = await tx.$queryRawUnsafe<{ value: string }[]>(
      `SELECT ${kind} AS value FROM rollup_hour WHERE measure = 'calls'
         AND hour > $1::timestamptz - interval '1 hour' AND hour < $2::timestamptz AND ${kind} <> ''
       GROUP BY 1 ORDER BY sum(n) DESC, 1 LIMIT $3::int`,
      new Date(window.from).toISOString(),
      new Date(window.to).toISOString(),
      window.each,
    );
    choices[kind] = rows.map(({ value }) => value);
  }
  return choices;
}
