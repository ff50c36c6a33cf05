/** `npm run bench -- store`: what taking records in costs, beside peers that do the same on the same machine. */
import { type BenchOptions, CannotRun } from './bench-row.ts';
import { benchImport } from './store-import.ts';

/** One measurement beside its peer's, and what was seen besides. */
export interface StoreRow {
  name: string;
  ours: number;
  peer: number;
  unit: string;
  said?: string;
}

export async function benchStore(options: BenchOptions): Promise<void> {
  const print = (row: StoreRow) => printStore(row, options);
  await benchImport(wanted('KEYTIDE_BENCH_RECORDS', 1_000_000), print);
}

function wanted(name: string, usual: number): number {
  const given = Number(process.env[name] ?? usual);
  if (Number.isSafeInteger(given) && given >= 1_000 && given <= 100_000_000) return given;
  throw new CannotRun(`${name} must be a whole number from 1000 to 100000000`);
}

function printStore({ name, ours, peer, unit, said }: StoreRow, { json }: BenchOptions): void {
  const [mine, theirs, ratio] = [ours, peer, ours / peer].map((n) => Number(n.toPrecision(4)));
  const line = json
    ? JSON.stringify({ name, ours: mine, peer: theirs, ratio, unit, said })
    : `${name.padEnd(32)} ${String(mine).padStart(8)} ${unit}   peer ${theirs}   ratio ${ratio}   ${said ?? ''}`;
  process.stdout.write(`${line}\n`);
}
