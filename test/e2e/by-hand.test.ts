/** First runs as a person makes them: a newcomer by keyboard alone, and who shows it by touch on a phone. */
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tourSteps } from '../../components/tour/steps.ts';
import {
  axeViolations,
  browserMissing,
  desktop,
  launchBrowser,
  openedPage,
  scrollsSideways,
} from '../support/browser.ts';
import { tabTo } from '../support/lab-journeys.ts';
import { needCase } from '../support/shared-data.ts';
import { removeDir, startUp, type Up } from '../support/up.ts';

const phone = {
  viewport: { width: 390, height: 844 },
  hasTouch: true,
  isMobile: true,
};

/** Chooses a log file on the first page, by whatever presses its button. */
async function giveLog(page: Page, press: (target: Locator) => Promise<void>, file: string) {
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    press(page.getByRole('button', { name: 'Choose files' })),
  ]);
  await chooser.setFiles(file);
  await page.waitForURL(/\/\?from=/, { timeout: 60_000 });
  await page.getByRole('region', { name: 'The answer' }).waitFor({ timeout: 20_000 });
}

/** Goes to a page by keys: its pages are one stop of Tab, among which the arrows move. */
async function goByArrows(page: Page, name: string): Promise<void> {
  const pages = page.getByRole('navigation', { name: 'Pages' });
  await tabTo(page, pages.locator('a[tabindex="0"]'));
  const link = pages.getByRole('link', { name, exact: true });
  const isThere = () => link.evaluate((one) => one === document.activeElement);
  for (let turn = 0; turn < 20 && !(await isThere()); turn += 1)
    await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
}

describe.skipIf(browserMissing)(
  `a first run by hand${browserMissing ? ` (${browserMissing})` : ''}`,
  () => {
    let up: Up;
    let browser: Browser;
    beforeAll(async () => {
      up = await startUp({ args: ['--no-sandbox'] });
      browser = await launchBrowser();
    });
    afterAll(async () => {
      await browser?.close();
      await up?.stop();
      if (up) await removeDir(up.dir);
    });

    it('a newcomer goes by keyboard alone from one log file to a record, to whose it is and to the report', async (context) => {
      const log = needCase(context, '08-esdk-hourly/log.json.gz');
      const { page, faults, close } = await openedPage(browser, up.url, { viewport: desktop });
      const press = async (target: Locator) => {
        await tabTo(page, target);
        await page.keyboard.press('Enter');
      };
      await page.getByRole('heading', { name: 'Nothing is connected yet' }).waitFor();
      await giveLog(page, press, log);
      const answer = page.getByRole('region', { name: 'The answer' });
      const first = await answer.innerText();
      await press(answer.getByRole('link').first());
      await page.waitForURL(/\/calls\?/);
      await press(page.getByRole('link', { name: /event at .*: open$/ }).first());
      const record = page.getByRole('region', { name: 'Raw audit record' });
      await expect.poll(() => record.innerText(), { timeout: 10_000 }).toContain('"eventID"');
      await page.keyboard.press('Escape');
      await record.waitFor({ state: 'detached' });
      await goByArrows(page, 'Settings');
      await page.waitForURL(/\/settings/);
      await tabTo(
        page,
        page.getByRole('group', { name: 'Seen in the log' }).getByRole('checkbox').first(),
      );
      await page.keyboard.press('Space');
      await press(page.getByRole('button', { name: 'Save', exact: true }));
      await press(page.getByRole('link', { name: 'See the answer' }));
      await expect.poll(() => answer.innerText(), { timeout: 20_000 }).not.toBe(first);
      await goByArrows(page, 'Report');
      await page.getByRole('region', { name: 'Method and limits' }).waitFor();
      expect(await axeViolations(page)).toEqual([]);
      expect(faults).toEqual([]);
      await close();
    });

    it('who shows it on a phone goes by touch from a log file to the sandbox, through the tour, and takes a key away and gives it back', async (context) => {
      const log = needCase(context, '07-two-keys/records.json');
      const { page, faults, close } = await openedPage(browser, `${up.url}/start`, phone);
      const touch = (role: 'link' | 'button' | 'radio', name: string | RegExp) =>
        page.getByRole(role, { name, exact: true }).first().tap({ timeout: 120_000 });
      await giveLog(page, (target) => target.tap(), log);
      await page.goto(`${up.url}/start`);
      await touch('button', 'Start the sandbox');
      await touch('link', 'Look at the sandbox');
      await touch('link', 'Take the tour');
      for (const { title } of tourSteps) {
        await page.getByRole('dialog', { name: title }).waitFor({ timeout: 20_000 });
        expect(await scrollsSideways(page)).toBe(false);
        await touch('button', /^(Next|Close)$/);
      }
      await touch('link', 'Cache');
      await touch('link', 'Try it in the lab');
      await touch('radio', /^Revoke and wait/);
      await touch('button', 'Begin');
      const meaning = page.getByRole('region', { name: 'What it means' });
      const seen: string[] = [];
      for (let step = 0; step < 4; step += 1) {
        await touch('button', /^Next: /);
        const runs = page.getByText(/^The step runs/);
        await runs.waitFor({ state: 'visible', timeout: 15_000 });
        await runs.waitFor({ state: 'hidden', timeout: 60_000 });
        seen.push(await meaning.locator('.answer-first').innerText());
      }
      // Dark once the last lease has ended, and back when the key is enabled.
      expect(seen[2]).toMatch(/^Everything is dark/);
      expect(seen[3]).toMatch(/processes hold keys|Everything is readable/);
      expect(await scrollsSideways(page)).toBe(false);
      expect(await axeViolations(page)).toEqual([]);
      await touch('button', 'End the lab');
      await page.getByRole('button', { name: 'Begin' }).waitFor();
      expect(faults).toEqual([]);
      await close();
    });
  },
);
