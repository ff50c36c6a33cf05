import { expect, test } from 'vitest';
import { found, parted } from '../../lib/shared/found.ts';

const entry = (kind: string, label: string) => ({ kind, label });
const entries = [
  entry('Workspace', 'my spikes'),
  entry('Page', 'Spikes'),
  entry('Key', '<b>spike</b> (1, eu)'),
];
const labels = (text: string) => found(entries, text).map(({ label }) => label);

test('what begins with the text comes first, the rest in its order', () => {
  expect(labels('SPIK')).toEqual(['Spikes', 'my spikes', '<b>spike</b> (1, eu)']);
});

test('every word must be there, in any order, the kind among them', () => {
  expect(labels('eu key')).toEqual(['<b>spike</b> (1, eu)']);
  expect(labels('nothing')).toEqual([]);
});

test('one of ten thousand is found by its name', () => {
  const many = Array.from({ length: 10_000 }, (_, n) => entry('Workspace', `w${n}`));
  expect(found(many, 'w9999')).toHaveLength(1);
  expect(found(many, ' ')).toHaveLength(10_000);
});

test('what was found is parted at what matched, whatever signs it has', () => {
  expect(parted('my spikes (1)', 'KES (1')).toEqual(['my spi', 'kes', ' ', '(1', ')']);
  expect(parted('aab', 'a aa')).toEqual(['', 'aa', 'b']);
  expect(parted('all', '')).toEqual(['all']);
});
