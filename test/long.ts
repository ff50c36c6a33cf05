/**
 * `npm run long -- NAME… [options of vitest]`: runs at full size what CI runs at a size of seconds. The code is the
 * same: each of these files asks `sized` how much to do. Nothing is skipped: what cannot run here fails.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';

interface Run {
  says: string;
  /** Test files, from the root of the repository. */
  files: readonly string[];
  /** Each with all its databases unless this names one. */
  only?: 'citus';
}

const runs = new Map<string, Run>([
  [
    'bad-logs',
    {
      says: 'each reader given a file of 60 MB and a million repeats, and all that may be wrong with a log',
      files: ['test/integration/bad-logs.test.ts'],
    },
  ],
  [
    'citus',
    {
      says: 'migration, ingest, ledger, joins and views on the Citus cluster that KEYTIDE_TEST_CITUS names, as on one server',
      files: [
        'test/integration/citus.test.ts',
        'test/integration/ingest.test.ts',
        'test/integration/retention.test.ts',
        'test/integration/calls.test.ts',
        'test/integration/pattern.test.ts',
        'test/integration/kept-spikes.test.ts',
        'test/integration/keys.test.ts',
        'test/integration/key-aliases.test.ts',
        'test/integration/leases.test.ts',
        'test/integration/lead.test.ts',
      ],
      only: 'citus',
    },
  ],
  [
    'detect',
    {
      says: 'bursts planted in recorded traffic, in 128 series instead of 8',
      files: ['test/integration/planted-spikes.test.ts'],
    },
  ],
  [
    'drill',
    {
      says: 'revocations whose truth is known, 300 instead of 30, on the logs of three clouds',
      files: ['test/property/drill.test.ts'],
    },
  ],
  [
    'drops',
    {
      says: 'drops of each kind planted in eight lives of the sandbox',
      files: ['test/integration/drops.test.ts'],
    },
  ],
  [
    'fuzz',
    {
      says: 'a million envelopes and 50,000 streams built from valid ones, none of which opens',
      files: ['crypto-core/test/fuzz-open.test.ts'],
    },
  ],
  [
    'import-memory',
    {
      says: 'a million records imported at the level of the first few, and explained at some hundred bytes each',
      files: ['test/integration/import-memory.test.ts'],
    },
  ],
  [
    'infer',
    {
      says: 'causes inferred from 300 logs of simulated services instead of 30',
      files: ['test/integration/infer.test.ts'],
    },
  ],
  [
    'join',
    {
      says: 'stories in 300 orders of arrival instead of 20, each joined as all of it at once; a day of each sandbox instead of an hour',
      files: [
        'test/integration/join-store.test.ts',
        'test/integration/join-sandbox.test.ts',
        'test/integration/three-clouds.test.ts',
      ],
    },
  ],
  [
    'kills',
    {
      says: 'kill -9 twenty times under ingest and import of calls, roll-ups and log',
      files: ['test/e2e/kill.test.ts'],
    },
  ],
  [
    'lab',
    {
      says: 'the lab in 40 random lives on each cloud instead of 2, 200 revocations instead of 40, and each scenario of the demo by mouse and by keyboard',
      files: [
        'test/integration/lab-readability.test.ts',
        'test/integration/lab-dark.test.ts',
        'test/e2e/journey.test.ts',
      ],
    },
  ],
  [
    'late',
    {
      says: 'two signals and a log in 200 orders of arrival, none of which shows half of anything',
      files: ['test/integration/late-signals.test.ts'],
    },
  ],
  [
    'level',
    {
      says: 'the embedded database under 4,000 batches, level in size',
      files: ['test/integration/maintain.test.ts'],
    },
  ],
  [
    'mutations',
    {
      says: '100,000 mutated OTLP bodies and audit records parsed, 1,000 of each through the running server',
      files: ['test/integration/mutated.test.ts', 'test/e2e/mutated-http.test.ts'],
    },
  ],
  [
    'polls',
    {
      says: '1,000 polls of every view during ingest, none of which shows a residual',
      files: ['test/integration/polling.test.ts'],
    },
  ],
  [
    'scenarios',
    {
      says: 'simulated fleets whose truth is known, 200 instead of 48',
      files: ['test/integration/scenarios.test.ts'],
    },
  ],
  [
    'scenery',
    {
      says: 'the sandbox’s history laid at each hour of the day, whose deploy, echo, archive and stranger each page names',
      files: ['test/integration/scenery.test.ts'],
    },
  ],
  [
    'slow-start',
    {
      says: 'a start with two days of sandbox history on a fifth of a core, ended within 15 minutes',
      files: ['test/e2e/slow-start.test.ts'],
    },
  ],
  [
    'soak',
    {
      says: 'an hour of the sandbox: level in size and in query times; KEYTIDE_SOAK_MINUTES sets another length',
      files: ['test/e2e/soak.test.ts'],
    },
  ],
  [
    'wires',
    {
      says: 'two weeks of a recorded workload replayed over the wire of each cloud, not their first hours',
      files: ['test/integration/replay-clouds.test.ts'],
    },
  ],
  [
    'workloads',
    {
      says: 'all 45 variants of the recorded workloads, replayed and then explained',
      files: ['test/integration/replay.test.ts', 'test/integration/replay-explained.test.ts'],
    },
  ],
]);

const words = process.argv.slice(2);
const optionsAt = words.findIndex((word) => word.startsWith('-'));
const names = optionsAt < 0 ? words : words.slice(0, optionsAt);
const options = optionsAt < 0 ? [] : words.slice(optionsAt);
const unknown = names.find((name) => !runs.has(name));
if (unknown !== undefined || names.length === 0) {
  const what = unknown === undefined ? 'name what to run' : `'${unknown}' is not one of`;
  const known = [...runs].map(([name, { says }]) => `  ${name}: ${says}`);
  process.stderr.write(`long: ${what}:\n${known.join('\n')}\n`);
  process.exitCode = 2;
} else {
  const wanted = names.flatMap((name) => runs.get(name) ?? []);
  // Runs that have a database of their own are not mixed with others.
  const parts = Map.groupBy(wanted, ({ only }) => only);
  for (const [only, of] of parts)
    process.exitCode =
      run(
        of.flatMap(({ files }) => files),
        only,
      ) || process.exitCode;
}

function run(files: readonly string[], only: Run['only']): number {
  const manifest = createRequire(import.meta.url).resolve('vitest/package.json');
  const vitest = path.join(path.dirname(manifest), 'vitest.mjs');
  const args = [vitest, 'run', ...files, ...options];
  const { status } = spawnSync(process.execPath, args, {
    cwd: path.resolve(import.meta.dirname, '..'),
    env: {
      ...process.env,
      KEYTIDE_SIZE: 'long',
      KEYTIDE_TEST_REQUIRE: 'all',
      ...(only !== undefined && { KEYTIDE_TEST_ONLY: only }),
    },
    stdio: 'inherit',
  });
  return status ?? 1;
}
