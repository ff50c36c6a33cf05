/** A demo giver goes through a scenario of the lab, from the first click to the report, by mouse and by keyboard. */
import type { Browser, Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { readControlFile } from '../../lib/cli/sandbox-control-file.ts';
import { sandboxClient } from '../../lib/services/sandbox-client.ts';
import { axeViolations, scrollsSideways } from './browser.ts';
import { keyJourney } from './key-journey.ts';
import { sized } from './sized.ts';

const wallMsMax = 180_000;

interface Place {
  url(): string;
  browser(): Browser;
}

const journeys = [
  { way: 'mouse', title: 'Revoke and wait', steps: 4 },
  { way: 'keyboard', title: 'Alias swap', steps: 3 },
  { way: 'keyboard', title: 'Revoke and wait', steps: 4 },
  { way: 'mouse', title: 'Alias swap', steps: 3 },
] as const;

/** By mouse: clicked. By keyboard: walked to with Tab and pressed, or chosen among its group with the arrows. */
const ways = {
  mouse: {
    choose: (page: Page, name: string) => page.getByRole('radio', { name }).check(),
    press: (page: Page, name: RegExp | string) => page.getByRole('button', { name }).click(),
  },
  keyboard: {
    choose: async (page: Page, name: string) => {
      const radio = page.getByRole('radio', { name });
      const isThere = () => radio.evaluate((one) => one === document.activeElement);
      await tabTo(page, page.getByRole('radio', { checked: true }));
      for (let turn = 0; turn < 10 && !(await isThere()); turn += 1)
        await page.keyboard.press('ArrowDown');
      expect(await isThere()).toBe(true);
    },
    press: async (page: Page, name: RegExp | string) => {
      await tabTo(page, page.getByRole('button', { name }));
      await page.keyboard.press('Enter');
    },
  },
};

/** Walks with Tab to what is named. */
export async function tabTo(page: Page, target: ReturnType<Page['getByRole']>): Promise<void> {
  await target.waitFor();
  const isThere = () => target.evaluate((one) => one === document.activeElement);
  for (let turn = 0; turn < 120 && !(await isThere()); turn += 1) await page.keyboard.press('Tab');
  expect(await isThere()).toBe(true);
}

/** Disables or enables the key of the sandbox of a data directory, as its customer would. */
export async function switchKey(dir: string, enabled: boolean): Promise<void> {
  const control = readControlFile(dir);
  if (control === null) throw new Error('the sandbox left no control file');
  const sandbox = sandboxClient(control);
  await sandbox.setKey((await sandbox.state()).keys[0]?.key ?? '', enabled);
}

/** Tests of the lab, and of a key, in a browser that another file has opened, with a Keytide that it has started. */
export function labJourneys(at: Place): void {
  async function openLab(query: string): Promise<{ page: Page; faults: string[] }> {
    const page = await at.browser().newPage({ viewport: { width: 1280, height: 900 } });
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text());
    });
    await page.goto(`${at.url()}/lab${query}`);
    return { page, faults };
  }

  it.each(journeys.slice(0, sized({ ci: 2, long: 4 })))(
    '“$title” from the first click to the report, by $way',
    async ({ way, title, steps }) => {
      const { page, faults } = await openLab('');
      const { choose, press } = ways[way];
      const begun = Date.now();
      await choose(page, title);
      await press(page, 'Begin');
      for (let step = 0; step < steps; step += 1) {
        await press(page, /^Next: /);
        await page.getByText(/^The step runs/).waitFor({ state: 'visible', timeout: 15_000 });
        await page.getByText(/^The step runs/).waitFor({ state: 'hidden', timeout: 60_000 });
      }
      const report = page.getByRole('region', { name: 'Report' });
      await expect
        .poll(() => report.innerText(), { timeout: 15_000 })
        .toContain('is in the audit log or on its way there');
      const words = await report.innerText();
      expect(words).toContain('each as the screen said');
      expect(words).not.toContain('otherwise than the screen said');
      expect(words).toContain('No plaintext was given a TTL or more');
      expect(Date.now() - begun).toBeLessThan(wallMsMax);
      expect(await axeViolations(page)).toEqual([]);
      // The address alone finds the lab again, as it was.
      await page.reload();
      await expect.poll(() => report.innerText(), { timeout: 15_000 }).toBe(words);
      await press(page, 'End the lab');
      await page.getByRole('button', { name: 'Begin' }).waitFor();
      expect(faults).toEqual([]);
      await page.close();
    },
  );

  phoneJourney(at);
  // Half a minute, of which key-access.test.ts holds most without a browser.
  if (sized({ ci: false, long: true })) keyJourney(at);
}

function phoneJourney(at: Place): void {
  it('fits a phone, in dark, and a lab that was ended says so', async () => {
    const context = await at.browser().newContext({
      viewport: { width: 390, height: 844 },
      colorScheme: 'dark',
    });
    const page = await context.newPage();
    await page.goto(`${at.url()}/lab?cloud=gcp&processes=2`);
    await page.getByRole('button', { name: 'Begin' }).click();
    await page.getByRole('region', { name: 'What it means' }).waitFor();
    expect(await page.evaluate(() => scrollY)).toBe(0);
    await page.getByRole('button', { name: 'Disable the key' }).click();
    await page
      .getByText(/disables every version of the key/)
      .first()
      .waitFor();
    await page.getByRole('button', { name: 'Disable the key' }).click();
    await page.getByText('Key A is disabled already. Nothing was changed.').first().waitFor();
    expect(await scrollsSideways(page)).toBe(false);
    expect(await axeViolations(page)).toEqual([]);
    const other = await context.newPage();
    await other.goto(page.url());
    await other.getByText('Key A is disabled already. Nothing was changed.').first().waitFor();
    await other.getByRole('button', { name: 'End the lab' }).click();
    await other.getByRole('button', { name: 'Begin' }).waitFor();
    await page.getByText('This lab was ended').waitFor({ timeout: 15_000 });
    await context.close();
  });
}
