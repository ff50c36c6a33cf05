/**
 * The use of DEKs by minute until a reader takes it. Where a reader takes, but there are more DEKs than rows, those
 * that a hash of their id picks are kept whole and all others dropped, and the roll-up says how many each stands for.
 */
import { dekIdOfKey } from '../dek-key.ts';
import type { DekActivity } from './port.ts';
import { type LoggedRow, RowLog } from './row-log.ts';

/** A DEK's use in the minute (counted from the epoch) that it is in. */
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

export const dekRowsMax = 65_536;
const oneInMax = 2 ** 16;
const siftedPerAdd = 8;
/** How many more rows there may be while those of before are sifted. */
const unsiftedMax = dekRowsMax / siftedPerAdd;
const minuteMs = 60_000;

export class DekActivities {
  #rows = new RowLog<Row>();
  /** Rows that were there when `#oneIn` last grew, and have not been looked at since. */
  #unsifted = new RowLog<Row>();
  /** One DEK in so many is kept; a power of two. */
  #oneIn = 1;

  /** Takes over what the DEK did since this was last asked for. */
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

  /** Old rows show that nobody takes them: then the oldest goes. Else there are too many DEKs at one time. */
  #makeRoom(minute: number): void {
    const oldest = this.#unsifted.oldest ?? this.#rows.oldest;
    const isOld = oldest !== undefined && oldest.minute < minute - 1;
    // Whoever owns a key chooses its DEKs' ids: it may be that all are picked.
    const full = this.#rows.size + this.#unsifted.size >= dekRowsMax + unsiftedMax;
    if (isOld || full || this.#oneIn >= oneInMax) {
      if (this.#unsifted.dropOldest() === undefined) this.#rows.dropOldest();
      return;
    }
    if (this.#unsifted.size > 0) return;
    this.#oneIn *= 2;
    [this.#unsifted, this.#rows] = [this.#rows, this.#unsifted];
  }

  /** Looks at so many rows of before: sifting all at once would hold up the event loop. */
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

/** By the id's last two bytes, which are random. */
function isSampled(key: string, oneIn: number): boolean {
  return ((key.charCodeAt(14) << 8) | key.charCodeAt(15)) % oneIn === 0;
}
