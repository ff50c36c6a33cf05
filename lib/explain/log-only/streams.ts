/**
 * A log's uses parted into streams: those of one key by one principal, through one service, under
 * encryption contexts of the same names. Each has a design of its own.
 */
import type { LogUse } from '../../domain/log-use.ts';

export interface Stream {
  key: string | null;
  principal: string;
  invokedBy: string | null;
  /** The context's names; none where there is no context. */
  names: readonly string[];
  uses: LogUse[];
  /** For each use, the number of its context among the stream's, -1 where it has none. */
  contexts: Int32Array;
  /** For each use, the number of the process that made it, as far as session and address tell. */
  processes: Int32Array;
  /** The contexts themselves, by number. */
  values: (readonly (readonly [string, string])[])[];
  processNames: string[];
}

/** Numbers texts in the order in which they come. */
export class Numbers {
  readonly #known = new Map<string, number>();
  readonly names: string[] = [];

  of(name: string): number {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const number = this.names.length;
    this.#known.set(name, number);
    this.names.push(name);
    return number;
  }

  get size(): number {
    return this.names.length;
  }
}

/** Uses must be in the order of time, and stay so in each stream. */
export function streamsOf(uses: readonly LogUse[]): Stream[] {
  const parted = Map.groupBy(uses, (use) =>
    JSON.stringify([use.key, use.principal, use.invokedBy, contextOf(use).map(([name]) => name)]),
  );
  return [...parted.values()].map(streamOf);
}

/** The context, or the DEK alone where nothing else of it was kept. */
export function contextOf({ context, dek }: LogUse): readonly (readonly [string, string])[] {
  return context ?? (dek === null ? [] : [['keytide:dek', dek]]);
}

function streamOf(uses: LogUse[]): Stream {
  const [first] = uses;
  const contexts = new Int32Array(uses.length).fill(-1);
  const numbers = new Numbers();
  const values: Stream['values'] = [];
  for (const [index, use] of uses.entries()) {
    const context = contextOf(use);
    if (context.length === 0) continue;
    const number = numbers.of(JSON.stringify(context));
    values[number] ??= context;
    contexts[index] = number;
  }
  return {
    key: first?.key ?? null,
    principal: first?.principal ?? '',
    invokedBy: first?.invokedBy ?? null,
    names: first === undefined ? [] : contextOf(first).map(([name]) => name),
    uses,
    contexts,
    values,
    ...processesOf(uses),
  };
}

const sessionsPerAddressMin = 3;

/**
 * Processes by session. A process that renews its credentials under a new session name is the same
 * one: where each address has many sessions, one after another, the address stands for it.
 */
function processesOf(uses: readonly LogUse[]): Pick<Stream, 'processes' | 'processNames'> {
  const sessionOf = (use: LogUse) => use.session ?? use.principal;
  const spans = new Map<string, Map<string, { from: number; to: number }>>();
  for (const use of uses) {
    const ofAddress = spans.get(use.sourceIp ?? '') ?? new Map();
    spans.set(use.sourceIp ?? '', ofAddress);
    const span = ofAddress.get(sessionOf(use)) ?? { from: use.at, to: use.at };
    span.to = use.at;
    ofAddress.set(sessionOf(use), span);
  }
  const sessions = [...spans.values()].reduce((sum, { size }) => sum + size, 0);
  const renewed =
    sessions >= sessionsPerAddressMin * spans.size &&
    [...spans.values()].every((ofAddress) => inTurn([...ofAddress.values()]));
  const numbers = new Numbers();
  const processes = Int32Array.from(uses, (use) =>
    numbers.of((renewed ? use.sourceIp : null) ?? sessionOf(use)),
  );
  return { processes, processNames: numbers.names };
}

/** Whether spans follow one another, but for the little that old credentials are used on. */
function inTurn(spans: { from: number; to: number }[]): boolean {
  const sorted = spans.sort((a, b) => a.from - b.from);
  let overlaps = 0;
  for (const [index, { from }] of sorted.entries()) {
    const before = sorted[index - 1];
    if (before !== undefined && before.to > from + 60_000) overlaps++;
  }
  return overlaps * 10 <= spans.length;
}
