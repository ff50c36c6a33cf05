/** What the sandbox leaves on disk so that a restart goes on: its clouds' states, and each audit event at once. */
import {
  closeSync,
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
  const lines = readFileSync(join(dir, journalOf(side.cloud)), 'utf8').split('\n');
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

/** Keeps a sandbox in `dir`; `fresh` forgets what was there. */
export function keepIn(dir: string, { fresh }: { fresh: boolean }): Keeper {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  if (fresh) forget(dir);
  const journals = new Map<CloudName, number>();
  const journalFor = (cloud: CloudName): number => {
    const known = journals.get(cloud);
    if (known !== undefined) return known;
    const journal = openSync(join(dir, journalOf(cloud)), 'a', 0o600);
    // What a crash cut short stays a line of its own.
    if (!fresh) writeSync(journal, '\n');
    journals.set(cloud, journal);
    return journal;
  };
  return {
    append: (cloud, event) => {
      writeSync(journalFor(cloud), `${JSON.stringify(event)}\n`);
    },
    save: (saved) => {
      // A side that was never used has an empty journal.
      for (const { cloud } of saved.sides) journalFor(cloud);
      const path = join(dir, stateFile);
      writeFileSync(`${path}.new`, JSON.stringify({ form, ...saved }), { mode: 0o600 });
      renameSync(`${path}.new`, path);
    },
    close: () => {
      for (const journal of journals.values()) closeSync(journal);
    },
  };
}

function forget(dir: string): void {
  for (const file of readdirSync(dir))
    if (file === stateFile || file.endsWith('.ndjson')) rmSync(join(dir, file));
}
