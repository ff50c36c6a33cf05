import type { Tx } from '../connection/transaction.ts';
import { type PackedSeries, packDay, seriesIn, unpackDay } from './packed-day.ts';
import type { Tally } from './tallies.ts';

const minutesPerDay = 1_440;
/** Days of one statement, whose bytes it holds. */
const daysPerStatement = 2_000;

interface Day {
  key: number;
  cut: number;
  who: number;
  day: number;
  series: Map<number, Map<number, PackedSeries>>;
}

/** Cells on their way into packed days. */
export class PackedDays {
  readonly #days = new Map<number, Map<number, Map<number, Map<number, Day>>>>();
  /** Cells that were added since the last writing. */
  size = 0;

  add({ key, cut, who, at, label, by, n }: Tally): void {
    const day = Math.floor(at / minutesPerDay);
    const { counts } = seriesIn(this.#dayOf({ key, cut, who, day }).series, label, by);
    const minute = at - day * minutesPerDay;
    counts.set(minute, (counts.get(minute) ?? 0) + n);
    this.size += 1;
  }

  /** Adds what there is to the days that are packed already, and begins anew. */
  async write(tx: Tx): Promise<void> {
    const all = [...this.#days.values()].flatMap((ofKey) =>
      [...ofKey.values()].flatMap((ofCut) =>
        [...ofCut.values()].flatMap((ofWho) => [...ofWho.values()]),
      ),
    );
    for (let from = 0; from < all.length; from += daysPerStatement)
      await addTo(tx, all.slice(from, from + daysPerStatement));
    this.#days.clear();
    this.size = 0;
  }

  #dayOf(place: Omit<Day, 'series'>): Day {
    const { key, cut, who, day } = place;
    const ofKey = this.#days.get(key) ?? new Map<number, Map<number, Map<number, Day>>>();
    const ofCut = ofKey.get(cut) ?? new Map<number, Map<number, Day>>();
    const ofWho = ofCut.get(who) ?? new Map<number, Day>();
    const found = ofWho.get(day) ?? { ...place, series: new Map() };
    this.#days.set(key, ofKey.set(cut, ofCut.set(who, ofWho.set(day, found))));
    return found;
  }
}

async function addTo(tx: Tx, days: readonly Day[]): Promise<void> {
  const places = [
    days.map(({ key }) => key),
    days.map(({ cut }) => cut),
    days.map(({ who }) => who),
    days.map(({ day }) => day),
  ];
  const known = await tx.$queryRawUnsafe<{ no: number; minutes: Uint8Array }[]>(
    `SELECT g.no::int AS no, d.minutes
     FROM unnest($1::int[], $2::smallint[], $3::int[], $4::int[]) WITH ORDINALITY AS g(key, cut, who, day, no)
     CROSS JOIN LATERAL (SELECT minutes FROM tally_day
       WHERE key = g.key AND cut = g.cut AND who = g.who AND day = g.day ORDER BY key) d`,
    ...places,
  );
  for (const { no, minutes } of known) {
    const day = days[no - 1];
    if (day === undefined) continue;
    for (const { label, by, counts } of unpackDay(minutes)) {
      const into = seriesIn(day.series, label, by).counts;
      for (const [minute, n] of counts) into.set(minute, (into.get(minute) ?? 0) + n);
    }
  }
  const packed = days.map(({ series }) =>
    packDay([...series.values()].flatMap((ofLabel) => [...ofLabel.values()])),
  );
  await tx.$executeRawUnsafe(
    `INSERT INTO tally_day (key, cut, who, day, totals, hours, minutes)
     SELECT * FROM unnest($1::int[], $2::smallint[], $3::int[], $4::int[], $5::bytea[], $6::bytea[], $7::bytea[])
     ON CONFLICT (key, cut, who, day)
     DO UPDATE SET totals = excluded.totals, hours = excluded.hours, minutes = excluded.minutes`,
    ...places,
    packed.map(({ totals }) => totals),
    packed.map(({ hours }) => hours),
    packed.map(({ minutes }) => minutes),
  );
}
