/** What a page owes to who comes by keyboard alone, may not see it, waits for it, or wants nothing to move. */
import type { Browser, Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { tourSteps } from '../../components/tour/steps.ts';
import { axeViolations, desktop, openedPage, scrollsSideways, type View } from './browser.ts';

interface Dimming {
  dimmedMs: number;
  frameMs: number;
}

interface Place {
  url(): string;
  browser(): Browser;
}

const open = (at: Place, path: string, view: View = { viewport: desktop }) =>
  openedPage(at.browser(), `${at.url()}${path}`, view);

/** Holds the page's own answers back; returns what lets them through. */
async function holdAnswers(page: Page, path: string): Promise<() => void> {
  const held = Promise.withResolvers<void>();
  await page.route(path, async (route) => {
    await held.promise;
    await route.continue().catch(() => undefined);
  });
  return held.resolve;
}

/** How long the old data are dimmed from now on, frame by frame, and the longest frame, by which that may be off. */
const watchDimming = (page: Page) =>
  page.evaluate(() => {
    const seen = globalThis as unknown as Dimming;
    Object.assign(seen, { dimmedMs: 0, frameMs: 0 });
    let before = performance.now();
    const look = (now: number) => {
      const data = document.querySelector('main .refreshing');
      if (data && Number(getComputedStyle(data).opacity) < 0.99) seen.dimmedMs += now - before;
      seen.frameMs = Math.max(seen.frameMs, now - before);
      before = now;
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });

const motion = (page: Page) =>
  page.evaluate(() =>
    document.getAnimations().map((one) => (one as CSSAnimation).animationName ?? 'transition'),
  );

export function careJourneys(at: Place): void {
  keyboardJourneys(at);
  refusals(at);
  quietJourneys(at);
  touchJourney(at);
}

function keyboardJourneys(at: Place): void {
  it('pages, tools, window and filters are one stop of Tab each, and arrow keys move within', async () => {
    const { page, faults, close } = await open(at, '/spikes?last=48h');
    const focused = () =>
      page.evaluate(() => document.activeElement?.closest('nav, [role=toolbar]')?.ariaLabel);
    const first = page.locator('.spike-list th a').first();
    await first.waitFor();
    const stops: (string | null | undefined)[] = [];
    while (!(await first.evaluate((link) => link === document.activeElement))) {
      await page.keyboard.press('Tab');
      stops.push(await focused());
      expect(stops.length).toBeLessThan(30);
    }
    for (const row of ['Pages', 'Tools', 'Window', 'Filters'])
      expect(stops.filter((stop) => stop === row)).toHaveLength(1);
    const day = page.getByRole('button', { name: 'Last 24h' });
    await page.getByRole('button', { name: 'Last 48h' }).focus();
    await page.keyboard.press('ArrowLeft');
    expect(await day.evaluate((button) => button === document.activeElement)).toBe(true);
    await page.keyboard.press('Enter');
    await page.waitForURL(/last=24h/);
    expect(await day.evaluate((button) => button.tabIndex)).toBe(0);
    await page.keyboard.press('End');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Custom');
    expect(faults).toEqual([]);
    await close();
  });

  it('the page one is on stays in sight of a phone’s list of pages when the window changes', async () => {
    const { page, close } = await open(at, '/settings', { viewport: { width: 390, height: 844 } });
    const nav = page.getByRole('navigation', { name: 'Pages' });
    const current = nav.locator('[aria-current]');
    await expect.poll(() => current.evaluate(isWithinList)).toBe(true);
    await page.goto(`${at.url()}/report?last=48h`);
    await nav.evaluate((list) => list.scrollTo(0, 0));
    await page.getByRole('button', { name: 'Last 24h' }).click();
    await page.waitForURL(/last=24h/);
    await expect.poll(() => current.evaluate(isWithinList)).toBe(true);
    await close();
  });
}

function refusals(at: Place): void {
  it.each([
    [401, 'unauthorized', 'A token is missing or wrong', 'in the file ingest-token'],
    [403, 'forbidden', 'You may not see this', 'Only its owner may ask.'],
  ])('an answer of %i says what is missing, and the way on works', async (...refusal) => {
    const [status, code, title, words] = refusal;
    const { page, close } = await open(at, '/calls?last=48h');
    await page.getByRole('table').first().waitFor();
    const error = { code, message: 'Only its owner may ask.' };
    await page.route('**/api/explain**', (route) => route.fulfill({ status, json: { error } }));
    await page.getByRole('link', { name: 'Overview', exact: true }).click();
    const box = page.locator('.state-forbidden').first();
    await box.waitFor({ timeout: 20_000 });
    expect(await box.innerText()).toContain(title);
    expect(await box.innerText()).toContain(words);
    expect(await axeViolations(page)).toEqual([]);
    await page.unroute('**/api/explain**');
    await box.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('region', { name: 'The answer' }).waitFor();
    await close();
  });
}

function quietJourneys(at: Place): void {
  it('old data step back for 300 ms at most, however long the new ones take', async () => {
    const { page, close } = await open(at, '/spikes?last=48h');
    await page.locator('.spike-list').waitFor();
    const letThrough = await holdAnswers(page, '**/api/spikes?**');
    await watchDimming(page);
    await page.getByRole('button', { name: 'Last 24h' }).click();
    await page.locator('main .refreshing[aria-busy=true]').waitFor();
    await page.waitForTimeout(2_000);
    const { dimmedMs, frameMs } = await page.evaluate(() => {
      const seen = globalThis as unknown as Dimming;
      return { dimmedMs: seen.dimmedMs, frameMs: seen.frameMs };
    });
    expect(dimmedMs).toBeGreaterThan(0);
    expect(dimmedMs - frameMs).toBeLessThanOrEqual(300);
    letThrough();
    await page.locator('main .refreshing[aria-busy=true]').waitFor({ state: 'detached' });
    await close();
  });

  it('nothing moves where less motion is asked for, neither while it loads nor when it changes', async () => {
    const { page, close } = await open(at, '/calls?last=48h');
    await page.getByRole('table').first().waitFor();
    const letThrough = await holdAnswers(page, '**/api/**');
    const waits = page.locator('main .refreshing[aria-busy=true]').first();
    await page.getByRole('button', { name: 'Last 24h' }).click();
    await waits.waitFor();
    await expect.poll(() => motion(page)).toContain('run-along');
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await expect.poll(() => motion(page)).toEqual([]);
    letThrough();
    await close();
  });
}

function touchJourney(at: Place): void {
  it('who shows it goes by touch on a phone through the tour, to a spike and to who holds what', async () => {
    const view = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
    const { page, faults, close } = await open(at, '/?last=48h', view);
    await page.getByRole('link', { name: 'Take the tour' }).tap();
    for (const { title } of tourSteps) {
      const step = page.getByRole('dialog', { name: title });
      await step.waitFor({ timeout: 20_000 });
      expect(await scrollsSideways(page), title).toBe(false);
      const next = step.getByRole('button', { name: 'Next' });
      if ((await next.count()) > 0) await next.tap();
      else await step.getByRole('button', { name: /Done|End|Close/ }).tap();
    }
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'Spikes', exact: true }).tap();
    await page
      .getByRole('link', { name: /^Spike of / })
      .first()
      .tap();
    await page.getByRole('region', { name: 'Made of' }).waitFor({ timeout: 20_000 });
    await page.goBack();
    await page.waitForURL(/\/spikes\?/);
    await page.getByRole('link', { name: 'Cache', exact: true }).tap();
    await page.getByRole('region', { name: 'Revocation' }).waitFor({ timeout: 20_000 });
    expect(await scrollsSideways(page)).toBe(false);
    expect(faults).toEqual([]);
    await close();
  });
}

const isWithinList = (link: Element): boolean => {
  const list = link.closest('nav')?.getBoundingClientRect();
  const own = link.getBoundingClientRect();
  return list !== undefined && own.left >= list.left - 1 && own.right <= list.right + 1;
};
