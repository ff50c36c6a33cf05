import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  axeViolations,
  browserMissing,
  launchBrowser,
  scrollsSideways,
} from '../support/browser.ts';
import { removeDir, startUp, type Up } from '../support/up.ts';

const desktop = { width: 1280, height: 900 };
const phone = { width: 390, height: 844 };

describe.skipIf(browserMissing)(
  `in a browser${browserMissing ? ` (${browserMissing})` : ''}`,
  () => {
    let up: Up;
    let browser: Browser;
    beforeAll(async () => {
      up = await startUp();
      browser = await launchBrowser();
    });
    afterAll(async () => {
      await browser?.close();
      await up?.stop();
      if (up) await removeDir(up.dir);
    });

    async function openPage(
      path: string,
      view: { viewport: typeof desktop; colorScheme?: 'light' | 'dark' } = { viewport: desktop },
    ): Promise<{ page: Page; faults: string[]; close(): Promise<void> }> {
      const context = await browser.newContext(view);
      const page = await context.newPage();
      const faults: string[] = [];
      page.on('pageerror', (error) => faults.push(error.message));
      page.on('console', (message) => {
        if (message.type() === 'error') faults.push(message.text());
      });
      await page.goto(`${up.url}${path}`);
      return { page, faults, close: () => context.close() };
    }

    it('a customer goes from the sentence to the raw record of one request', async () => {
      const { page, faults, close } = await openPage('/?last=48h');
      const answer = page.getByRole('region', { name: 'The answer' });
      await expect
        .poll(() => answer.innerText(), { timeout: 15_000 })
        .toMatch(
          /[\d,]+ messages needed [\d,]+ data key lookups.* KMS requests left, one for every/s,
        );
      await page.getByText('Residual 0: every request is accounted for').waitFor();
      await page
        .getByRole('link', { name: /^KMS requests: / })
        .first()
        .click();
      await page.waitForURL(/\/calls\?/);
      expect(page.url()).toContain('last=48h');
      await page.getByLabel('Show').selectOption({ label: 'Matched' });
      await page.waitForURL(/show=matched/);
      await page
        .getByRole('link', { name: /attempt at .*: open$/ })
        .first()
        .click();
      const record = page.getByRole('region', { name: 'Raw audit record' });
      await expect.poll(() => record.innerText(), { timeout: 10_000 }).toContain('"eventID"');
      const raw = await record.locator('pre').innerText();
      const event = JSON.parse(raw);
      expect(event.eventSource).toBe('kms.amazonaws.com');
      expect(event.userAgent).toContain('keytide/1#engine-');
      expect(await page.getByRole('dialog').innerText()).toContain(event.requestID);
      await page.keyboard.press('Escape');
      await page.goBack();
      expect(faults).toEqual([]);
      await close();
    });

    it('a stranger leads to its own audit records', async () => {
      const { page, faults, close } = await openPage('/?last=48h');
      const strangers = page.getByRole('region', { name: 'Strangers and suspects' });
      await expect
        .poll(() => strangers.innerText(), { timeout: 15_000 })
        .toContain('nightly-export');
      expect(await strangers.innerText()).toContain('Suspect');
      await strangers.getByRole('link', { name: /nightly-export/ }).click();
      await page.waitForURL(/show=strangers/);
      await page
        .getByRole('link', { name: /event at .*: open$/ })
        .first()
        .click();
      const record = page.getByRole('region', { name: 'Raw audit record' });
      await expect.poll(() => record.innerText(), { timeout: 10_000 }).toContain('nightly-export');
      expect(faults).toEqual([]);
      await close();
    });

    it('both pages are accessible and fit, in both themes, on desktop and phone', async () => {
      for (const viewport of [desktop, phone]) {
        for (const colorScheme of ['light', 'dark'] as const) {
          for (const path of ['/?last=48h', '/calls?last=48h']) {
            const { page, faults, close } = await openPage(path, { viewport, colorScheme });
            await page.getByRole('table').first().waitFor();
            await expect.poll(() => axeViolations(page), { timeout: 10_000 }).toEqual([]);
            expect(await scrollsSideways(page), `${path} ${viewport.width}`).toBe(false);
            expect(faults).toEqual([]);
            await close();
          }
        }
      }
    });

    it('disabling the key makes every process go dark, and enabling it brings them back', async () => {
      await fetch(`${up.url}/api/sandbox/clock`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"speed": 240}',
      });
      const { page, faults, close } = await openPage('/?last=6h');
      const panel = page.getByRole('region', { name: 'Revocation' });
      await panel.getByRole('timer').first().waitFor({ timeout: 15_000 });
      expect(await panel.getByRole('timer').count()).toBe(6);
      await panel.getByRole('button', { name: 'Disable key' }).click();
      const dialog = page.getByRole('dialog', { name: 'Disable the key?' });
      await dialog.getByRole('button', { name: 'Disable', exact: true }).click();
      await expect
        .poll(() => panel.innerText(), { timeout: 10_000 })
        .toContain('Everything dark by');
      // One TTL of sandbox time is 15 s at this speed.
      await expect.poll(() => panel.innerText(), { timeout: 60_000 }).toContain('dark since');
      await expect
        .poll(() => panel.innerText(), { timeout: 60_000 })
        .toContain('Everything is dark.');
      const denied = await fetch(`${up.url}/api/calls?last=3h&show=never-logged`);
      const { rows } = await denied.json();
      expect(rows.length).toBeGreaterThan(0);
      expect(rows[0].attempt).toMatchObject({ outcome: 'denied', errorCode: 'DisabledException' });
      await panel.getByRole('button', { name: 'Enable key' }).click();
      const again = page.getByRole('dialog', { name: 'Enable the key?' });
      await again.getByRole('button', { name: 'Enable', exact: true }).click();
      await expect
        .poll(() => panel.getByText('Serving').count(), { timeout: 60_000 })
        .toBeGreaterThan(0);
      expect(faults).toEqual([]);
      await close();
    });

    it('a failure is said with a way on, and the way on works', async () => {
      const { page, close } = await openPage('/calls?last=48h');
      await page.getByRole('table').first().waitFor();
      await page.route('**/api/explain**', (route) =>
        route.fulfill({
          status: 503,
          json: { error: { code: 'unavailable', message: 'The database is away.' } },
        }),
      );
      await page.goto(`${up.url}/?last=48h`);
      await page.getByText('The database is away.').first().waitFor({ timeout: 30_000 });
      await page.unroute('**/api/explain**');
      await page.getByRole('button', { name: 'Try again' }).first().click();
      await page.getByRole('region', { name: 'From messages to audit events' }).waitFor();
      await close();
    });
  },
);
