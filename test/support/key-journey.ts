/** The owner of a key asks its cloud whether the service has access, and measures it only where that is meant. */
import type { Browser } from 'playwright-core';
import { expect, it } from 'vitest';
import { axeViolations, scrollsSideways } from './browser.ts';

export function keyJourney(at: { url(): string; browser(): Browser }): void {
  it('a key’s access is checked on its page, and it is measured once its id is typed in', async () => {
    const { keys } = await (await fetch(`${at.url()}/api/keys`)).json();
    const { key } = keys[0];
    const page = await at.browser().newPage({ viewport: { width: 1280, height: 900 } });
    await page.goto(`${at.url()}/keys/${encodeURIComponent(key)}`);
    await page.getByRole('button', { name: 'Validate now' }).click();
    const access = page.getByRole('region', { name: 'Access' });
    await access.getByText('The key wraps and unwraps').waitFor({ timeout: 30_000 });
    await page.getByRole('button', { name: 'Check access' }).click();
    await access.getByText('Least privilege: none of').waitFor({ timeout: 30_000 });
    expect(await access.getByText('Yes', { exact: true }).count()).toBe(3);
    const give = page.getByRole('region', { name: 'Give access' });
    const role = 'arn:aws:iam::111122223333:role/mine';
    await give.getByLabel('The service’s role').fill(role);
    expect(await give.locator('pre').first().innerText()).toContain(role);
    const begin = page.getByRole('button', { name: 'Begin to measure' });
    const field = page.getByLabel('Type the key’s whole id');
    await field.fill(key.slice(0, -1));
    expect(await begin.isDisabled()).toBe(true);
    await field.fill(key);
    await begin.click();
    const measure = page.getByRole('region', { name: 'Measure on a test key' });
    await measure.getByText(/: granted, the first time/).waitFor({ timeout: 15_000 });
    await page.getByRole('button', { name: 'End the measurement' }).click();
    await measure.getByText('Ended').waitFor();
    expect(await axeViolations(page)).toEqual([]);
    expect(await scrollsSideways(page)).toBe(false);
    await page.getByRole('button', { name: 'Run the drill' }).first().click();
    await page.getByText(/^No event in the log revokes the key/).waitFor({ timeout: 30_000 });
    await page.emulateMedia({ media: 'print' });
    expect(await give.isVisible()).toBe(false);
    await page.close();
    for (const part of ['validate', 'access', 'measure']) {
      const headers = { origin: 'http://elsewhere.example', 'content-type': 'application/json' };
      const address = `${at.url()}/api/keys/${encodeURIComponent(key)}/${part}`;
      expect((await fetch(address, { method: 'POST', headers, body: '{}' })).status).toBe(403);
    }
  }, 120_000);
}
