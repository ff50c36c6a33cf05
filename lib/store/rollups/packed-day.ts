/**
 * A day of one cut's sums in bytes, in three forms: `totals` has one sum of each label, for windows of days; `hours`
 * has the 24, for charts; `minutes` has the 1,440, for series and for the edges of a window. Numbers are LEB128, signed
 * ones zigzag; a label's minutes are pairs of (minutes since the last one, n), or one, two or four bytes a minute where
 * that is shorter.
 */
const minutesPerDay = 1_440;
const minutesPerHour = 60;

/** The sums of one label by one process or principal, by minute of the day; zeros are absent. */
export interface PackedSeries {
  label: number;
  by: number;
  counts: Map<number, number>;
}

export type DayForm = 'totals' | 'hours' | 'minutes';

const [sparse, ...widths] = [0, 1, 2, 4] as const;

/** All forms of a day; the series in an order of their own, so that equal sums are equal bytes. */
export function packDay(series: readonly PackedSeries[]): Record<DayForm, Buffer> {
  const [totals, hours, minutes] = [new Writer(), new Writer(), new Writer()];
  const sorted = series
    .map(({ counts, ...of }) => ({ ...of, cells: cellsOf(counts) }))
    .filter(({ cells }) => cells.length > 0)
    .sort((a, b) => a.label - b.label || a.by - b.by);
  for (const { label, by, cells } of sorted) {
    for (const writer of [totals, hours, minutes]) {
      writer.number(label);
      writer.number(by);
    }
    totals.signed(cells.reduce((sum, [, n]) => sum + n, 0));
    putHours(hours, cells);
    putMinutes(minutes, cells);
  }
  return { totals: totals.bytes(), hours: hours.bytes(), minutes: minutes.bytes() };
}

type Cell = readonly [minute: number, n: number];

const cellsOf = (counts: ReadonlyMap<number, number>): Cell[] =>
  [...counts].filter(([, n]) => n !== 0).sort(([a], [b]) => a - b);

function putHours(writer: Writer, cells: readonly Cell[]): void {
  const sums = new Map<number, number>();
  for (const [minute, n] of cells) {
    const hour = Math.floor(minute / minutesPerHour);
    sums.set(hour, (sums.get(hour) ?? 0) + n);
  }
  writer.number(sums.size);
  let last = 0;
  for (const [hour, n] of sums) {
    writer.number(hour - last);
    writer.signed(n);
    last = hour;
  }
}

function putMinutes(writer: Writer, cells: readonly Cell[]): void {
  const pairs = new Writer();
  pairs.number(cells.length);
  let last = 0;
  let [least, most] = [0, 0];
  for (const [minute, n] of cells) {
    pairs.number(minute - last);
    pairs.signed(n);
    last = minute;
    least = Math.min(least, n);
    most = Math.max(most, n);
  }
  const bytes = pairs.bytes();
  const width = widths.find((one) => most < 256 ** one);
  if (least < 0 || width === undefined || bytes.length <= width * minutesPerDay) {
    writer.number(sparse);
    writer.put(bytes);
    return;
  }
  writer.number(width);
  const dense = Buffer.alloc(width * minutesPerDay);
  for (const [minute, n] of cells) dense.writeUIntLE(n, width * minute, width);
  writer.put(dense);
}

/** What takes the counts of one series that are not zero, `at` where they are; null passes it over. */
export type Take = ((at: number, n: number) => void) | null;
/** Series by series. */
type Open = (label: number, by: number) => Take;

/** Gives every sum of `totals`, `at` 0. */
export function eachTotal(totals: Uint8Array, open: Open): void {
  const reader = new Reader(totals);
  while (!reader.done) {
    const take = open(reader.number(), reader.number());
    const n = reader.signed();
    take?.(0, n);
  }
}

/** `totals` of a day that an earlier release packed without them. */
export function totalsOf(hours: Uint8Array): Buffer {
  const totals = new Writer();
  const reader = new Reader(hours);
  while (!reader.done) {
    totals.number(reader.number());
    totals.number(reader.number());
    let sum = 0;
    for (let left = reader.number(); left > 0; left -= 1) {
      reader.number();
      sum += reader.signed();
    }
    totals.signed(sum);
  }
  return totals.bytes();
}

/** Gives every hour of `hours` that is not empty. */
export function eachHour(hours: Uint8Array, open: Open): void {
  const reader = new Reader(hours);
  while (!reader.done) {
    const take = open(reader.number(), reader.number());
    let hour = 0;
    for (let left = reader.number(); left > 0; left -= 1) {
      hour += reader.number();
      const n = reader.signed();
      take?.(hour, n);
    }
  }
}

/** Gives every minute of `[from, to)` of the day that is not empty. */
export function eachMinute(
  minutes: Uint8Array,
  { from, to }: { from: number; to: number },
  open: Open,
): void {
  const reader = new Reader(minutes);
  while (!reader.done) {
    const take = open(reader.number(), reader.number());
    const width = reader.number();
    if (width === sparse) {
      let minute = 0;
      for (let left = reader.number(); left > 0; left -= 1) {
        minute += reader.number();
        const n = reader.signed();
        if (minute >= from && minute < to) take?.(minute, n);
      }
      continue;
    }
    const dense = reader.take(width * minutesPerDay);
    if (take === null) continue;
    for (let minute = from; minute < to; minute += 1) {
      let n = 0;
      for (let at = width - 1; at >= 0; at -= 1) n = 256 * n + (dense[width * minute + at] ?? 0);
      if (n !== 0) take(minute, n);
    }
  }
}

/** The series of a packed day. */
export function unpackDay(minutes: Uint8Array): PackedSeries[] {
  const series = new Map<number, Map<number, PackedSeries>>();
  eachMinute(minutes, { from: 0, to: minutesPerDay }, (label, by) => {
    const { counts } = seriesIn(series, label, by);
    return (minute, n) => counts.set(minute, n);
  });
  return [...series.values()].flatMap((one) => [...one.values()]);
}

/** The series of a label and of whom, made where there is none. */
export function seriesIn(
  all: Map<number, Map<number, PackedSeries>>,
  label: number,
  by: number,
): PackedSeries {
  const ofLabel = all.get(label) ?? new Map<number, PackedSeries>();
  all.set(label, ofLabel);
  const found = ofLabel.get(by) ?? { label, by, counts: new Map<number, number>() };
  ofLabel.set(by, found);
  return found;
}

class Writer {
  #bytes = Buffer.alloc(256);
  #length = 0;

  number(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.#byte((rest % 128) + 128);
      rest = Math.floor(rest / 128);
    }
    this.#byte(rest);
  }

  signed(value: number): void {
    this.number(value < 0 ? -2 * value - 1 : 2 * value);
  }

  put(bytes: Buffer): void {
    this.#room(bytes.length);
    bytes.copy(this.#bytes, this.#length);
    this.#length += bytes.length;
  }

  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #byte(value: number): void {
    this.#room(1);
    this.#bytes[this.#length] = value;
    this.#length += 1;
  }

  #room(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const bytes = Buffer.alloc(Math.max(2 * this.#bytes.length, this.#length + more));
    this.#bytes.copy(bytes);
    this.#bytes = bytes;
  }
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  number(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#next();
      if (byte < 128) return value + byte * scale;
      value += (byte - 128) * scale;
    }
  }

  signed(): number {
    const value = this.number();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  take(length: number): Uint8Array {
    this.#at += length;
    if (this.#at > this.#bytes.length) throw new Error('a packed day ends too soon');
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  #next(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new Error('a packed day ends too soon');
    this.#at += 1;
    return byte;
  }
}
