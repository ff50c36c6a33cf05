import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserMissing, launchBrowser, scrollsSideways } from '../support/browser.ts';
import { hostileStory } from '../support/hostile-story.ts';
import { removeDir, runKeytide, startUp, type Up } from '../support/up.ts';

const markup =
  '<img src=x onerror="window.stolen=1"><script>window.stolen=1</script>"\'><svg onload=window.stolen=1> ' +
  'javascript:window.stolen=1 {{7*7}} \u202egnihtemos \u0007';

/** Texts that are cut, where neither they nor what holds them says the whole. */
const cutWithoutWhole = () =>
  [...document.querySelectorAll('main *')].flatMap((part) => {
    const { overflowX, visibility } = getComputedStyle(part);
    const isCut =
      part.scrollWidth > part.clientWidth + 1 && part.clientWidth > 0 && overflowX === 'hidden';
    const hasWhole = part.closest('[title], [aria-label], .visually-hidden') !== null;
    const hasText = [...part.childNodes].some(({ nodeType }) => nodeType === Node.TEXT_NODE);
    return isCut && hasText && !hasWhole && visibility === 'visible' ? [part.className] : [];
  });

const from = Date.UTC(2026, 10, 22, 6);

describe.skipIf(browserMissing)(
  `markup in every field of log and telemetry${browserMissing ? ` (${browserMissing})` : ''}`,
  () => {
    let up: Up;
    let browser: Browser;
    const told = hostileStory(markup, from);
    beforeAll(async () => {
      up = await startUp({ args: ['--no-sandbox'] });
      const log = join(up.dir, 'log.json');
      await writeFile(log, JSON.stringify({ Records: told.records }));
      expect((await runKeytide(['import', log, '--data', up.dir])).code).toBe(0);
      for (const [signal, body] of [
        ['traces', told.traces],
        ['metrics', told.metrics],
      ] as const) {
        const answer = await fetch(`${up.url}/api/otlp/v1/${signal}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${up.token}` },
          body: JSON.stringify(body),
        });
        expect([answer.status, await answer.json()]).toEqual([200, {}]);
      }
      browser = await launchBrowser();
    });
    afterAll(async () => {
      await browser?.close();
      await up?.stop();
      if (up) await removeDir(up.dir);
    });

    const window = `from=${told.from}&to=${told.to}`;
    /** The page of the first spike, and the calls page with its first record open, are found when asked for. */
    const found = new Map<string, () => Promise<string>>([
      [
        'a spike',
        async () => (await (await fetch(`${up.url}/api/spikes?${window}`)).json()).spikes[0].href,
      ],
      [
        'an open record',
        async () => {
          const { rows } = await (await fetch(`${up.url}/api/calls?${window}`)).json();
          const { eventId, at } = rows[0].event;
          return `/calls?open=${encodeURIComponent(`e:${eventId}@${at}`)}`;
        },
      ],
    ]);
    it.each(['/', '/spikes', '/pattern', '/calls', '/calls?show=strangers', ...found.keys()])(
      'stays text on %s: nothing runs, nothing is loaded, no rule of the policy is broken',
      async (name) => {
        const path = (await found.get(name)?.()) ?? name;
        const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
        const faults: string[] = [];
        page.on('pageerror', (error) => faults.push(error.message));
        page.on('console', (message) => {
          if (message.type() === 'error') faults.push(message.text());
        });
        page.on('dialog', (dialog) => faults.push(dialog.message()));
        await page.goto(`${up.url}${path}${path.includes('?') ? '&' : '?'}${window}`);
        await page.locator('main .state-box, main table, main svg').first().waitFor();
        await page.waitForTimeout(500);
        expect(await page.evaluate('window.stolen')).toBeUndefined();
        expect(await page.locator('img[src="x"], main script, svg[onload]').count()).toBe(0);
        expect(await page.locator('a[href^="javascript:"]').count()).toBe(0);
        expect(await scrollsSideways(page)).toBe(false);
        expect(faults).toEqual([]);
        await page.close();
      },
    );

    it('names of 500 characters, right to left, with emoji and markup fit a phone, whole in reach', async () => {
      const name = `${'مفتاح العميل '.repeat(30)}🔑 <b>${'x'.repeat(100)}</b>`.slice(0, 500);
      const long = hostileStory(name, from + 24 * 3_600_000);
      const log = join(up.dir, 'long.json');
      await writeFile(log, JSON.stringify({ Records: long.records }));
      expect((await runKeytide(['import', log, '--data', up.dir])).code).toBe(0);
      const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
      const asked = encodeURIComponent('x'.repeat(500));
      for (const path of [
        ...['/', '/spikes', '/strangers', '/calls?show=events', '/report', '/keys', '/pattern'],
        ...[`/?workspace=${asked}`, `/report?process=${asked}`, `/calls?tag=${asked}`],
        ...[`/keys/${asked}`, `/spikes/${asked}`],
      ]) {
        const window = `from=${long.from}&to=${long.to}`;
        await page.goto(`${up.url}${path}${path.includes('?') ? '&' : '?'}${window}`);
        await page.locator('main table, main .state-box:not(.state-loading)').first().waitFor();
        expect(await scrollsSideways(page), path).toBe(false);
        expect(await page.evaluate(cutWithoutWhole), path).toEqual([]);
        expect(await page.locator('main b').count()).toBe(0);
      }
      await page.close();
    });

    it('says nothing good of what filters hide', async () => {
      const page = await browser.newPage();
      const window = `workspace=none&from=${told.from}&to=${told.to}`;
      await page.goto(`${up.url}/?${window}`);
      await page.getByText('Nothing in this window passes these filters').waitFor();
      await page.getByText('Nothing to account for').waitFor();
      expect(await page.getByText('Look at what there is').count()).toBe(0);
      await page.goto(`${up.url}/strangers?${window}`);
      await page.getByText('Nobody else that these filters show').waitFor();
      await page.getByRole('button', { name: 'Clear filters' }).waitFor();
      await page.close();
    });

    it('what an address asks in vain is named, and the page is shown without it', async () => {
      const page = await browser.newPage();
      await page.goto(
        `${up.url}/calls?last=soon&show=all&sort=up&open=${encodeURIComponent(markup)}`,
      );
      await page.getByText('last=soon is no span; write 30m, 6h or 7d.').waitFor();
      await page.getByText('show=all is not understood').waitFor();
      await page.getByText('sort=up means nothing on this page').waitFor();
      await page.getByText('open=<img src=x').waitFor();
      await page.getByRole('button', { name: 'Last 24h', pressed: true }).waitFor();
      expect(await page.evaluate('window.stolen')).toBeUndefined();
      await page.close();
    });
  },
);
