import { expect, test } from 'vitest';
import { sentenceExamples } from '../docs/sentence-examples.ts';
import { saidSentences } from '../docs/sentences-page.ts';

const said = saidSentences();

test('every sentence of an explanation has an example in the documentation', () => {
  expect(said.length).toBeGreaterThan(50);
  const without = said.filter(({ example }) => example === null);
  expect(without.map(({ file, parts }) => [file, parts.join('…')])).toEqual([]);
});

test('every example that no test expects is one of a sentence that is said', () => {
  const shown = new Set(said.map(({ example }) => example));
  expect(sentenceExamples.filter((text) => ![...shown].some((one) => one?.includes(text)))).toEqual(
    [],
  );
});

test.each(['left', 'residual', 'not to be said'])('no sentence has the words “%s”', (words) => {
  const having = said.filter(({ parts }) =>
    ` ${parts.join(' ')} `.toLowerCase().includes(` ${words} `),
  );
  expect(having.map(({ parts }) => parts.join('…'))).toEqual([]);
});
