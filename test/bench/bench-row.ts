export interface BenchOptions {
  /** One JSON object a line instead of a table. */
  json: boolean;
}

/** A measurement beside what others reach at the same task. */
export interface BenchRow {
  name: string;
  ours: number;
  peers: Readonly<Record<string, number>>;
  unit: string;
}

/** Something outside of the code is missing, and the message says what. */
export class CannotRun extends Error {}

export function printRow({ name, ours, peers, unit }: BenchRow, { json }: BenchOptions): void {
  const rounded = Number(ours.toPrecision(4));
  const others = Object.entries(peers).map(
    ([peer, value]) => `${peer} ${Number(value.toPrecision(4))}`,
  );
  const line = json
    ? JSON.stringify({ name, ours: rounded, peers, unit })
    : [`${name.padEnd(32)} ${String(rounded).padStart(8)} ${unit}`, ...others].join('   ');
  process.stdout.write(`${line}\n`);
}
