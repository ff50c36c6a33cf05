/**
 * The engine's own counts. The hot path adds to integers; readers take deltas, each once, or totals. A lookup counts in
 * the minute in which it began, however late its outcome is known. The counts are bounded: rows that no reader takes
 * are dropped, oldest first, and the loss is counted.
 */
import { type ActiveDek, DekActivities } from './dek-activities.ts';
import type {
  LookupOutcome,
  MessageCount,
  OperationCount,
  Path,
  RollUp,
  Scope,
  Totals,
} from './port.ts';
import { lookupOutcomes, scopes } from './port.ts';
import { type LoggedRow, RowLog } from './row-log.ts';

const minuteMs = 60_000;
const paths = ['encrypt', 'decrypt'] as const satisfies readonly Path[];
const cellsPerScope = paths.length * lookupOutcomes.length;
const cellsPerRow = scopes.length * cellsPerScope;
const rowsMax = 65_536;
const rowsPerBlock = 64;

/** The minute that holds `at`, counted from the epoch. */
export const minuteOf = (at: number): number => Math.floor(at / minuteMs);

export const startOfMinute = (at: number): number => minuteOf(at) * minuteMs;

function cellOf(scope: Scope, path: Path, outcome: LookupOutcome): number {
  const pathAt = path === 'encrypt' ? 0 : lookupOutcomes.length;
  const outcomeAt = outcome === 'hit' ? 0 : lookupOutcomes.indexOf(outcome);
  return (scope === 'message' ? 0 : cellsPerScope) + pathAt + outcomeAt;
}

/** The counts of one workspace under one key in one minute. Many rows share a block of cells, because each is small. */
interface Row extends LoggedRow {
  readonly keyUri: string;
  readonly minute: number;
  readonly block: Int32Array;
  readonly from: number;
  messages: number;
  /** Whether counts may still be added; false once the row was taken or dropped. */
  open: boolean;
}

/** Whose lookups are counted. A handle keeps the row that it counts into, so that it is looked up once a minute. */
export interface Counted {
  readonly workspace: string;
  readonly scope: Scope;
  row?: Row | undefined;
}

/** The fields of a roll-up that the engine fills in. */
type Told = Pick<RollUp, 'completeUntil' | 'callsTold' | 'last'>;

export class Counters {
  readonly #totals = new Float64Array(cellsPerRow);
  readonly #deks = new DekActivities();
  /** By workspace. No (attributes, minute) may be in a roll-up twice: a receiver counts each only once. */
  readonly #rows = new RowLog<Row>();
  #block = new Int32Array(0);
  #from = 0;
  #messages = 0;
  #lost = 0;
  #seq = 0;
  /** `completeUntil` of the roll-up before; before the first one, nothing is due. */
  #completeUntil = Number.POSITIVE_INFINITY;

  /** Counts the outcome of a lookup that began at `at`, epoch ms. */
  lookup(of: Counted, keyUri: string, at: number, path: Path, outcome: LookupOutcome): void {
    const cell = cellOf(of.scope, path, outcome);
    const last = of.row;
    const fits = last?.open === true && last.minute === minuteOf(at) && last.keyUri === keyUri;
    const row = fits ? last : this.#row(of.workspace, keyUri, at);
    of.row = row;
    const place = row.from + cell;
    row.block[place] = (row.block[place] ?? 0) + 1;
    this.#totals[cell] = (this.#totals[cell] ?? 0) + 1;
  }

  message(workspace: string, keyUri: string, at: number): void {
    this.#row(workspace, keyUri, at).messages += 1;
    this.#messages += 1;
  }

  /** Adds the use of a DEK in one minute to the next roll-up. */
  dek(dek: ActiveDek): void {
    this.#deks.add(dek);
  }

  totals(entries: number, sinkFaults: number): Totals {
    const operations: Totals['operations'] = [];
    for (const path of paths) {
      for (const outcome of lookupOutcomes) {
        const n = scopes.reduce(
          (sum, scope) => sum + (this.#totals[cellOf(scope, path, outcome)] ?? 0),
          0,
        );
        operations.push({ path, outcome, n });
      }
    }
    return { operations, messages: this.#messages, entries, sinkFaults };
  }

  /** Takes the counts. A roll-up may be empty: if a minute has ended since the last one, or if it is the last. */
  takeRollUp(told: Told): RollUp | undefined {
    const operations: OperationCount[] = [];
    const messages: MessageCount[] = [];
    for (const row of this.#rows.take(identity, merge)) {
      row.open = false;
      const about = { minute: row.minute * minuteMs, workspace: row.key, keyUri: row.keyUri };
      if (row.messages > 0) messages.push({ ...about, n: row.messages });
      for (const scope of scopes) {
        for (const path of paths) {
          for (const outcome of lookupOutcomes) {
            const n = row.block[row.from + cellOf(scope, path, outcome)] ?? 0;
            if (n > 0) operations.push({ ...about, scope, path, outcome, n });
          }
        }
      }
    }
    this.#block = new Int32Array(0);
    this.#from = 0;
    const { deks, dekOneIn } = this.#deks.take();
    const isLast = told.last && this.#seq + told.callsTold > 0;
    const isDue = isLast || told.completeUntil > this.#completeUntil;
    this.#completeUntil = told.completeUntil;
    const lost = this.#lost;
    this.#lost = 0;
    if (operations.length + messages.length + deks.length + lost === 0 && !isDue) return undefined;
    this.#seq += 1;
    return { seq: this.#seq, ...told, operations, messages, deks, dekOneIn, lost };
  }

  #row(key: string, keyUri: string, at: number): Row {
    const minute = minuteOf(at);
    const latest = this.#rows.latest(key);
    if (latest !== undefined && latest.minute === minute && latest.keyUri === keyUri) return latest;
    // An outcome may be known only after its minute ended.
    const isIt = (row: Row) => row.minute === minute && row.keyUri === keyUri;
    return this.#rows.find(key, isIt) ?? this.#begin({ key, keyUri, minute });
  }

  #begin(about: Pick<Row, 'key' | 'keyUri' | 'minute'>): Row {
    if (this.#rows.size >= rowsMax) {
      const dropped = this.#rows.dropOldest();
      if (dropped !== undefined) {
        dropped.open = false;
        this.#lost += dropped.messages + sumOf(dropped);
      }
    }
    if (this.#from === this.#block.length) {
      this.#block = new Int32Array(rowsPerBlock * cellsPerRow);
      this.#from = 0;
    }
    const place = { block: this.#block, from: this.#from, messages: 0, open: true };
    this.#from += cellsPerRow;
    const row: Row = { ...about, ...place, sameKey: undefined, later: undefined };
    this.#rows.add(row);
    return row;
  }
}

const identity = ({ minute, key, keyUri }: Row): string => JSON.stringify([minute, key, keyUri]);

function merge(into: Row, row: Row): void {
  row.open = false;
  into.messages += row.messages;
  for (let cell = 0; cell < cellsPerRow; cell += 1) {
    const n = row.block[row.from + cell] ?? 0;
    into.block[into.from + cell] = (into.block[into.from + cell] ?? 0) + n;
  }
}

function sumOf({ block, from }: Row): number {
  return block.subarray(from, from + cellsPerRow).reduce((sum, n) => sum + n, 0);
}
