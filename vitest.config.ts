import { defineConfig } from 'vitest/config';
import { sized } from './test/support/sized.ts';

const project = (name: string, include: string[], ciTimeoutMs: number, more: object = {}) => {
  const timeoutMs = sized({ ci: ciTimeoutMs, long: 2 * 3_600_000 });
  return { test: { name, include, testTimeout: timeoutMs, hookTimeout: timeoutMs, ...more } };
};

/** One after the other: what waits for a browser or a process's start is alone, the rest has all processors. */
const inParallel = { maxWorkers: '100%', sequence: { groupOrder: 0 } };
const alone = { maxWorkers: 1, sequence: { groupOrder: 1 } };

/** Scans of memory, traces of V8, builds of packages and very many cases: for `npm test`, not for `npm run verify`. */
const slow = [
  'crypto-core/test/{fairness,fuzz,fuzz-open,large-cache,ledger,live-shapes,memory}.test.ts',
  'crypto-core/test/{pack,package,public-api,revocation}.test.ts',
  'test/unit/{infer-cost,packed-day,parse-otlp-protobuf,parse-otlp-wire,pattern,read-tables}.test.ts',
  'test/unit/{sandbox-event-log,sandbox-keep,skew}.test.ts',
  'test/property/{cloudtrail-files,join,pattern,replay,spikes}.test.ts',
];

/** Needs a cluster of its own: `npm run long -- citus` alone runs it. */
const onCluster = ['test/integration/citus.test.ts'];

export default defineConfig({
  test: {
    reporters: ['default', './test/support/count-reporter.ts'],
    projects: [
      project('tidy', ['test/tidy.test.ts', 'test/tidy/*.test.ts'], 10_000, inParallel),
      project(
        'unit',
        ['crypto-core/test/**/*.test.ts', 'test/{unit,property}/**/*.test.ts'],
        20_000,
        // A worker loads a module once, not once a file: these leave nothing behind, in whatever order they run.
        { ...inParallel, exclude: slow, isolate: false },
      ),
      project('slow', slow, 60_000, inParallel),
      project('integration', ['test/integration/**/*.test.ts'], 180_000, {
        ...inParallel,
        exclude: process.env.KEYTIDE_TEST_ONLY === 'citus' ? [] : onCluster,
      }),
      project('e2e', ['test/e2e/**/*.test.ts'], 300_000, alone),
    ],
  },
});
