import { defineConfig } from 'vitest/config';
import { sized } from './test/support/sized.ts';

const project = (name: string, include: string[], ciTimeoutMs: number) => {
  const timeoutMs = sized({ ci: ciTimeoutMs, long: 2 * 3_600_000 });
  return { test: { name, include, testTimeout: timeoutMs, hookTimeout: timeoutMs } };
};

export default defineConfig({
  test: {
    reporters: ['default', './test/support/count-reporter.ts'],
    projects: [
      project('tidy', ['test/tidy.test.ts'], 10_000),
      project(
        'unit',
        ['crypto-core/test/**/*.test.ts', 'test/{unit,property}/**/*.test.ts'],
        20_000,
      ),
      project('integration', ['test/integration/**/*.test.ts'], 180_000),
      project('e2e', ['test/e2e/**/*.test.ts'], 300_000),
    ],
  },
});
