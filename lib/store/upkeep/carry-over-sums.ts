import type { Db } from '../connection/db.ts';
import { allNames } from '../connection/intern.ts';
import { type Tx, transaction } from '../connection/transaction.ts';
import { askedCounts, type Count, cuts, measures, useCounts } from '../rollups/description.ts';
import { eachHour, totalsOf } from '../rollups/packed-day.ts';
import { PackedDays } from '../rollups/packed-days.ts';
import { talliesOf } from '../rollups/tallies.ts';

const minuteMs = 60_000;
const minutesPerHour = 60;
const minutesPerDay = 1_440;
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

/** Days that an earlier release packed without their totals; a migration has renamed their table. */
export const firstDays = 'first_tally_day';
/** Days of one transaction. */
const daysAtOnce = 2_000;

/**
 * Carries such days over, each with its totals, and those of workspaces with what menus read of them; they go as the
 * older sums do.
 */
export async function carryOverDays(db: Db): Promise<void> {
  let carried = daysAtOnce;
  while (carried === daysAtOnce) carried = await transaction(db, carrySomeDays, msMax);
  await db.$executeRawUnsafe(`DROP TABLE ${firstDays}`);
}

async function carrySomeDays(tx: Tx): Promise<number> {
  const rows = await tx.$queryRawUnsafe<
    { key: number; cut: number; who: number; day: number; hours: Uint8Array; minutes: Uint8Array }[]
  >(
    `DELETE FROM ${firstDays} WHERE ctid = ANY(ARRAY(SELECT ctid FROM ${firstDays} LIMIT ${daysAtOnce}))
     RETURNING key, cut, who, day, hours, minutes`,
  );
  await tx.$executeRawUnsafe(
    `INSERT INTO tally_day (key, cut, who, day, totals, hours, minutes)
     SELECT * FROM unnest($1::int[], $2::smallint[], $3::int[], $4::int[], $5::bytea[], $6::bytea[], $7::bytea[])`,
    rows.map(({ key }) => key),
    rows.map(({ cut }) => cut),
    rows.map(({ who }) => who),
    rows.map(({ day }) => day),
    rows.map(({ hours }) => totalsOf(hours)),
    rows.map(({ hours }) => Buffer.from(hours)),
    rows.map(({ minutes }) => Buffer.from(minutes)),
  );
  const asked = new PackedDays();
  const labels = new Set(
    (await allNames(tx, 'label')).flatMap(({ id, name }) => (isAsked(name) ? [id] : [])),
  );
  for (const { key, cut, who, day, hours } of rows) {
    if (cut !== cuts.workspace || who === 0) continue;
    eachHour(hours, (label) => {
      if (!labels.has(label)) return null;
      return (hour, n) => {
        const at = day * minutesPerDay + hour * minutesPerHour;
        asked.add({ key, cut: cuts.workspaces, who: 0, at, label: who, by: 0, n });
      };
    });
  }
  await asked.write(tx);
  return rows.length;
}

/** Whether a label of sums is of calls or events, as its name says. */
const isAsked = (name: string): boolean => /^\["(calls|events)"/.test(name);

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
    ...rows.flatMap(countsOf),
    ...uses.flatMap((row) => [
      ...useCounts(row, { measure: 'uses', n: row.uses }),
      ...useCounts(row, { measure: 'pairs', n: row.pairs }),
    ]),
  ];
  const days = new PackedDays();
  for (const tally of await talliesOf(tx, counts)) days.add(tally);
  await days.write(tx);
}

function countsOf({ measure, key, workspace, ...row }: OldRow): Count[] {
  // A key of `measures`, or none.
  const known = Object.keys(measures).find((one) => one === measure) as
    | Count['measure']
    | undefined;
  if (known === undefined) return [];
  // Numbers that never came have no key.
  const nowhere = known === 'missing';
  const place = nowhere ? { key: '', workspace: '' } : { key, workspace };
  const asked = known === 'calls' || known === 'events';
  return [
    { ...row, ...place, measure: known },
    ...(asked ? askedCounts({ at: row.at, ...place }, row.n) : []),
  ];
}
