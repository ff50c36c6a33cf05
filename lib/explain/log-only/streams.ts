/**
 * A log's uses grouped into streams: one key, one principal, one service, encryption contexts with the same names. Each
 * stream has a design of its own.
 */
import type { LogUse } from '../../domain/log-use.ts';
import { Numbers } from './numbers.ts';
import { type ProcessBy, processesOf } from './processes.ts';

export interface Stream {
  key: string | null;
  principal: string;
  invokedBy: string | null;
  /** The context's names; none where there is no context. */
  names: readonly string[];
  /** The export leaves contexts out. */
  isLeftOut: boolean;
  uses: LogUse[];
  /** For each use, the number of its context in the stream; -1 for none. */
  contexts: Int32Array;
  /** For each use, the number of the process that made it, as far as session and address tell. */
  processes: Int32Array;
  /** The contexts themselves, by number. */
  values: (readonly (readonly [string, string])[])[];
  processNames: string[];
  processBy: ProcessBy;
}

/** Uses must be in the order of time, and stay so in each stream. */
export function streamsOf(uses: readonly LogUse[]): Stream[] {
  const designs = Map.groupBy(uses, (use) =>
    JSON.stringify([
      use.principal,
      use.invokedBy,
      isLeftOut(use),
      contextOf(use).map(([name]) => name),
    ]),
  );
  return [...designs.values()].flatMap((own) => {
    const keys = [...new Set(own.map(({ key }) => key))].filter((key) => key !== null);
    // A copy in the caller's own log may lack the key: where there is only one, it is that.
    if (keys.length <= 1) return [streamOf(own, keys[0] ?? null)];
    return [...Map.groupBy(own, ({ key }) => key)].map(([key, ofKey]) => streamOf(ofKey, key));
  });
}

/** The context, or the DEK alone where nothing else was kept. */
function contextOf({ context, dek }: LogUse): readonly (readonly [string, string])[] {
  return context ?? (dek === null ? [] : [['keytide:dek', dek]]);
}

const isLeftOut = ({ context }: LogUse): boolean => context?.length === 0;

function streamOf(uses: LogUse[], key: string | null): Stream {
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
    key,
    principal: first?.principal ?? '',
    invokedBy: first?.invokedBy ?? null,
    names: first === undefined ? [] : contextOf(first).map(([name]) => name),
    isLeftOut: first !== undefined && isLeftOut(first),
    uses,
    contexts,
    values,
    ...processesOf(uses, contexts),
  };
}
