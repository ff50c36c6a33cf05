export interface BenchOptions {
  /** One JSON object a line instead of a table. */
  json: boolean;
}

/** A measurement beside its peer's at the same task. */
export interface BenchRow {
  name: string;
  ours: number;
  peers: Readonly<Record<string, number>>;
  unit: string;
}

/** Thrown where the machine lacks something the benchmark needs; the message names it. */
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

/** One measurement at several settings, by their names. */
export function printMeasures(
  {
    name,
    unit,
    ...rest
  }: { name: string; unit: string; measures: Readonly<Record<string, number>> },
  { json }: BenchOptions,
): void {
  const rounded = Object.entries(rest.measures).map(
    ([setting, value]) => [setting, Number(value.toPrecision(4))] as const,
  );
  const said = rounded.map(([setting, value]) => `${setting} ${value}`);
  const line = json
    ? JSON.stringify({ name, ...Object.fromEntries(rounded), unit })
    : [`${name.padEnd(32)} ${unit}`, ...said].join('   ');
  process.stdout.write(`${line}\n`);
}
