import { expect, test } from 'vitest';
import { messageExamples } from '../docs/message-examples.ts';
import { sentenceExamples } from '../docs/sentence-examples.ts';
import { saidSentences } from '../docs/sentences-page.ts';

const said = saidSentences();

test('every sentence that is said has an example in the documentation', () => {
  expect(said.length).toBeGreaterThan(600);
  const without = said.filter(({ example }) => example === null);
  expect(without.map(({ file, parts }) => [file, parts.join('…')])).toEqual([]);
});

test('every example that no test expects is one of a sentence that is said', () => {
  const shown = new Set(said.map(({ example }) => example));
  const examples = [...sentenceExamples, ...messageExamples];
  expect(examples.filter((text) => ![...shown].some((one) => one?.includes(text)))).toEqual([]);
});

test.each(['left', 'residual', 'not to be said'])('no explanation has the words “%s”', (words) => {
  const having = said.filter(
    ({ file, parts }) =>
      file.startsWith('lib/explain/') &&
      ` ${parts.join(' ')} `.toLowerCase().includes(` ${words} `),
  );
  expect(having.map(({ parts }) => parts.join('…'))).toEqual([]);
});
