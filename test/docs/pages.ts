import { apiPage } from './api-page.ts';
import { sentencesPage } from './sentences-page.ts';

/** Pages of the documentation that are made from the code, by their file in app/docs/content. */
export const generatedPages = (): ReadonlyMap<string, string> =>
  new Map([
    ['api.md', apiPage()],
    ['sentences.md', sentencesPage()],
  ]);
