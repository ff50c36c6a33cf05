/** `npm run bench -- NAME… [--json]`: runs benchmarks, which print a line a measurement beside their peers. */
import { parseArgs } from 'node:util';
import { type BenchOptions, CannotRun } from './bench-row.ts';

/** Loaded when asked for, so that one does not need what another one needs. */
const benches: Record<string, (options: BenchOptions) => Promise<void>> = {
  detect: async (options) => (await import('./detect.ts')).benchDetect(options),
  engine: async (options) =>
    (await import('../../crypto-core/bench/engine.ts')).benchEngine(options),
  explain: async (options) => (await import('./explain.ts')).benchExplain(options),
  import: async (options) => (await import('./import.ts')).benchImport(options),
  infer: async (options) => (await import('./infer.ts')).benchInfer(options),
  join: async (options) => (await import('./join.ts')).benchJoin(options),
  nab: async (options) => (await import('./nab.ts')).benchNab(options),
  pages: async (options) => (await import('./pages.ts')).benchPages(options),
  rs: async (options) => (await import('./rs.ts')).benchRs(options),
  screens: async (options) => (await import('./screens.ts')).benchScreens(options),
  store: async (options) => (await import('./store.ts')).benchStore(options),
  soak: async (options) => (await import('./soak.ts')).benchSoak(options),
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  strict: false,
  options: { json: { type: 'boolean', default: false } },
});
const option = Object.keys(values).find((one) => one !== 'json');
const wrong =
  option === undefined ? positionals.find((name) => !Object.hasOwn(benches, name)) : `--${option}`;
if (wrong !== undefined || positionals.length === 0) {
  const names = Object.keys(benches).join(', ');
  const what = wrong === undefined ? 'name what to run' : `'${wrong}' is not one of`;
  process.stderr.write(`bench: ${what}: ${names}; the only option is --json\n`);
  process.exitCode = 2;
} else {
  for (const name of new Set(positionals)) await runBench(name);
}

async function runBench(name: string): Promise<void> {
  try {
    await benches[name]?.({ json: values.json === true });
  } catch (error) {
    if (!(error instanceof CannotRun)) throw error;
    process.stderr.write(`bench: ${name}: ${error.message}\n`);
    process.exitCode = 1;
  }
}
