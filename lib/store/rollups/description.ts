/**
 * What the roll-ups count, in one place: ingest adds what a row counts when it comes in and takes back what it counted
 * when it changes, a rebuild folds the stored rows by the same functions, and the readers ask for what is listed here.
 */
import { type FateFacts, useStates } from '../../domain/fates.ts';
import { isAside, type KmsAction } from '../../domain/kms-operations.ts';
import { attemptLabel, lookupLabel } from '../../domain/sum-label.ts';

/**
 * By what sums are kept: a key's in all; one workspace's, by process or principal (the filters that screens combine);
 * one process's. Tags of conversations are kept apart, since there are as many as conversations; `workspaces` has one
 * sum of each, so that a menu need not read what each one did.
 */
export const cuts = {
  all: 0,
  workspace: 1,
  process: 2,
  tags: 3,
  workspaceTags: 4,
  processTags: 5,
  workspaces: 6,
} as const;
export type Cut = keyof typeof cuts;

const everywhere: readonly Cut[] = ['all', 'workspace', 'process'];

/** Each measure with the cuts that screens ask for it by; `by` says who made what it counts. */
export const measures = {
  // Lines 1 and 2 of the ledger, and the hours' messages.
  messages: { cuts: everywhere, by: 'process' },
  operations: { cuts: everywhere, by: 'process' },
  // What a sender dropped for want of room.
  dropped: { cuts: everywhere, by: 'process' },
  // Line 2, buckets by cause, series, menus.
  calls: { cuts: everywhere, by: 'process' },
  // Lines 3 and 4.
  retries: { cuts: everywhere, by: 'process' },
  attempts: { cuts: everywhere, by: 'process' },
  // Calls between two numbers that never came: nobody knows their key or workspace.
  missing: { cuts: ['all', 'process'], by: 'process' },
  // Line 5. Further keys of one event are counted apart: totals have the event once.
  events: { cuts: ['all', 'workspace'], by: 'principal' },
  'events-also': { cuts: ['all', 'workspace'], by: 'principal' },
  // Those of them that were refused, under each key: a key's own page.
  refused: { cuts: ['all'], by: 'principal' },
  // Conversations whose old data were opened.
  reopened: { cuts: ['tags', 'workspaceTags', 'processTags'], by: 'process' },
  // Calls and events of each workspace: menus.
  asked: { cuts: ['workspaces'], by: 'process' },
  // Uses of DEKs by the hour, and (process, DEK) pairs that they are of: the closed form. DEKs are told without a key.
  uses: { cuts: ['workspace', 'process'], by: 'process' },
  pairs: { cuts: ['workspace', 'process'], by: 'process' },
} as const satisfies Record<string, { cuts: readonly Cut[]; by: 'process' | 'principal' }>;
export type Measure = keyof typeof measures;

/** `n` of a measure in the minute of `at` (epoch ms); an empty key or workspace is none. */
export interface Count {
  measure: Measure;
  at: number;
  key: string;
  workspace: string;
  /** The process, or an event's principal. */
  by: string;
  operation: string;
  label: string;
  n: number;
}

interface Placed {
  at: number;
  key: string;
  workspace: string;
  process: string;
  operation: string;
}

export interface CallCounted extends Placed {
  refinedCause: string;
  attempts: number;
  tag: string | null;
}

export interface AttemptCounted extends Placed, FateFacts {}

export interface OperationCounted extends Omit<Placed, 'operation'> {
  scope: string;
  path: string;
  outcome: string;
  n: number;
}

export interface EventCounted {
  at: number;
  key: string | null;
  otherKeys: readonly string[];
  workspace: string | null;
  principal: string;
  operation: string;
  action: KmsAction;
  state: string;
  /** Whether it succeeded. */
  ok: boolean;
}

/** What changes where a row has changed. */
export const changedCounts = <T>(
  counts: (row: T, n: number) => Count[],
  { before, after }: { before: T; after: T },
): Count[] => [...counts(before, -1), ...counts(after, 1)];

/** How far a process has told is no count. */
export function operationCounts(row: OperationCounted, n: number): Count[] {
  const { at, key, workspace, process, path, outcome } = row;
  if (path === 'complete') return [];
  const of = { at, key, workspace, by: process, operation: path, n: row.n * n };
  if (path === 'message') return [{ ...of, measure: 'messages', label: outcome }];
  if (path === 'dropped') return [{ ...of, measure: 'dropped', label: outcome }];
  return [{ ...of, measure: 'operations', label: lookupLabel(row) }];
}

const openedOld: ReadonlySet<string> = new Set(['load.reopened', 'load.first.historical']);

export function callCounts(row: CallCounted, n: number): Count[] {
  const { at, key, workspace, process, operation, refinedCause, attempts, tag } = row;
  const of = { at, key, workspace, by: process, operation };
  const counts: Count[] = [{ ...of, measure: 'calls', label: refinedCause, n }];
  if (attempts > 1) counts.push({ ...of, measure: 'retries', label: '', n: n * (attempts - 1) });
  if (tag !== null && openedOld.has(refinedCause))
    counts.push({ ...of, measure: 'reopened', label: tag, n });
  return [...counts, ...askedCounts(of, n)];
}

/** A workspace's calls or events of an hour, whatever they were: menus are of whole hours. */
export function askedCounts(of: Pick<Count, 'at' | 'key' | 'workspace'>, n: number): Count[] {
  const { at, key, workspace: label } = of;
  if (label === '') return [];
  const hour = at - (at % 3_600_000);
  return [{ measure: 'asked', at: hour, key, workspace: '', by: '', operation: '', label, n }];
}

/** Numbers between a call and the one before it that never came: counted at the call that follows them. */
export function missingCounts(row: { at: number; process: string }, n: number): Count[] {
  const nowhere = { key: '', workspace: '', operation: '', label: '' };
  return n === 0 ? [] : [{ ...nowhere, measure: 'missing', at: row.at, by: row.process, n }];
}

export function attemptCounts(row: AttemptCounted, n: number): Count[] {
  const { at, key, workspace, process, operation } = row;
  const label = attemptLabel(row);
  return [{ measure: 'attempts', at, key, workspace, by: process, operation, label, n }];
}

/** What was done to the log or to identities is no event on a key. */
export function eventCounts(row: EventCounted, n: number): Count[] {
  const { at, key, otherKeys, workspace, principal, operation, action, state } = row;
  if (isAside(action)) return [];
  const of = { at, workspace: workspace ?? '', by: principal, operation, label: state, n };
  return [
    { ...of, measure: 'events', key: key ?? '' },
    ...otherKeys.map((other): Count => ({ ...of, measure: 'events-also', key: other })),
    ...askedCounts({ ...of, key: key ?? '' }, n),
    ...refusedCounts(row, n),
  ];
}

/** A use that was refused, under each of its keys. */
export function refusedCounts(
  { at, key, otherKeys, principal: by, state, ok }: EventCounted,
  n: number,
): Count[] {
  if (ok || !useStates.has(state)) return [];
  const of = { measure: 'refused', at, workspace: '', by, operation: '', label: '', n } as const;
  return [key ?? '', ...otherKeys].map((one) => ({ ...of, key: one }));
}

export function useCounts(
  row: { at: number; workspace: string; process: string },
  of: { measure: 'uses' | 'pairs'; n: number },
): Count[] {
  const { at, workspace, process } = row;
  return of.n === 0
    ? []
    : [
        {
          ...of,
          at: at - (at % 3_600_000),
          key: '',
          workspace,
          by: process,
          operation: '',
          label: '',
        },
      ];
}
