/**
 * The use of DEKs by minute, until a reader takes it. If there are more DEKs than rows, some are sampled by a hash of
 * their id: those are counted in full and all others dropped. The roll-up says how many DEKs each sampled one stands
 * for.
 */
import { dekIdOfKey } from '../dek-key.ts';
import type { DekActivity } from './port.ts';
import { type LoggedRow, RowLog } from './row-log.ts';

/** The use of a DEK in one minute, counted from the epoch. */
export interface ActiveDek {
  readonly key: string;
  readonly workspace: string;
  readonly minute: number;
  minuteUses: number;
  minuteBytes: number;
}

interface Row extends LoggedRow {
  readonly workspace: string;
  readonly minute: number;
  uses: number;
  bytes: number;
}

const dekRowsMax = 65_536;
const oneInMax = 2 ** 16;
const siftedPerAdd = 8;
/** How many rows more there may be while old rows are being sampled. */
const unsiftedMax = dekRowsMax / siftedPerAdd;
const minuteMs = 60_000;

export class DekActivities {
  #rows = new RowLog<Row>();
  /** Rows from before `#oneIn` last grew that are not sampled yet. */
  #unsifted = new RowLog<Row>();
  /** One DEK in so many is sampled; a power of two. */
  #oneIn = 1;

  /** Adds the use of a DEK, and sets it to 0 there. */
  add(dek: ActiveDek): void {
    const { key, workspace, minute, minuteUses: uses, minuteBytes: bytes } = dek;
    if (uses === 0) return;
    dek.minuteUses = 0;
    dek.minuteBytes = 0;
    this.#sift(siftedPerAdd);
    if (!isSampled(key, this.#oneIn)) return;
    const isIt = (row: Row) => row.minute === minute;
    const known = this.#rows.find(key, isIt) ?? this.#unsifted.find(key, isIt);
    if (known !== undefined) {
      known.uses += uses;
      known.bytes += bytes;
      return;
    }
    if (this.#rows.size + this.#unsifted.size >= dekRowsMax) this.#makeRoom(minute);
    if (!isSampled(key, this.#oneIn)) return;
    this.#rows.add({ key, workspace, minute, uses, bytes, sameKey: undefined, later: undefined });
  }

  take(): { deks: DekActivity[]; dekOneIn: number } {
    this.#sift(Number.POSITIVE_INFINITY);
    const rows = this.#rows.take(identity, merge).slice(-dekRowsMax);
    const dekOneIn = this.#oneIn;
    this.#oneIn = 1;
    const deks = rows.map(({ key, workspace, minute, uses, bytes }) => ({
      minute: minute * minuteMs,
      workspace,
      dekId: dekIdOfKey(key),
      uses,
      bytes,
    }));
    return { deks, dekOneIn };
  }

  /** If the oldest row is old, no reader takes rows: drop it. Else there are too many DEKs: sample fewer. */
  #makeRoom(minute: number): void {
    const oldest = this.#unsifted.oldest ?? this.#rows.oldest;
    const isOld = oldest !== undefined && oldest.minute < minute - 1;
    // Whoever owns a key can choose ids that are all sampled.
    const full = this.#rows.size + this.#unsifted.size >= dekRowsMax + unsiftedMax;
    if (isOld || full || this.#oneIn >= oneInMax) {
      if (this.#unsifted.dropOldest() === undefined) this.#rows.dropOldest();
      return;
    }
    if (this.#unsifted.size > 0) return;
    this.#oneIn *= 2;
    [this.#unsifted, this.#rows] = [this.#rows, this.#unsifted];
  }

  /** Samples at most so many old rows: sampling all at once would block the event loop. */
  #sift(most: number): void {
    for (let n = 0; n < most && this.#unsifted.size > 0; n += 1) {
      const row = this.#unsifted.dropOldest();
      if (row !== undefined && isSampled(row.key, this.#oneIn)) this.#rows.add(row);
    }
  }
}

const identity = ({ key, minute }: Row): string => JSON.stringify([minute, key]);

function merge(into: Row, { uses, bytes }: Row): void {
  into.uses += uses;
  into.bytes += bytes;
}

/** Samples by the last two bytes of the id, which are random. */
function isSampled(key: string, oneIn: number): boolean {
  return ((key.charCodeAt(14) << 8) | key.charCodeAt(15)) % oneIn === 0;
}
