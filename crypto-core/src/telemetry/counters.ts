/**
 * The engine's own counts. The hot path adds to integers; readers take deltas (each given once) or totals. Counts carry
 * the minute of the lookup's instant, however late the outcome is known. Bounded: what no reader takes is dropped,
 * oldest first.
 */
import type {
  DekActivity,
  LookupOutcome,
  MessageCount,
  OperationCount,
  Path,
  RollUp,
  Scope,
  Totals,
} from './port.ts';
import { lookupOutcomes, scopes } from './port.ts';

const minuteMs = 60_000;
const paths = ['encrypt', 'decrypt'] as const satisfies readonly Path[];
const cellsPerScope = paths.length * lookupOutcomes.length;
const rowsMax = 65_536;

/** Start of the minute that holds `at`. */
export const minuteOf = (at: number): number => at - (at % minuteMs);

function cellOf(scope: Scope, path: Path, outcome: LookupOutcome): number {
  const pathAt = path === 'encrypt' ? 0 : lookupOutcomes.length;
  return (scope === 'message' ? 0 : cellsPerScope) + pathAt + lookupOutcomes.indexOf(outcome);
}

interface WorkspaceMinute {
  minute: number;
  workspace: string;
  keyUri: string;
  cells: Int32Array;
  messages: number;
}

/** Use of one DEK in its current minute; lives in the cache entry so that a hit touches nothing else. */
export interface DekMinute {
  minute: number;
  uses: number;
  bytes: number;
}

export class Counters {
  /** The minute each workspace is in: an object of `#minutes`, so that a lookup costs one map access. */
  readonly #open = new Map<string, WorkspaceMinute>();
  readonly #totals = new Float64Array(cellsPerScope * scopes.length);
  /** A receiver counts one (roll-up, attributes, minute) once: none may be in a roll-up twice. */
  #minutes = new Map<string, WorkspaceMinute>();
  #deks = new Map<string, DekActivity>();
  #messages = 0;
  #seq = 0;

  lookup(
    where: { workspace: string; keyUri: string; at: number },
    scope: Scope,
    path: Path,
    outcome: LookupOutcome,
  ): void {
    const cell = cellOf(scope, path, outcome);
    const cells = this.#minute(where.workspace, where.keyUri, where.at).cells;
    cells[cell] = (cells[cell] ?? 0) + 1;
    this.#totals[cell] = (this.#totals[cell] ?? 0) + 1;
  }

  message(where: { workspace: string; keyUri: string; at: number }): void {
    this.#minute(where.workspace, where.keyUri, where.at).messages += 1;
    this.#messages += 1;
  }

  /** Closes a DEK's minute: its activity is kept for the next roll-up. */
  dek(workspace: string, dekId: string, activity: DekMinute): void {
    if (activity.uses === 0) return;
    const key = `${activity.minute} ${dekId} ${workspace}`;
    const known = this.#deks.get(key);
    if (known !== undefined) {
      known.uses += activity.uses;
      known.bytes += activity.bytes;
      return;
    }
    dropOldest(this.#deks);
    this.#deks.set(key, { workspace, dekId, ...activity });
  }

  totals(entries: number): Totals {
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
    return { operations, messages: this.#messages, entries };
  }

  takeRollUp(): RollUp | undefined {
    const taken = [...this.#minutes.values()];
    const deks = [...this.#deks.values()];
    this.#minutes = new Map();
    this.#deks = new Map();
    this.#open.clear();
    const operations: OperationCount[] = [];
    const messages: MessageCount[] = [];
    for (const { minute, workspace, keyUri, cells, messages: n } of taken) {
      if (n > 0) messages.push({ minute, workspace, keyUri, n });
      for (const scope of scopes) {
        for (const path of paths) {
          for (const outcome of lookupOutcomes) {
            const count = cells[cellOf(scope, path, outcome)] ?? 0;
            if (count > 0)
              operations.push({ minute, workspace, keyUri, scope, path, outcome, n: count });
          }
        }
      }
    }
    if (operations.length + messages.length + deks.length === 0) return undefined;
    this.#seq += 1;
    return { seq: this.#seq, operations, messages, deks };
  }

  #minute(workspace: string, keyUri: string, at: number): WorkspaceMinute {
    const minute = minuteOf(at);
    const open = this.#open.get(workspace);
    if (open !== undefined && open.minute === minute && open.keyUri === keyUri) return open;
    // An outcome known only after its minute ended goes to that minute.
    const key = JSON.stringify([minute, workspace, keyUri]);
    let found = this.#minutes.get(key);
    if (found === undefined) {
      const dropped = dropOldest(this.#minutes);
      if (dropped !== undefined) this.#open.delete(dropped.workspace);
      found = {
        minute,
        workspace,
        keyUri,
        cells: new Int32Array(this.#totals.length),
        messages: 0,
      };
      this.#minutes.set(key, found);
    }
    this.#open.set(workspace, found);
    return found;
  }
}

function dropOldest<T>(rows: Map<string, T>): T | undefined {
  if (rows.size < rowsMax) return undefined;
  for (const [key, row] of rows) {
    rows.delete(key);
    return row;
  }
  return undefined;
}
