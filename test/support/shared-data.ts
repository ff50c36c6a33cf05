import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { TestContext } from 'vitest';

const root = new URL('../../../shared/', import.meta.url);

/**
 * The path of a file or folder of the sample data that lies beside this repository, or undefined
 * where it is not there.
 */
export function sharedData(relative: string): string | undefined {
  const path = fileURLToPath(new URL(`data/${relative}`, root));
  return existsSync(path) ? path : undefined;
}

/**
 * The same, for a test that cannot do without it: the test is skipped where the data is absent,
 * and fails there under KEYTIDE_TEST_REQUIRE=all, so that no run passes by skipping.
 *
 * @example
 * test('reads the samples', async (context) => {
 *   const folder = needSharedData(context, 'audit-samples/aws');
 * });
 */
export function needSharedData(context: Pick<TestContext, 'skip'>, relative: string): string {
  return need(context, `data/${relative}`);
}

/** The same of a folder of the cases. */
export function needCase(context: Pick<TestContext, 'skip'>, relative: string): string {
  return need(context, `cases/${relative}`);
}

function need(context: Pick<TestContext, 'skip'>, relative: string): string {
  const path = fileURLToPath(new URL(relative, root));
  if (existsSync(path)) return path;
  const message = `../shared/${relative} is not here`;
  if (process.env.KEYTIDE_TEST_REQUIRE === 'all') throw new Error(message);
  return context.skip(message);
}
