/**
 * `npm run screenshots [URL]`: pictures for the README and the documentation, light and dark, of a dashboard over the
 * sandbox: one that runs at URL, else one started here.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { launchBrowser } from '../support/browser.ts';
import { removeDir, startUp } from '../support/up.ts';

const folder = path.resolve(import.meta.dirname, '../../app/docs/content/screens');
const shots = [
  { name: 'overview', address: '/?last=48h', ready: ['.plot rect', '.marker-row li'] },
  { name: 'spikes', address: '/spikes?last=48h', ready: ['.spike-mark', '.marker-row li'] },
  { name: 'cache', address: '/cache?last=6h', ready: ['[role=timer]'] },
];
const viewport = { width: 1280, height: 800 };

const [given] = process.argv.slice(2);
const up = given === undefined ? await startUp() : null;
const browser = await launchBrowser();
try {
  await mkdir(folder, { recursive: true });
  for (const colorScheme of ['light', 'dark'] as const) {
    const context = await browser.newContext({ viewport, colorScheme, reducedMotion: 'reduce' });
    // A busy machine takes its time.
    context.setDefaultTimeout(120_000);
    const page = await context.newPage();
    for (const { name, address, ready } of shots) {
      await page.goto(`${given ?? up?.url}${address}`);
      for (const drawn of ready) await page.locator(`main ${drawn}`).first().waitFor();
      await page.screenshot({ path: path.join(folder, `${name}-${colorScheme}.png`) });
    }
    await context.close();
  }
} finally {
  await browser.close();
  await up?.stop();
  if (up) await removeDir(up.dir);
}
