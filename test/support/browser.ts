import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';

export const executablePath = '/usr/bin/chromium';
export const browserArgs = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Why no browser test can run here, or null. Where everything is required nothing is a reason. */
export const browserMissing: string | null =
  existsSync(executablePath) || process.env.KEYTIDE_TEST_REQUIRE === 'all'
    ? null
    : `${executablePath} is not here`;

export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath, args: browserArgs });

const axeSource = readFileSync(
  createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
  'utf8',
);

/** Axe's violations on the page, as `rule: first place`. */
export async function axeViolations(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const { violations } = await axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 120)}`);
  });
}

export const desktop = { width: 1280, height: 900 };

export interface View {
  viewport: { width: number; height: number };
  colorScheme?: 'light' | 'dark';
  timezoneId?: string;
  hasTouch?: boolean;
  isMobile?: boolean;
}

/** A page in a context of its own, and what it complains of. */
export async function openedPage(
  browser: Browser,
  url: string,
  view: View = { viewport: desktop },
): Promise<{ page: Page; faults: string[]; close(): Promise<void> }> {
  const context = await browser.newContext(view);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  await page.goto(url);
  return { page, faults, close: () => context.close() };
}

/** The file that a click saves. */
export async function savedBy(page: Page, pressed: Locator): Promise<Buffer> {
  const [saved] = await Promise.all([page.waitForEvent('download'), pressed.click()]);
  return readFile(await saved.path());
}

/** Whether the page scrolls sideways. */
export const scrollsSideways = (page: Page): Promise<boolean> =>
  page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);

/** Gzip bytes of all scripts until the network is idle, their headers apart, and how far content moved meanwhile. */
export async function measureLoad(
  browser: Browser,
  url: string,
): Promise<{ scriptBytes: number; shift: number }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  const scripts = new Set<string>();
  let scriptBytes = 0;
  devtools.on('Network.responseReceived', ({ requestId, type }) => {
    if (type === 'Script') scripts.add(requestId);
  });
  devtools.on('Network.dataReceived', ({ requestId, encodedDataLength }) => {
    if (scripts.has(requestId)) scriptBytes += encodedDataLength;
  });
  await devtools.send('Network.enable');
  await page.addInitScript(() => {
    const seen = globalThis as unknown as { shift: number };
    seen.shift = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries())
        seen.shift += (entry as unknown as { value: number }).value;
    }).observe({ type: 'layout-shift', buffered: true });
  });
  await page.goto(url, { waitUntil: 'networkidle' });
  const shift = await page.evaluate(() => (globalThis as unknown as { shift: number }).shift);
  await context.close();
  return { scriptBytes, shift };
}

/** Chooses from a picker by keyboard: its list opens with a field to search in. */
export async function choose(page: Page, label: string, option: string): Promise<void> {
  await page.getByRole('button', { name: new RegExp(`^${label} `) }).press('Enter');
  const field = page.getByRole('combobox', { name: `Search ${label.toLowerCase()}` });
  await field.fill(option);
  await page.getByRole('option', { name: option, exact: true }).waitFor();
  await field.press('Enter');
}

/** Goes to a page by its two keys; once more where a slow machine let so much time pass that they are no pair. */
export async function goByKeys(page: Page, key: string, url: RegExp): Promise<void> {
  for (let turn = 1; ; turn += 1) {
    await page.keyboard.press('g');
    await page.keyboard.press(key);
    try {
      return await page.waitForURL(url, { timeout: 8_000 });
    } catch (error) {
      if (turn === 3) throw error;
    }
  }
}

/** Pages whose first view the server sends, and words that it has. */
export const shownPages: readonly [path: string, words: string][] = [
  ['/', 'KMS requests'],
  ['/spikes', 'Spikes and drops, furthest'],
  ['/pattern', 'Minute of the hour'],
  ['/calls', 'engine-'],
  ['/strangers', 'nightly-export'],
  ['/cache', 'Revocation'],
  ['/details', 'Cache hits'],
  ['/report', 'nightly-export'],
  ['/start', 'No log at hand?'],
  ['/docs', 'Keytide'],
  ['/connections', 'AWS CloudTrail, event history'],
  ['/keys', 'Keys in use'],
  ['/lab', 'What to see'],
  ['/settings', 'Principals that are your service'],
];
