/** Breaches of each rule, in two guises each, planted in a small tree: every one is caught where it stands. */
import { describe, expect, test } from 'vitest';
import { plants, soundTree } from './plants.ts';
import { breachesOf, rules } from './rules.ts';
import { sourceTree } from './source-tree.ts';

test('a tree without a breach passes every rule', () => {
  const tree = sourceTree(new Map(soundTree));
  expect(rules.flatMap((rule) => breachesOf(rule, tree))).toEqual([]);
});

test('every rule has a plant in two guises', () => {
  expect([...plants.keys()].sort()).toEqual(rules.map(({ name }) => name).sort());
  for (const [, guises] of plants) expect(guises.length).toBeGreaterThanOrEqual(2);
});

describe.each(rules)('$name', (rule) => {
  test.each(plants.get(rule.name) ?? [])('is broken by %o', (file, text, more) => {
    const texts = new Map([...soundTree, ...Object.entries(more ?? {}), [file, text]]);
    const found = breachesOf(rule, sourceTree(texts));
    expect(found.filter((breach) => breach.startsWith(`${file}:`))).not.toEqual([]);
    for (const breach of found) expect(breach.endsWith(rule.fix)).toBe(true);
  });
});
