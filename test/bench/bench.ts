/** `npm run bench -- NAME [--json]`: runs one benchmark, which prints a line a measurement beside its peers. */
import { parseArgs } from 'node:util';
import { benchEngine } from '../../crypto-core/bench/engine.ts';

export interface BenchOptions {
  /** One JSON object a line instead of a table. */
  json: boolean;
}

const benches: Record<string, (options: BenchOptions) => Promise<void>> = { engine: benchEngine };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  strict: false,
  options: { json: { type: 'boolean', default: false } },
});
const [name = ''] = positionals;
const bench = Object.hasOwn(benches, name) ? benches[name] : undefined;
const unknown = Object.keys(values).find((option) => option !== 'json');
if (bench === undefined || positionals.length > 1 || unknown !== undefined) {
  const wrong = unknown !== undefined ? `--${unknown}` : positionals.join(' ');
  const names = Object.keys(benches).join(', ');
  process.stderr.write(`bench: '${wrong}' is not one of: ${names}; the only option is --json\n`);
  process.exitCode = 2;
} else {
  await bench({ json: values.json === true });
}
