/** The rules of the code's layout and style that a machine can check; test/tidy/ has each with what to do. */
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { breachesOf, rules } from './tidy/rules.ts';
import { repository } from './tidy/source-tree.ts';

const tree = repository(path.resolve(import.meta.dirname, '..'));

test('the repository is read whole', () => {
  expect(tree.files).toContain('crypto-core/docs/format.md');
  expect(tree.code.length).toBeGreaterThan(500);
  expect(tree.imports.some(({ to }) => to === 'lib/domain/clock.ts')).toBe(true);
});

describe('everywhere', () => {
  test.each(rules)('$name', (rule) => {
    expect(breachesOf(rule, tree)).toEqual([]);
  });
});
