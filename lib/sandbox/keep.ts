/** What the sandbox leaves on disk so that a restart goes on: its clouds' states, and each audit event at once. */
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { KeptSide, SideState, StoredEventOf } from './sides/kept-side.ts';
import type { CloudName } from './sides/side.ts';

export interface KeptSandbox<S = KeptSide> {
  /** Sandbox time when this was written, epoch ms. */
  clockMs: number;
  sides: readonly S[];
}

/** A side without its events, which are appended one by one. */
export type SavedSide = SideState & Pick<KeptSide, 'key' | 'disabledAt'>;

export interface Keeper {
  append<C extends CloudName>(cloud: C, event: StoredEventOf<C>): void;
  save(saved: KeptSandbox<SavedSide>): void;
  close(): void;
}

const stateFile = 'state.json';
const journalOf = (cloud: CloudName) => `${cloud}.ndjson`;
const olderOf = (cloud: CloudName) => `${cloud}.older.ndjson`;
/** Of a journal; two of them hold more than a week of the default traffic. */
const bytesMaxDefault = 64 * 1024 * 1024;
/** Of what is written. What another release wrote in another form is nothing to go on from. */
const form = 2;

/** What an earlier run left, with its events, or null where there is nothing whole. */
export function readKept(dir: string): KeptSandbox | null {
  try {
    const saved = JSON.parse(readFileSync(join(dir, stateFile), 'utf8'));
    if (saved.form !== form) return null;
    // What stands there was written by `keepIn` in this form, whole or not at all.
    const { clockMs, sides } = saved as KeptSandbox<SavedSide>;
    return { clockMs, sides: sides.map((side) => withEvents(dir, side)) };
  } catch {
    return null;
  }
}

function withEvents(dir: string, side: SavedSide): KeptSide {
  const lines = [olderOf(side.cloud), journalOf(side.cloud)].flatMap((file) =>
    existsSync(join(dir, file)) ? readFileSync(join(dir, file), 'utf8').split('\n') : [],
  );
  // A line is one that the journal of `keepIn` wrote for this cloud.
  return { ...side, events: lines.flatMap(parseEvent) } as KeptSide;
}

/** A crash may cut the last line short; that event was never delivered to anyone. */
function parseEvent(line: string): unknown[] {
  try {
    return line === '' ? [] : [JSON.parse(line)];
  } catch {
    return [];
  }
}

/**
 * Keeps a sandbox in `dir`; `fresh` forgets what was there. Of a full journal and the one before it the older goes, so
 * that what is kept has a bound however long the sandbox lives: what it forgets, clouds forget too.
 */
export function keepIn(
  dir: string,
  { fresh, bytesMax = bytesMaxDefault }: { fresh: boolean; bytesMax?: number },
): Keeper {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  if (fresh) forget(dir);
  const journals = new Map<CloudName, Journal>();
  const journalFor = (cloud: CloudName): Journal => {
    const known = journals.get(cloud) ?? new Journal(dir, cloud, bytesMax);
    journals.set(cloud, known);
    return known;
  };
  return {
    append: (cloud, event) => journalFor(cloud).append(`${JSON.stringify(event)}\n`),
    save: (saved) => {
      const path = join(dir, stateFile);
      writeFileSync(`${path}.new`, JSON.stringify({ form, ...saved }), { mode: 0o600 });
      renameSync(`${path}.new`, path);
    },
    close: () => {
      for (const journal of journals.values()) journal.close();
    },
  };
}

class Journal {
  readonly #path: string;
  readonly #olderPath: string;
  readonly #bytesMax: number;
  #file: number;
  #bytes: number;

  constructor(dir: string, cloud: CloudName, bytesMax: number) {
    this.#path = join(dir, journalOf(cloud));
    this.#olderPath = join(dir, olderOf(cloud));
    this.#bytesMax = bytesMax;
    this.#file = openSync(this.#path, 'a', 0o600);
    this.#bytes = fstatSync(this.#file).size;
    // What a crash cut short stays a line of its own.
    if (this.#bytes > 0) this.#write('\n');
  }

  append(line: string): void {
    if (this.#bytes > this.#bytesMax) {
      this.close();
      renameSync(this.#path, this.#olderPath);
      this.#file = openSync(this.#path, 'a', 0o600);
      this.#bytes = 0;
    }
    this.#write(line);
  }

  close(): void {
    closeSync(this.#file);
  }

  #write(text: string): void {
    this.#bytes += writeSync(this.#file, text);
  }
}

function forget(dir: string): void {
  for (const file of readdirSync(dir))
    if (file === stateFile || file.endsWith('.ndjson')) rmSync(join(dir, file));
}
