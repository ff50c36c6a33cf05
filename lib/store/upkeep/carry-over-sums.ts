import type { Db } from '../connection/db.ts';
import { type Tx, transaction } from '../connection/transaction.ts';
import { type Count, measures, useCounts } from '../rollups/description.ts';
import { PackedDays } from '../rollups/packed-days.ts';
import { talliesOf } from '../rollups/tallies.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** Hours of one transaction. */
const hoursAtOnce = 6;
const msMax = 10 * minuteMs;

/** The tables of an earlier release, which a migration has renamed. */
export const firstSums = ['first_rollup_minute', 'first_dek_hour'];

/**
 * Carries over what an earlier release has summed, oldest first: also of rows that retention has dropped since. What is
 * carried over is deleted there, so that it goes on where it was stopped, and the empty tables go.
 */
export async function carryOverSums(db: Db): Promise<void> {
  for (;;) {
    const [row] = await db.$queryRawUnsafe<{ at: number | null }[]>(
      `SELECT (extract(epoch FROM least((SELECT min(minute) FROM first_rollup_minute), (SELECT min(hour) FROM first_dek_hour))) * 1000)::float8 AS at`,
    );
    const first = row?.at ?? null;
    if (first === null) break;
    const from = Math.floor(first / hourMs) * hourMs;
    const span = [
      new Date(from).toISOString(),
      new Date(from + hoursAtOnce * hourMs).toISOString(),
    ];
    await transaction(db, (tx) => carrySome(tx, span), msMax);
  }
  await db.$executeRawUnsafe(`DROP TABLE ${firstSums.join(', ')}`);
}

/** An earlier release had other measures. */
type OldRow = Omit<Count, 'measure'> & { measure: string };

async function carrySome(tx: Tx, span: readonly string[]): Promise<void> {
  const rows = await tx.$queryRawUnsafe<OldRow[]>(
    `DELETE FROM first_rollup_minute WHERE minute >= $1::timestamptz AND minute < $2::timestamptz
     RETURNING (extract(epoch FROM minute) * 1000)::float8 AS at, measure, key, workspace, process AS by, operation,
       label, n::float8 AS n`,
    ...span,
  );
  const uses = await tx.$queryRawUnsafe<
    { at: number; workspace: string; process: string; uses: number; pairs: number }[]
  >(
    `WITH gone AS (DELETE FROM first_dek_hour WHERE hour >= $1::timestamptz AND hour < $2::timestamptz RETURNING *)
     SELECT (extract(epoch FROM hour) * 1000)::float8 AS at, workspace, process, sum(uses)::float8 AS uses,
       count(*)::float8 AS pairs
     FROM gone GROUP BY 1, 2, 3`,
    ...span,
  );
  const counts = [
    ...rows.flatMap(countOf),
    ...uses.flatMap((row) => [
      ...useCounts(row, { measure: 'uses', n: row.uses }),
      ...useCounts(row, { measure: 'pairs', n: row.pairs }),
    ]),
  ];
  const days = new PackedDays();
  for (const tally of await talliesOf(tx, counts)) days.add(tally);
  await days.write(tx);
}

function countOf({ measure, key, workspace, ...row }: OldRow): Count[] {
  // A key of `measures`, or none.
  const known = Object.keys(measures).find((one) => one === measure) as
    | Count['measure']
    | undefined;
  if (known === undefined) return [];
  // Numbers that never came have no key.
  const nowhere = known === 'missing';
  return [{ ...row, measure: known, key: nowhere ? '' : key, workspace: nowhere ? '' : workspace }];
}
