/** What every visitor may do on every page: go back, reload, open a second tab, use the keyboard alone, or a phone. */
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { expect, it } from 'vitest';
import {
  axeViolations,
  desktop,
  goByKeys,
  openedPage,
  scrollsSideways,
  shownPages,
  type View,
} from './browser.ts';
import { careJourneys } from './care-journeys.ts';

interface Place {
  url(): string;
  dir(): string;
  browser(): Browser;
}

const record = (page: Page) => page.getByRole('region', { name: 'Raw audit record' });

/** Walks with Tab to the first element that the selector finds. */
async function tabTo(page: Page, selector: string): Promise<void> {
  const isThere = () =>
    page.evaluate((css) => document.activeElement?.matches(css) ?? false, selector);
  for (let turn = 0; turn < 150 && !(await isThere()); turn += 1) await page.keyboard.press('Tab');
  expect(await isThere(), selector).toBe(true);
}

/** Opens the first row's record. */
async function openRecord(page: Page): Promise<string> {
  await page
    .getByRole('link', { name: /: open$/ })
    .first()
    .click();
  await record(page).waitFor();
  return record(page).locator('pre').innerText();
}

const open = (at: Place, path: string, view: View = { viewport: desktop }) =>
  openedPage(at.browser(), `${at.url()}${path}`, view);

/** Tests in a browser that another file has opened, with a Keytide that it has started. */
export function stateJourneys(at: Place): void {
  addressJourneys(at);
  localTimes(at);
  iconJourney(at);
  customerJourneys(at);
  engineerJourney(at);
  selectionJourney(at);
  chartsOfOneThing(at);
  stalledPage(at);
  careJourneys(at);
}

function addressJourneys(at: Place): void {
  it('Back, reload and a second tab show what the address says', async () => {
    const { page, faults, close } = await open(at, '/calls?show=matched&last=48h');
    const shown = await openRecord(page);
    const opened = page.url();
    expect(opened).toContain('open=');
    await page.reload();
    const inTime = { timeout: 15_000 };
    await expect.poll(() => record(page).locator('pre').innerText(), inTime).toBe(shown);
    const other = await page.context().newPage();
    await other.goto(opened);
    await expect.poll(() => record(other).locator('pre').innerText(), inTime).toBe(shown);
    await page.keyboard.press('Escape');
    await record(page).waitFor({ state: 'detached' });
    await page.waitForURL((url) => !url.searchParams.has('open'));
    await page.goBack();
    await record(page).waitFor();
    await page.goBack();
    await record(page).waitFor({ state: 'detached' });
    expect(page.url()).toContain('show=matched');
    expect(faults).toEqual([]);
    await close();
  });

  it('a spike that is gone, a key that nobody knows and a window before the first data say so, and lead on', async () => {
    const { page, close } = await open(at, '/spikes/20250101T0000-20250101T0005?key=none');
    await page.getByText('There is no such spike').waitFor({ timeout: 15_000 });
    expect(await page.getByRole('link', { name: 'All spikes' }).count()).toBeGreaterThan(0);
    await page.goto(`${at.url()}/keys/unknown`);
    await page.getByText('No such key is known').waitFor({ timeout: 15_000 });
    const known = page.getByRole('navigation', { name: 'Keys that are known' }).getByRole('link');
    const key = await known.first().innerText();
    await known.first().click();
    await page.getByRole('heading', { name: `Key ${key}` }).waitFor({ timeout: 15_000 });
    for (const path of ['/', '/spikes', '/pattern', '/calls']) {
      await page.goto(`${at.url()}${path}?from=2020-01-01T00:00Z&to=2020-01-02T00:00Z`);
      await page
        .getByRole('link', { name: /^Look at what there is/ })
        .first()
        .waitFor({ timeout: 15_000 });
    }
    await close();
  });
}

function iconJourney(at: Place): void {
  it('the icon is there by the name that browsers ask for unasked', async () => {
    const { status, headers } = await fetch(`${at.url()}/favicon.ico`);
    expect([status, headers.get('content-type')]).toEqual([200, 'image/svg+xml']);
  });
}

