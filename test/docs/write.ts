/** `npm run docs`: makes the pages of the documentation that come from the code. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { generatedPages } from './pages.ts';

const content = path.resolve(import.meta.dirname, '../../app/docs/content');
for (const [name, text] of generatedPages()) writeFileSync(path.join(content, name), text);
