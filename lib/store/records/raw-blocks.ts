/**
 * Raw records, compressed some dozens together: alone each is too short to be made much smaller, and they are read one
 * at a time and seldom. A block is of one key and UTC day, so that it goes with them.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { WriteTx } from '../connection/transaction.ts';
import type { Column } from './binary-values.ts';
import { copyAll } from './insert-rows.ts';

const dayMs = 86_400_000;
const recordsMax = 64;
const charactersMax = 262_144;
/** The first pass finds nearly all that repeats from record to record. */
const level = 1;

/** Where a raw record lies. */
export interface RawPlace {
  block: bigint;
  no: number;
}

interface Block {
  key: number;
  at: number;
  no: bigint;
  records: string[];
}

/** Where each record is to lie; `name` gives the block's number where the record is the first of one. */
export class RawBlocks {
  readonly #open = new Map<number, Map<number, Block & { characters: number }>>();
  readonly #all: Block[] = [];

  add({ key, at, name, raw }: { key: number; at: number; name(): bigint; raw: string }): RawPlace {
    const day = at - (at % dayMs);
    const ofKey = this.#open.get(key) ?? new Map<number, Block & { characters: number }>();
    this.#open.set(key, ofKey);
    let block = ofKey.get(day);
    if (
      block === undefined ||
      block.records.length === recordsMax ||
      block.characters + raw.length > charactersMax
    ) {
      block = { key, at: day, no: name(), records: [], characters: 0 };
      ofKey.set(day, block);
      this.#all.push(block);
    }
    block.records.push(raw);
    block.characters += raw.length;
    return { block: block.no, no: block.records.length - 1 };
  }

  async insert(tx: WriteTx): Promise<void> {
    await copyAll(tx, { name: 'raw_block', columns }, this.#all);
  }
}

const columns: Column<Block>[] = [
  { name: 'key', type: 'int', of: ({ key }) => key },
  { name: 'at', type: 'timestamptz', of: ({ at }) => at },
  { name: 'no', type: 'bigint', of: ({ no }) => no },
  { name: 'records', type: 'bytea', of: ({ records }) => packed(records) },
];

/** Before each record; none has one within, since PostgreSQL's texts have none. */
const mark = '\0';

const packed = (records: readonly string[]): Buffer =>
  deflateRawSync(`${mark}${records.join(mark)}`, { level });

/** A block's records. Those of older blocks are a list in JSON. */
export function unpacked(block: Uint8Array): string[] {
  const text = inflateRawSync(block).toString('utf8');
  if (text.startsWith(mark)) return text.slice(mark.length).split(mark);
  const records: unknown = JSON.parse(text);
  if (!Array.isArray(records)) throw new TypeError('a block of raw records holds no list');
  return records.map(String);
}
