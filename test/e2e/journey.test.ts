import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tourSteps } from '../../components/tour/steps.ts';
import { accessibleViews } from '../support/accessible-views.ts';
import { apiAnswers } from '../support/api-answers.ts';
import {
  axeViolations,
  browserMissing,
  choose,
  desktop,
  goByKeys,
  launchBrowser,
  measureLoad,
  openedPage,
  savedBy,
  scrollsSideways,
  shownPages,
  type View,
} from '../support/browser.ts';
import { labJourneys, switchKey } from '../support/lab-journeys.ts';
import { stateJourneys } from '../support/state-journeys.ts';
import { postJson, removeDir, startUp, type Up } from '../support/up.ts';

const loaded = 'main table, main [role=slider], main form, main pre, main fieldset';
/** Of every page, one with charts included: these are drawn on the server, too. */
const scriptKilobytesMax = 200;

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

    const openPage = (path: string, view?: View) => openedPage(browser, `${up.url}${path}`, view);

    const setSpeed = (speed: number) => postJson(`${up.url}/api/sandbox/clock`, { speed });

    it('a customer goes from the sentence to the raw record of one request', async () => {
      const { page, faults, close } = await openPage('/?last=48h');
      const answer = page.getByRole('region', { name: 'The answer' });
      await expect
        .poll(() => answer.innerText(), { timeout: 15_000 })
        .toMatch(
          /[\d,]+ messages needed [\d,]+ data key lookups.* KMS requests were sent, one for every/s,
        );
      await page.getByText('Nothing unexplained: every request is accounted for').waitFor();
      await page
        .getByRole('link', { name: /^KMS requests: / })
        .first()
        .click();
      await page.waitForURL(/\/calls\?/);
      expect(page.url()).toContain('last=48h');
      await choose(page, 'Show', 'Matched');
      await page.waitForURL(/show=matched/);
      await page
        .getByRole('row', { name: /Matched/ })
        .getByRole('link', { name: /attempt at .*: open$/ })
        .first()
        .click();
      const record = page.getByRole('region', { name: 'Raw audit record' });
      await expect.poll(() => record.innerText(), { timeout: 10_000 }).toContain('"eventID"');
      const raw = await record.locator('pre').innerText();
      const event = JSON.parse(raw);
      expect(event.eventSource).toBe('kms.amazonaws.com');
      expect(event.userAgent).toContain('keytide/1#engine-');
      // What joined both sides is marked on both.
      const marks = await page.getByRole('dialog').locator('mark').allInnerTexts();
      expect(marks).toEqual([event.requestID, event.requestID, event.requestID]);
      await page.keyboard.press('Escape');
      await page.getByRole('link', { name: 'Report' }).click();
      await page.getByRole('region', { name: 'Method and limits' }).waitFor();
      await page.emulateMedia({ media: 'print' });
      expect(await page.getByRole('navigation').first().isVisible()).toBe(false);
      expect((await page.pdf()).length).toBeGreaterThan(20_000);
      expect(faults).toEqual([]);
      await close();
    });

    it.each(shownPages)(
      '%s is whole without a script: its answer comes with the page; with them it stays in place',
      async (path, words) => {
        const plain = await browser.newContext({ javaScriptEnabled: false, viewport: desktop });
        const bare = await plain.newPage();
        const whole = async () => {
          await bare.goto(`${up.url}${path}?last=48h`);
          return bare.getByRole('main').innerText();
        };
        await expect.poll(whole, { timeout: 30_000 }).toContain(words);
        await plain.close();
        const { scriptBytes, shift } = await measureLoad(browser, `${up.url}${path}?last=48h`);
        expect(scriptBytes / 1000).toBeLessThan(scriptKilobytesMax);
        expect(shift).toBeLessThanOrEqual(0.02);
      },
    );

    it('a stranger leads to its own audit records', async () => {
      const { page, faults, close } = await openPage('/?last=48h');
      await page.getByRole('link', { name: /^Who else used the key/ }).click({ timeout: 15_000 });
      await page.waitForURL(/\/strangers\?last=48h$/);
      const strangers = page.getByRole('region', { name: 'Strangers and suspects' });
      await expect
        .poll(() => strangers.innerText(), { timeout: 15_000 })
        .toContain('nightly-export');
      expect(await strangers.innerText()).toContain('Suspect');
      await strangers.getByRole('link', { name: /Events of .*nightly-export/ }).click();
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

    it('the API answers what its OpenAPI document says, field by field', async () => {
      const answers = await apiAnswers(up.url);
      expect(answers.length).toBeGreaterThan(12);
      for (const { path, answer, read } of answers) expect(read, path).toEqual(answer);
    });

    it('what a page shows is saved as CSV, as JSON and as a picture', async () => {
      const { page, faults, close } = await openPage('/?last=48h');
      const save = (name: string | RegExp, role: 'link' | 'button' = 'link') =>
        savedBy(page, page.getByRole(role, { name }).first());
      await page.locator('main .plot rect').first().waitFor({ timeout: 15_000 });
      const picture = await save(/^PNG: save the chart KMS requests by cause/, 'button');
      expect(picture.subarray(1, 4).toString()).toBe('PNG');
      expect(picture.length).toBeGreaterThan(10_000);
      await page.goto(`${up.url}/calls?last=48h&show=strangers`);
      const csv = String(await save('Save calls as CSV'))
        .trim()
        .split('\r\n');
      const { rows } = JSON.parse(String(await save('Save calls as JSON')));
      expect(csv).toHaveLength(rows.length + 1);
      for (const line of csv.slice(1)) expect(line).toContain(',stranger,');
      await page.goto(`${up.url}/pattern?last=48h`);
      expect(String(await save('Save pattern as CSV'))).toMatch(/^minute,count,incomplete\r\n/);
      const heatmap = await save(/^PNG: save the chart Minute of the hour/, 'button');
      expect(heatmap.length).toBeGreaterThan(10_000);
      expect(faults).toEqual([]);
      await close();
    });

    it('every page is accessible and fits, in both themes, on desktop and phone', async () => {
      const { spikes } = await (await fetch(`${up.url}/api/spikes?last=48h`)).json();
      const pages = [
        ...['/', '/calls', '/spikes', '/pattern', '/strangers', '/cache', '/details', '/report'],
        ...['/settings', '/start', '/connections', '/lab'],
      ].map((path) => `${path}?last=48h`);
      for (const view of accessibleViews) {
        for (const path of [...pages, spikes[0].href]) {
          const { page, faults, close } = await openPage(path, view);
          await page.locator(loaded).first().waitFor();
          await expect.poll(() => axeViolations(page), { timeout: 10_000 }).toEqual([]);
          expect(await scrollsSideways(page), `${path} ${view.viewport.width}`).toBe(false);
          expect(faults).toEqual([]);
          await close();
        }
      }
    });

    labJourneys({ url: () => up.url, browser: () => browser });
    stateJourneys({ url: () => up.url, dir: () => up.dir, browser: () => browser });

    it('a failure is said with a way on, and the way on works', async () => {
      const { page, close } = await openPage('/calls?last=48h');
      await page.getByRole('table').first().waitFor();
      await page.route('**/api/explain**', (route) =>
        route.fulfill({
          status: 503,
          json: { error: { code: 'unavailable', message: 'The database is away.' } },
        }),
      );
      await page.getByRole('link', { name: 'Overview' }).click();
      await page.getByText('The database is away.').first().waitFor({ timeout: 30_000 });
      await page.unroute('**/api/explain**');
      await page.getByRole('button', { name: 'Try again' }).first().click();
      await page.getByRole('region', { name: 'From messages to audit events' }).waitFor();
      await close();
    });

    it('an answer that does not come is said after 8 s, and shown when it comes', async () => {
      const { page, close } = await openPage('/calls?last=48h');
      await page.getByRole('table').first().waitFor();
      const stall = Promise.withResolvers<void>();
      await page.route('**/api/explain**', async (route) => {
        await stall.promise;
        // The page has given up this request; nobody reads the answer.
        await route.continue().catch(() => undefined);
      });
      await page.getByRole('link', { name: 'Overview' }).click();
      const said = page.getByText('The server has not answered for 8 s');
      await said.waitFor({ timeout: 20_000 });
      await page.getByRole('button', { name: 'Try again' }).first().click();
      await said.waitFor({ state: 'hidden' });
      stall.resolve();
      await page.getByRole('region', { name: 'The answer' }).waitFor({ timeout: 20_000 });
      await close();
    });

    it('an SRE goes from a spike to the very events that made it', async () => {
      const { page, faults, close } = await openPage('/spikes?last=48h');
      const spikes = page.getByRole('region', { name: 'Spikes and drops', exact: true });
      const echo = spikes.getByRole('row', { name: / deploy .* echoes (of|after) it/s }).first();
      await echo.getByRole('link', { name: /^Spike of / }).click({ timeout: 15_000 });
      const timeline = page.getByRole('region', { name: 'Timeline' });
      expect(await timeline.innerText()).toMatch(
        /Began\s+Deploy\s.*Advised: spread: 'first-lease'/s,
      );
      const chain = page.getByRole('region', { name: 'Echo chain' });
      await expect.poll(() => chain.innerText(), { timeout: 30_000 }).toMatch(/^Echo 1\s/m);
      expect(await chain.innerText()).toContain('go back to one group of loads. Deploy at ');
      await page.getByRole('link', { name: 'All spikes' }).click();
      const strangers = spikes.getByRole('row', { name: /Strangers/ }).first();
      await strangers.getByRole('link', { name: /^Spike of / }).click();
      await page.waitForURL(/\/spikes\/\d{8}T\d{4}-/);
      const madeOf = page.getByRole('region', { name: 'Made of' });
      await madeOf.waitFor();
      const answer = await page.getByRole('region', { name: 'The answer' }).innerText();
      const calls = Number(/: (\d+) requests/.exec(answer)?.[1]);
      const sums = await madeOf.getByRole('row', { name: /^Together/ }).allInnerTexts();
      expect(sums.length).toBeGreaterThan(1);
      for (const sum of sums) expect(sum).toMatch(new RegExp(`^Together\\s+${calls}\\s*$`));
      const part = madeOf.getByRole('link', { name: /^Calls of cause Strangers: / });
      const events = await part.innerText();
      await part.click();
      await page.waitForURL(/\/calls\?show=strangers&.*from=/);
      await page.getByText(`${events} of ${events}`, { exact: true }).waitFor();
      await page.goBack();
      await page.getByRole('link', { name: 'All spikes' }).click();
      await page.waitForURL(/\/spikes\?last=48h$/);
      await page.getByRole('slider', { name: 'Step to inspect' }).press('Home');
      await page.getByText(/counted, \d+ expected$/).waitFor();
      await page.goto(`${up.url}/spikes/nonsense`);
      await page.getByText('nonsense names no spike').waitFor();
      expect(await page.getByRole('link', { name: 'All spikes' }).count()).toBeGreaterThan(0);
      expect(faults.filter((fault) => !fault.includes('status of 400'))).toEqual([]);
      await close();
    });

    it('the pattern is read by keyboard, and a filter goes along from page to page', async () => {
      const { page, faults, close } = await openPage('/pattern?last=48h');
      const cells = page.getByRole('slider', { name: /cell to inspect$/ });
      await cells.press('ArrowUp');
      await cells.press('ArrowRight');
      const words = (await cells.getAttribute('aria-valuetext')) ?? '';
      const [, day, time, count] = /^(\S+) (\S+) UTC: (\d+) requests?$/.exec(words) ?? [];
      expect(time).toMatch(/:01$/);
      await cells.press('Enter');
      await page.waitForURL(`**/calls?from=${day}T${time}Z&to=**`);
      if (count === '0') await page.getByText('No calls in this window').waitFor();
      else
        await page
          .getByRole('link', { name: /: open$/ })
          .first()
          .waitFor();
      await page.goBack();
      await cells.press('ArrowUp');
      for (const key of ['Shift+ArrowRight', 'Shift+ArrowUp', 'Enter']) await cells.press(key);
      await page.getByText(/in 4 minutes/).waitFor();
      await choose(page, 'Workspace', 'legal');
      await page.waitForURL(/workspace=legal/);
      await page.getByRole('heading', { level: 1 }).click();
      await goByKeys(page, 'r', /\/report\?last=48h&workspace=legal$/);
      const report = page.getByRole('link', { name: 'Markdown' });
      expect(await report.getAttribute('href')).toContain('workspace=legal');
      expect(faults).toEqual([]);
      await close();
    });

    it('the palette finds a page, a workspace, a principal and a spike by keyboard alone', async () => {
      const { page, faults, close } = await openPage('/?last=48h');
      const find = async (text: string, kind: string) => {
        await page.keyboard.press('Control+k');
        const field = page.getByRole('combobox', { name: /^Search pages/ });
        await field.fill(text);
        await page
          .getByRole('option', { name: new RegExp(`${kind}$`) })
          .first()
          .waitFor();
        expect(await axeViolations(page)).toEqual([]);
        await field.press('Enter');
      };
      await find('legal', 'Workspace');
      await page.waitForURL(/workspace=legal/);
      await find('patt', 'Page');
      await page.waitForURL(/\/pattern\?last=48h&workspace=legal/);
      await page.goto(`${up.url}/calls?last=48h`);
      await find('deploy spike', 'Spike');
      await page.waitForURL(/\/spikes\/\d{8}T/);
      await page.goto(`${up.url}/calls?show=strangers&last=48h`);
      await page.keyboard.press('v');
      const views = page.getByRole('dialog', { name: 'Saved views' });
      await views.getByLabel('Save this page as').fill('Who else');
      await page.keyboard.press('Enter');
      await views.getByRole('link', { name: 'Who else' }).waitFor();
      await page.keyboard.press('Escape');
      await page.goto(`${up.url}/?last=48h`);
      await find('who else', 'Saved view');
      await page.waitForURL(/\/calls\?show=strangers&last=48h$/);
      await find('nightly', 'Principal');
      await page.waitForURL(/\/calls\?show=events&principal=/);
      expect(faults).toEqual([]);
      await close();
    });

    it('the tour goes its steps by keyboard alone, and Esc ends it where it began', async () => {
      const { page, faults, close } = await openPage('/?last=48h');
      const begin = page.getByRole('link', { name: 'Take the tour' });
      await begin.focus();
      await page.keyboard.press('Enter');
      for (const [no, { title, href }] of tourSteps.entries()) {
        const step = page.getByRole('dialog', { name: title });
        await step.waitFor();
        await page.waitForURL(`${up.url}${href}?tour=${no + 1}&last=48h`);
        await page.locator('main .tour-target').waitFor();
        await expect
          .poll(() => page.evaluate(() => document.activeElement?.textContent))
          .toBe(title);
        expect(await axeViolations(page)).toEqual([]);
        const next = step.getByRole('button', { name: 'Next' });
        if ((await next.count()) === 0) continue;
        while (!(await next.evaluate((button) => button === document.activeElement)))
          await page.keyboard.press('Tab');
        await page.keyboard.press('Enter');
      }
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      expect(page.url()).not.toContain('tour');
      expect(await begin.evaluate((link) => link === document.activeElement)).toBe(true);
      expect(faults).toEqual([]);
      await close();
    });

    it('disabling the key makes every process go dark, and enabling it brings them back', async () => {
      await setSpeed(240);
      const { page, faults, close } = await openPage('/cache?last=6h');
      const panel = page.getByRole('region', { name: 'Revocation' });
      await panel.getByRole('timer').first().waitFor({ timeout: 15_000 });
      expect(await panel.getByRole('timer').count()).toBe(6);
      await switchKey(up.dir, false);
      // One TTL of sandbox time is 15 s at this speed; in an echo all go dark at once.
      await expect
        .poll(() => panel.innerText(), { timeout: 10_000 })
        .toMatch(/Everything (dark by|is dark)/);
      await expect.poll(() => panel.innerText(), { timeout: 60_000 }).toContain('dark since');
      await expect
        .poll(() => panel.innerText(), { timeout: 60_000 })
        .toContain('Everything is dark.');
      const denied = async () => {
        const answer = await fetch(`${up.url}/api/calls?last=3h&show=never-logged`);
        return (await answer.json()).rows[0]?.attempt;
      };
      await expect
        .poll(denied, { timeout: 30_000 })
        .toMatchObject({ outcome: 'denied', errorCode: 'DisabledException' });
      await switchKey(up.dir, true);
      await expect
        .poll(() => panel.getByText('Serving').count(), { timeout: 60_000 })
        .toBeGreaterThan(0);
      expect(faults).toEqual([]);
      await setSpeed(60);
      await close();
    });

    it('a price that is none is refused at its field, and one that is changes the cost', async () => {
      const { page, close } = await openPage('/details?last=48h');
      const cost = page.getByRole('region', { name: 'Cost', exact: true });
      await cost.getByText('$0.03 for 10,000 requests').waitFor({ timeout: 15_000 });
      await cost.getByRole('button', { name: 'Edit prices' }).click();
      const dialog = page.getByRole('dialog');
      const price = dialog.getByLabel('Price of 10,000 requests').first();
      const save = dialog.getByRole('button', { name: 'Save' });
      await price.fill('a lot');
      await save.click();
      await dialog.getByRole('alert').getByText('Give a number.').waitFor();
      await price.fill('-3');
      await save.click();
      await dialog.getByRole('alert').getByText('Too small').waitFor();
      expect(await price.getAttribute('aria-invalid')).toBe('true');
      await price.fill('30');
      await save.click();
      await dialog.waitFor({ state: 'detached' });
      await cost.getByText('$30.00 for 10,000 requests').waitFor();
      await close();
    });
  },
);
