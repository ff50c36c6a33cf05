import { addTo } from '../../shared/counts.ts';
import type { Tx } from '../connection/transaction.ts';
import type { Cut, Measure } from '../rollups/description.ts';
import { logNames } from './key-names.ts';
import { readMost, readTallies } from './read-tallies.ts';

export interface Choices {
  workspace: string[];
  /** How many workspaces there are. */
  workspacesAll: number;
  key: string[];
  /** Of events. */
  principal: string[];
  process: string[];
}

const hourMs = 3_600_000;
const counted: readonly Measure[] = ['calls', 'events', 'events-also'];

/**
 * What calls, or events of a log without calls, of the hours that touch `[from, to)` can be filtered by, most calls
 * first.
 */
export async function readChoices(
  tx: Tx,
  { from, to, workspacesMax }: { from: number; to: number; workspacesMax: number },
): Promise<Choices> {
  const hours = {
    from: Math.floor(from / hourMs) * hourMs,
    to: Math.ceil(to / hourMs) * hourMs,
    bucketMs: null,
  };
  const read = (cut: Cut, measures: readonly Measure[] = counted) =>
    readTallies(tx, { ...hours, cut, measures });
  const [key, principal, process] = [new Map(), new Map(), new Map()] as [Counts, Counts, Counts];
  const logName = await logNames(tx);
  for (const { key: of, by, measure, n } of await read('all')) {
    addTo(key, logName(of), n);
    if (measure !== 'calls') addTo(principal, by, n);
  }
  for (const { who, n } of await read('process', ['calls'])) addTo(process, who, n);
  const named = { cut: 'workspaces', labels: 'workspace', max: workspacesMax } as const;
  const { most: workspaces, all: workspacesAll } = await readMost(tx, { ...hours, ...named });
  const most = (counts: Counts) =>
    [...counts]
      .filter(([value, n]) => value !== '' && n > 0)
      .sort(([a, of], [b, other]) => other - of || (a < b ? -1 : 1))
      .map(([value]) => value);
  return {
    workspace: workspaces.map(({ name }) => name),
    workspacesAll,
    key: most(key),
    principal: most(principal),
    process: most(process),
  };
}

type Counts = Map<string, number>;
