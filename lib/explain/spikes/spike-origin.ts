/**
 * Where a spike comes from, by lineage: its calls are grouped by the load cohort they go back to, and the cohort that
 * explains most is named. No statistics here; a call with an unknown root belongs to no cohort.
 */
import type { EchoOrigin, RootKind } from '../../shared/spike-view.ts';

/** Calls of a spike that share a root's minute and cause, a generation and a process. */
export interface RootedCalls {
  /** Refined cause of the root; null where telemetry lacks the root. */
  rootCause: string | null;
  rootAt: number | null;
  generation: number;
  process: string;
  n: number;
}

/** Roots of one kind no further apart than this began together, as in a rollout or a scan. */
const togetherMs = 5 * 60_000;

const kinds: ReadonlyMap<string, RootKind> = new Map([
  ['load.first.cold-start', 'deploy'],
  ['load.first.historical', 'reopened'],
  ['load.reopened', 'reopened'],
  ['load.first.fan-out', 'fan-out'],
  ['dek.rotation', 'rotation'],
  ['dek.limit', 'rotation'],
  ['dek.adopted', 'rotation'],
  ['load.evicted', 'eviction'],
  ['load.after-denial', 'recovery'],
  ['dek.first', 'first-use'],
  ['load.first', 'first-use'],
  ['validate', 'validation'],
]);

export const rootKindOf = (cause: string): RootKind => kinds.get(cause) ?? 'other';

/** Empty for `other`, which any cause may be. */
export const causesOfKind = (kind: RootKind): string[] =>
  [...kinds].flatMap(([cause, of]) => (of === kind ? [cause] : []));

interface Cohort {
  kind: RootKind;
  calls: RootedCalls[];
  firstAt: number;
  lastAt: number;
}

/**
 * The cohort that most of the spike's `calls` go back to, or null where no root is known; and the rows of no cohort.
 */
export function spikeOrigin<Row extends RootedCalls>(
  rows: readonly Row[],
  calls: number,
): { origin: EchoOrigin | null; rest: Row[] } {
  const cohorts = cohortsOf(rows);
  const most = cohorts.reduce<Cohort | null>(
    (best, cohort) => (best === null || sizeOf(cohort) > sizeOf(best) ? cohort : best),
    null,
  );
  if (most === null) return { origin: null, rest: [...rows] };
  const size = sizeOf(most);
  const origin = {
    kind: most.kind,
    fanOutOf: most.kind === 'fan-out' ? followedBy(most, cohorts) : null,
    cause: largest(most.calls, ({ rootCause }) => rootCause ?? ''),
    at: most.firstAt,
    processes: processesOf(most),
    generation: Number(largest(most.calls, ({ generation }) => String(generation))),
    calls: size,
    share: calls > 0 ? size / calls : 0,
  };
  const own = new Set(most.calls);
  return { origin, rest: rows.filter((row) => !own.has(row)) };
}

const originsMax = 5;

/** Every cohort with so many calls of the spike, the largest first. */
export function spikeOrigins(
  rows: readonly RootedCalls[],
  { calls, callsMin }: { calls: number; callsMin: number },
): EchoOrigin[] {
  const origins: EchoOrigin[] = [];
  let left = [...rows];
  while (origins.length < originsMax) {
    const { origin, rest } = spikeOrigin(left, calls);
    if (origin === null || origin.calls < callsMin) break;
    origins.push(origin);
    left = rest;
  }
  return origins;
}

function cohortsOf(rows: readonly RootedCalls[]): Cohort[] {
  const rooted = rows
    .flatMap((row) =>
      row.rootCause === null || row.rootAt === null
        ? []
        : [{ row, at: row.rootAt, kind: rootKindOf(row.rootCause) }],
    )
    .sort((a, b) => a.at - b.at);
  const open = new Map<RootKind, Cohort>();
  const all: Cohort[] = [];
  for (const { row, at, kind } of rooted) {
    let cohort = open.get(kind);
    if (cohort === undefined || at - cohort.lastAt > togetherMs) {
      cohort = { kind, calls: [], firstAt: at, lastAt: at };
      open.set(kind, cohort);
      all.push(cohort);
    }
    cohort.calls.push(row);
    cohort.lastAt = at;
  }
  return all;
}

/** What so many processes can have followed: each DEK that one of them opened or made fans out to each once at most. */
function followedBy(fanOut: Cohort, cohorts: readonly Cohort[]): EchoOrigin['fanOutOf'] {
  const near = (kind: RootKind) =>
    cohorts
      .filter(
        (one) =>
          one.kind === kind &&
          Math.max(one.firstAt - fanOut.lastAt, fanOut.firstAt - one.lastAt) <= togetherMs,
      )
      .reduce((sum, one) => sum + sizeOf(one), 0);
  const [reopened, rotation] = [near('reopened'), near('rotation')];
  const kind = reopened > rotation ? 'reopened' : 'rotation';
  return Math.max(reopened, rotation) * processesOf(fanOut) < sizeOf(fanOut) ? null : kind;
}

const processesOf = ({ calls }: Cohort): number =>
  new Set(calls.map(({ process }) => process)).size;

const sizeOf = ({ calls }: Cohort): number => calls.reduce((sum, { n }) => sum + n, 0);

/** The name that most calls have; of equal ones the first. */
function largest(rows: readonly RootedCalls[], nameOf: (row: RootedCalls) => string): string {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(nameOf(row), (counts.get(nameOf(row)) ?? 0) + row.n);
  return [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best), ['', 0])[0];
}