function localTimes(at: Place): void {
  it('once local time is chosen no page keeps an instant in UTC, in sentences neither', async () => {
    const view: View = { viewport: desktop, timezoneId: 'Asia/Kolkata' };
    const { page, faults, close } = await open(at, '/', view);
    const zone = page.getByRole('button', { name: 'Switch between UTC and local time' });
    await zone.click();
    const { spikes } = (await (await fetch(`${at.url()}/api/spikes?last=48h`)).json()) as {
      spikes: { href: string; sentence: string }[];
    };
    const pages = shownPages
      .filter(([path]) => path !== '/docs')
      .map(([path]) => `${path}?last=48h`);
    for (const path of [...pages, ...spikes.slice(0, 1).map(({ href }) => href)]) {
      await page.goto(`${at.url()}${path}`);
      await zone.getByText('Local').waitFor();
      const kept = async () =>
        (await page.locator('main').innerText()).match(/.*\d UTC(?![+−]).*/g) ?? [];
      await expect.poll(kept, { message: path, timeout: 15_000 }).toEqual([]);
    }
    await page.locator('.answer-first', { hasText: 'UTC+5:30' }).waitFor();
    expect(faults).toEqual([]);
    await close();
  });
}

function customerJourneys(at: Place): void {
  it('a customer goes by keyboard alone from the sentence to a record, to who else and to the report', async () => {
    const { page, faults, close } = await open(at, '/?last=48h');
    await page.locator('.answer strong a').first().waitFor({ timeout: 15_000 });
    await tabTo(page, '.answer strong a[href*="/calls?"]');
    const counted = await page.evaluate(() => document.activeElement?.textContent ?? '');
    expect(counted).toMatch(/^[\d,]+$/);
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/calls\?/);
    await page.getByText(new RegExp(`of ${counted}\\b`)).waitFor();
    await tabTo(page, 'a[aria-label$=": open"]');
    await page.keyboard.press('Enter');
    await record(page).waitFor();
    await page.keyboard.press('Escape');
    await record(page).waitFor({ state: 'detached' });
    for (const [key, path] of [
      ['w', '/strangers'],
      ['r', '/report'],
    ] as const) {
      await goByKeys(page, key, new RegExp(`${path}\\?.*last=48h`));
      await page.getByText('nightly-export').first().waitFor();
    }
    expect(faults).toEqual([]);
    await close();
  });

  it('a customer’s way is whole on a phone', async () => {
    const view: View = { viewport: { width: 390, height: 844 }, colorScheme: 'dark' };
    const { page, faults, close } = await open(at, '/?last=48h', view);
    await page.locator('.answer strong a[href*="show=matched"]').click({ timeout: 15_000 });
    await page.waitForURL(/show=matched/);
    expect(JSON.parse(await openRecord(page)).eventSource).toBe('kms.amazonaws.com');
    expect(await page.getByRole('dialog').locator('mark').count()).toBeGreaterThan(2);
    expect(await scrollsSideways(page)).toBe(false);
    expect(await axeViolations(page)).toEqual([]);
    await page.goBack();
    await record(page).waitFor({ state: 'detached' });
    expect(faults).toEqual([]);
    await close();
  });
}

function engineerJourney(at: Place): void {
  const missing = spawnSync('promtool', ['--version']).error !== undefined;
  it.skipIf(missing && process.env.KEYTIDE_TEST_REQUIRE !== 'all')(
    `an SRE reads the next echo and copies a rule that promtool takes${missing ? ' (promtool is not here)' : ''}`,
    async () => {
      const { spikes } = await (await fetch(`${at.url()}/api/spikes?last=48h`)).json();
      const echoed = spikes.find(({ chain }: { chain: unknown[] }) => chain.length > 1);
      const { page, close } = await open(at, echoed.href);
      const timeline = page.getByRole('region', { name: 'Timeline' });
      await expect
        .poll(() => timeline.innerText(), { timeout: 15_000 })
        .toMatch(/Next one\s+(None in sight|(about|up to) \d+ requests)/);
      await timeline.getByRole('button', { name: 'Copy alert rule' }).click();
      await timeline.getByText('Copied').waitFor();
      const file = join(at.dir(), 'rule.yml');
      await writeFile(file, await page.evaluate(() => navigator.clipboard.readText()));
      expect(String(spawnSync('promtool', ['check', 'rules', file]).stdout)).toContain('SUCCESS');
      await close();
    },
  );
}

