import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { docPage } from '../../lib/services/answers/docs.ts';

const content = path.resolve(import.meta.dirname, '../../app/docs/content');
const pages = readdirSync(content, { recursive: true })
  .map(String)
  .filter((name) => name.endsWith('.md'))
  .map((name) => name.replaceAll(path.sep, '/').replace(/\.md$/, ''));

/** The page that an address names, as the route takes it apart. */
const pageAt = (address: string) =>
  docPage({
    parts: address
      .replace(/^\/docs\/?/, '')
      .split('/')
      .filter(Boolean),
  });

describe('the documentation', () => {
  test('has its list of pages at /docs', async () => {
    const page = await pageAt('/docs');
    expect(page?.title).toBe('Documentation');
    expect(page?.html).toContain('<a href="/docs/decisions/join">');
  });

  test.each(pages)('%s is a page whose links lead to pages', async (name) => {
    const page = await docPage({ parts: name.split('/') });
    expect(page?.html).toMatch(/^<h1>/);
    // Who hears a table is told what each column holds.
    expect(page?.html).not.toContain('<th></th>');
    const links = [...(page?.html ?? '').matchAll(/href="(\/docs[^"]*)"/g)];
    for (const [, href = ''] of links) expect(await pageAt(href), href).not.toBeNull();
  });

  test('what is said on screens has no word of a statistician', async () => {
    const page = await pageAt('/docs/sentences');
    const words = /\bp = |cohort|rayleigh(?!’s z)|autocorrelat|p-value|quantile|variance|residual/i;
    expect(page?.html.split('\n').filter((line) => words.test(line))).toEqual([]);
  });

  test.each([['..', '..', 'package'], ['../../../README'], ['example-trace.csv'], ['none']])(
    'has no page for %j',
    async (...parts) => {
      expect(await docPage({ parts })).toBeNull();
    },
  );
});
