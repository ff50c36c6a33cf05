/** What the sandbox leaves on disk so that a restart goes on: its cloud's state, and each audit event at once. */
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { CloudState } from './aws/cloud-options.ts';
import type { StoredEvent } from './aws/event-log.ts';
import type { CastNames } from './sides/aws-side.ts';

export interface KeptSandbox {
  cloud: CloudState;
  cast: CastNames;
  /** Sandbox time when this was written, epoch ms. */
  clockMs: number;
  disabledAt: number | null;
}

export interface Keeper {
  append(event: StoredEvent): void;
  save(kept: KeptSandbox): void;
  close(): void;
}

const stateFile = 'state.json';
const journalFile = 'cloudtrail.ndjson';

/** What an earlier run left, with its events, or null where there is nothing whole. */
export function readKept(dir: string): KeptSandbox | null {
  try {
    // What stands there was written by `keepIn` of the same version, whole or not at all.
    const kept = JSON.parse(readFileSync(join(dir, stateFile), 'utf8')) as KeptSandbox;
    const lines = readFileSync(join(dir, journalFile), 'utf8').split('\n');
    return { ...kept, cloud: { ...kept.cloud, events: lines.flatMap(parseEvent) } };
  } catch {
    return null;
  }
}

/** A crash may cut the last line short; that event was never delivered to anyone. */
function parseEvent(line: string): StoredEvent[] {
  try {
    // A line is one that the journal of `keepIn` wrote.
    return line === '' ? [] : [JSON.parse(line) as StoredEvent];
  } catch {
    return [];
  }
}

/** Keeps a sandbox in `dir`; `fresh` forgets what was there. */
export function keepIn(dir: string, { fresh }: { fresh: boolean }): Keeper {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  if (fresh) for (const file of [stateFile, journalFile]) rmSync(join(dir, file), { force: true });
  const journal = openSync(join(dir, journalFile), 'a', 0o600);
  // What a crash cut short stays a line of its own.
  if (!fresh) writeSync(journal, '\n');
  return {
    append: (event) => {
      writeSync(journal, `${JSON.stringify(event)}\n`);
    },
    save: (kept) => {
      const path = join(dir, stateFile);
      writeFileSync(`${path}.new`, JSON.stringify(kept), { mode: 0o600 });
      renameSync(`${path}.new`, path);
    },
    close: () => closeSync(journal),
  };
}