/** Drags over a part of the chart and lets go beside it, which is still the end of it; Esc drops it before. */
async function dragOver(page: Page, isDropped = false): Promise<void> {
  // A chart whose new data are on their way still shows the former window.
  await page.locator('main .refreshing[aria-busy=true]').waitFor({ state: 'detached' });
  const plot = page.locator('main .plot-area').first();
  await plot.scrollIntoViewIfNeeded();
  const box = await plot.boundingBox();
  if (box === null) throw new Error('the chart is not shown');
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width * 0.4, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, y, { steps: 4 });
  await page.getByText(/^Selected: /).waitFor();
  if (isDropped) await page.keyboard.press('Escape');
  await page.mouse.move(box.x + box.width * 0.6, box.y - 30, { steps: 2 });
  await page.mouse.up();
}

function selectionJourney(at: Place): void {
  it('a range is selected on a chart by mouse and by keyboard, and Esc gives the former window back', async () => {
    const { page, faults, close } = await open(at, '/?last=48h');
    const shows = (query: RegExp) => page.waitForURL(query, { timeout: 15_000 });
    const selected = /[?&]from=.*&to=/;
    await dragOver(page, true);
    await page.getByText(/^Selected: /).waitFor({ state: 'detached' });
    expect(page.url()).toContain('last=48h');
    await dragOver(page);
    await shows(selected);
    const first = page.url();
    await dragOver(page);
    await page.waitForURL((url) => selected.test(url.href) && url.href !== first);
    await page.keyboard.press('Escape');
    await page.waitForURL(first);
    await page.keyboard.press('Escape');
    await shows(/\/\?last=48h$/);
    for (const [path, slider] of [
      ['/', 'Bar to inspect'],
      ['/spikes', 'Step to inspect'],
    ] as const) {
      await page.goto(`${at.url()}${path}?last=48h`);
      const cursor = page.getByRole('slider', { name: slider });
      await cursor.press('Shift+Home');
      for (let step = 0; step < 3; step += 1) await cursor.press('ArrowRight');
      expect(await cursor.getAttribute('aria-valuetext')).toContain('. Selected: ');
      await cursor.press('Enter');
      await shows(selected);
      await cursor.press('ArrowLeft');
      await cursor.press('Escape');
      expect(page.url()).toMatch(selected);
      await page.keyboard.press('Escape');
      await shows(/\?last=48h$/);
    }
    expect(faults).toEqual([]);
    await close();
  });
}

function chartsOfOneThing(at: Place): void {
  it('what is selected on a chart of a spike or a key is explained, and Esc leads back to it', async () => {
    const asked = async (path: string) => (await fetch(`${at.url()}${path}`)).json();
    const { spikes } = await asked('/api/spikes?last=48h');
    const echoed = spikes.find(({ chain }: { chain: unknown[] }) => chain.length > 1);
    const [{ key }] = (await asked('/api/keys')).keys;
    const { page, close } = await open(at, '/');
    for (const [href, slider] of [
      [spikes[0].href, 'Bar to inspect'],
      [echoed.href, 'Generation to inspect'],
      [`/keys/${encodeURIComponent(key)}`, 'Hour to inspect'],
    ]) {
      await page.goto(`${at.url()}${href}`);
      const cursor = page.getByRole('slider', { name: slider });
      const { pathname } = new URL(page.url());
      for (const name of ['Home', 'Shift+ArrowRight', 'ArrowRight', 'Enter'])
        await cursor.press(name);
      await page.waitForURL(/\/\?(key=.*&)?from=/);
      await page.getByRole('region', { name: 'The answer' }).waitFor({ timeout: 20_000 });
      await page.keyboard.press('Escape');
      await page.waitForURL((url) => url.pathname === pathname);
    }
    await close();
  });
}

function stalledPage(at: Place): void {
  it('a page that the server does not send says so after 8 s, and is asked for again', async () => {
    const { page, close } = await open(at, '/?last=48h');
    await page.locator('.answer strong a').first().waitFor({ timeout: 15_000 });
    let isStalled = true;
    const held = (url: URL) => url.pathname === '/details';
    await page.route(held, (route) => (isStalled ? undefined : route.continue()));
    await page.getByRole('link', { name: 'Details', exact: true }).click();
    const notice = page.getByRole('alert').filter({ hasText: 'has not answered for 8 s' });
    await notice.waitFor({ timeout: 20_000 });
    isStalled = false;
    await notice.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('heading', { name: /^Details/ }).waitFor({ timeout: 20_000 });
    await close();
  });
}
