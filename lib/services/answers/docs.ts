/** The documentation: Markdown of this repository, as HTML. No text of a user or a log comes near it. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import MarkdownIt from 'markdown-it';
import { AppError } from '../../domain/app-error.ts';

export interface DocPage {
  title: string;
  /** HTML made of the page's Markdown, in which HTML is text. */
  html: string;
}

/** Where the built server runs, the repository's root. */
const contentDir = path.join(process.cwd(), 'app/docs/content');
const picturesDir = path.join(contentDir, 'screens');

const markdown = new MarkdownIt({ html: false });
// A wide one scrolls within the page: by keyboard only where it can have the focus.
markdown.renderer.rules.table_open = () => '<table tabindex="0">\n';

/** The page of that address below `/docs`, or null where there is none. Only files that are listed are read. */
export async function docPage({ parts }: { parts: readonly string[] }): Promise<DocPage | null> {
  const wanted = parts.length === 0 ? 'index' : parts.join('/');
  const names = await readdir(contentDir, { recursive: true });
  const name = names.find((one) => one.replaceAll(path.sep, '/') === `${wanted}.md`);
  if (name === undefined) return null;
  const text = await readFile(path.join(contentDir, name), 'utf8');
  return { title: /^# (.+)$/m.exec(text)?.[1] ?? wanted, html: htmlOf(text, wanted) };
}

/** A picture of the screens. Only files that are listed are read. @throws {AppError} `not-found` */
export async function docPicture({ name }: { name: string }): Promise<Uint8Array<ArrayBuffer>> {
  const known = (await readdir(picturesDir)).find((one) => one === name);
  if (known === undefined) throw new AppError('not-found', 'There is no such picture.');
  return Uint8Array.from(await readFile(path.join(picturesDir, known)));
}

/** Links to other pages lead to their addresses; in the repository the same links lead to the files. */
function htmlOf(text: string, page: string): string {
  const tokens = markdown.parse(text, {});
  for (const { children } of tokens)
    for (const token of children ?? []) {
      const href = token.attrGet('href');
      if (typeof href !== 'string' || !href.endsWith('.md') || href.includes(':')) continue;
      const name = path.posix.join('/docs', path.posix.dirname(page), href).replace(/\.md$/, '');
      token.attrSet('href', name);
    }
  return markdown.renderer.render(tokens, markdown.options, {});
}
