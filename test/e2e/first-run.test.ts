import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  axeViolations,
  browserMissing,
  launchBrowser,
  scrollsSideways,
} from '../support/browser.ts';
import { azureRow, gcpEntry } from '../support/cloud-records.ts';
import { cloudTrailRecord } from '../support/hostile-story.ts';
import { patternJourneys } from '../support/pattern-journey.ts';
import { needCase } from '../support/shared-data.ts';
import { postJson, removeDir, startUp, type Up } from '../support/up.ts';

const at = Date.UTC(2026, 10, 1, 12);
const fileOf = (name: string, value: unknown) => ({
  name,
  mimeType: 'application/json',
  buffer: Buffer.from(JSON.stringify(value)),
});
const records = [1, 2, 3].map((index) => {
  const made = cloudTrailRecord(`event-${index}`, 'one', { at: at + index * 60_000, index });
  return { ...made, userAgent: 'any' };
});

describe.skipIf(browserMissing)(
  `an empty store${browserMissing ? ` (${browserMissing})` : ''}`,
  () => {
    let up: Up;
    let folder: string;
    let browser: Browser;
    let page: Page;
    const faults: string[] = [];
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'keytide-log-'));
      up = await startUp({ args: ['--no-sandbox'], env: { KEYTIDE_AUDIT_FOLDER: folder } });
      browser = await launchBrowser();
      page = await browser.newPage({ viewport: { width: 390, height: 844 } });
      page.on('pageerror', (error) => faults.push(error.message));
    });
    afterAll(async () => {
      await browser?.close();
      expect(await up?.stop()).toBe(0);
      if (up) await removeDir(up.dir);
      await removeDir(folder);
    });

    it('has documents that fit a phone with their pictures', async () => {
      await page.goto(`${up.url}/docs`);
      const links = await page.getByRole('main').getByRole('link').all();
      const paths = await Promise.all(links.map((link) => link.getAttribute('href')));
      const documents = paths.filter((path) => path?.startsWith('/docs/'));
      expect(documents.length).toBeGreaterThan(5);
      for (const path of documents) {
        await page.goto(`${up.url}${path}`, { waitUntil: 'load' });
        expect(await scrollsSideways(page), `${path}`).toBe(false);
      }
    });

    it('shows what to connect, and claims nothing over nothing', async () => {
      await page.goto(up.url);
      await page.getByRole('heading', { name: 'Nothing is connected yet' }).waitFor();
      expect(await page.getByRole('main').innerText()).not.toMatch(/accounted for|\b0 requests/);
      expect(await axeViolations(page)).toEqual([]);
      expect(await scrollsSideways(page)).toBe(false);
    });

    it.each([
      '/spikes',
      '/pattern',
      '/calls',
      '/strangers',
      '/keys',
      '/cache',
      '/details',
      '/report',
    ])('shows the same on %s', async (path) => {
      await page.goto(`${up.url}${path}`);
      await page.getByRole('heading', { name: 'Nothing is connected yet' }).waitFor();
    });

    it('can be filled from a page of its own', async () => {
      await page.goto(`${up.url}/settings`);
      await page.getByRole('link', { name: 'Connect a log' }).click();
      await page.getByRole('region', { name: 'Drop a log here' }).waitFor();
    });

    it('answers 404 where there is no page or spike, in the documentation too', async () => {
      const status = async (path: string) => (await fetch(`${up.url}${path}`)).status;
      expect(await status('/docs/design')).toBe(200);
      expect(await status('/none')).toBe(404);
      expect(await status('/api/spikes/20250101T0000-20250101T0005?key=none')).toBe(404);
      expect(await status('/docs/none')).toBe(404);
    });

    it('says of a file that is no log what it is, and goes on', async () => {
      await page.getByLabel('Log files').setInputFiles(fileOf('shopping.json', { milk: 2 }));
      await page.getByText('No KMS event is in it').waitFor();
      await page.getByText(/^Refused: files without an audit record \(1\)/).waitFor();
      expect(page.url()).toContain('/start');
    });

    it('stays where files were given until what was refused of them is read', async () => {
      await page.goto(up.url);
      await page
        .getByLabel('Log files')
        .setInputFiles([
          fileOf('trail.json', { Records: records }),
          fileOf('shopping.json', { milk: 2 }),
        ]);
      await page.getByText(/^Refused: files without an audit record/).waitFor();
      await page.getByRole('link', { name: 'See what the log says' }).click();
      await page.getByRole('region', { name: 'The answer' }).waitFor();
      expect(page.url()).toContain('/?from=2026-11-01T12:01Z&to=2026-11-01T12:04Z');
    });

    it('jumps from a log that is dropped to the time of its events', async () => {
      await page.goto(`${up.url}/start`);
      const dropped = await page.evaluateHandle(
        (text) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([text], 'trail.json'));
          return transfer;
        },
        JSON.stringify({ Records: records }),
      );
      await page.locator('.drop-zone').dispatchEvent('drop', { dataTransfer: dropped });
      await page.waitForURL(/\/\?from=2026-11-01T12:01Z&to=2026-11-01T12:04Z$/);
      const answer = page.getByRole('region', { name: 'The answer' });
      await answer.waitFor();
      expect(await answer.innerText()).not.toContain('Nothing was recorded');
      expect(await answer.innerText()).toContain('3');
    });

    it.each(['/', '/spikes', '/pattern', '/calls'])(
      'once filled, says on %s in a window without data where data are, and leads there',
      async (path) => {
        await page.goto(`${up.url}${path}?last=1h`);
        const way = page.getByRole('link', { name: /^Look at what there is: 1 Nov 12:01 to/ });
        await way.first().click();
        await page.waitForURL(/from=2026-11-01T12:01Z&to=2026-11-01T12:04Z/);
        await expect.poll(() => way.count(), { timeout: 10_000 }).toBe(0);
      },
    );

    it.each([
      ['Google Cloud', gcpEntry()],
      ['Azure', azureRow()],
    ])('takes a record of %s in, told apart by what it holds', async (_, record) => {
      const body = JSON.stringify([record]);
      const answer = await fetch(`${up.url}/api/import`, { method: 'POST', body });
      expect(await answer.json()).toMatchObject({ records: 1, kmsEvents: 1, refused: [] });
    });

    it('takes the log of a case in as the command does', async (context) => {
      const log = needCase(context, '08-esdk-hourly/log.json.gz');
      await page.goto(`${up.url}/start`);
      await page.getByLabel('Log files').setInputFiles(log);
      await page.waitForURL(/\/\?from=/, { timeout: 60_000 });
      await page.getByRole('region', { name: 'Causes as the log tells them' }).waitFor();
      // Whose a principal of that log is, is told with a click, and stays.
      const window = new URL(page.url()).search;
      await page.goto(`${up.url}/settings${window}`);
      const seen = page.getByRole('group', { name: 'Seen in the log' });
      const own = seen.getByRole('checkbox').first();
      await own.check();
      const name = await seen.locator('label').first().innerText();
      const names = page.getByLabel('Principals that are your service');
      expect(await names.inputValue()).toBe(name);
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      await page.getByText('Saved.').waitFor();
      await page.reload();
      expect(await own.isChecked()).toBe(true);
      await page.goto(`${up.url}/strangers${window}`);
      await page.getByRole('row', { name }).getByText('Yours', { exact: true }).waitFor();
      // Of a log alone there are no calls, but its events are a click away.
      await page.goto(`${up.url}/calls${window}`);
      await page.getByRole('link', { name: 'See the log’s events' }).click();
      await page
        .getByRole('link', { name: /event at .*: open$/ })
        .first()
        .waitFor();
    });

    it('shows what a dropped log says again after Back, a reload and in a second tab', async () => {
      await page.goto(`${up.url}/start`);
      const way = page.getByLabel('Log files');
      const again = cloudTrailRecord('again', 'one', { at: at + 15 * 60_000, index: 5 });
      await way.setInputFiles(fileOf('trail.json', { Records: [again] }));
      await page.waitForURL(/\/\?from=2026-11-01T12:/);
      const answer = page.getByRole('region', { name: 'The answer' });
      await answer.waitFor();
      await page.getByRole('link', { name: 'Spikes', exact: true }).press('Enter');
      await page.waitForURL(/\/spikes\?from=2026-11-01T12:/);
      await page.goBack();
      await answer.waitFor();
      await page.reload();
      await answer.waitFor();
      const said = await answer.innerText();
      const tab = await browser.newPage({ viewport: { width: 390, height: 844 } });
      await tab.goto(page.url());
      await expect
        .poll(() => tab.getByRole('region', { name: 'The answer' }).innerText())
        .toBe(said);
      await tab.close();
    });

    it('stays where something was refused, says what, and leads on to what was read', async () => {
      const record = cloudTrailRecord('beside', 'one', { at: at + 20 * 60_000, index: 7 });
      await page.goto(`${up.url}/start`);
      await page
        .getByLabel('Log files')
        .setInputFiles([
          fileOf('trail.json', { Records: [record] }),
          fileOf('shopping.json', { milk: 2 }),
        ]);
      await page.getByText(/^Refused: files without an audit record \(1\)/).waitFor();
      await page.getByText('1 KMS event in 1 record').waitFor();
      await page.getByText(/^Under arn:aws:kms:.*: 1 event$/).waitFor();
      await page.getByRole('link', { name: 'See what the log says' }).click();
      await page.waitForURL(/\/\?from=2026-11-01T12:01Z/);
    });

    it('says which columns a table lacks, and what counts of messages and telemetry are', async () => {
      const give = (name: string, text: string) =>
        page
          .getByLabel('Log files')
          .setInputFiles({ name, mimeType: 'text/plain', buffer: Buffer.from(text) });
      await page.goto(`${up.url}/start`);
      await give('none.csv', 'Event name,Event time\nDecrypt,2026-11-01T12:30:00Z\n');
      await page.getByText(/a table without a column for eventSource\.$/).waitFor();
      const row = 'kms.amazonaws.com,Decrypt,2026-11-01T12:30:00Z,c-1';
      await give('some.csv', `Event source,Event name,Event time,Event ID\n${row}\n`);
      await page.getByText(/^No column for userIdentity, requestParameters, .*unknown\./).waitFor();
      await give('messages.csv', 'hour,messages\n2026-11-01T12:00Z,5\n');
      await page.getByText(/^Refused: files of message counts .*--messages/).waitFor();
      await give('telemetry.jsonl', '{"resourceSpans":[{"scopeSpans":[]}]}');
      await page.getByText('It is telemetry, but not of crypto-core').waitFor();
    });

    patternJourneys({
      url: () => up.url,
      token: () => up.token,
      browser: () => browser,
      query: 'from=2026-11-01T08:00Z&to=2026-11-01T16:00Z',
    });

    it('takes telemetry that is dropped in for what it is', async (context) => {
      const body = await readFile(needCase(context, '14-telemetry-files/good.jsonl'));
      const answer = await fetch(`${up.url}/api/import`, { method: 'POST', body });
      expect(await answer.json()).toMatchObject({
        telemetry: { calls: 1, faults: [] },
        refused: [],
      });
    });

    it('starts the sandbox when asked to, whose calls come joined, and goes on reading the log it was given', async () => {
      const lookAt = page.getByRole('link', { name: 'Look at the sandbox' });
      const sandbox = async () => (await fetch(`${up.url}/api/sandbox`)).json();
      expect(await sandbox()).toMatchObject({ running: false });
      await page.goto(`${up.url}/start`);
      await page.getByRole('button', { name: 'Start the sandbox' }).press('Enter');
      await page.getByRole('button', { name: 'Starting…' }).or(lookAt).waitFor();
      const banner = page.getByRole('complementary', { name: 'Sandbox' });
      await banner.getByText('history are still being laid').waitFor({ timeout: 60_000 });
      // Its past is not whole, but its time is told, and what has to wait says so.
      const young = await sandbox();
      expect(young).toMatchObject({ running: true, laying: true });
      expect(Math.abs(young.now - Date.now())).toBeLessThan(3 * 86_400_000);
      const asked = await postJson(`${up.url}/api/sandbox/clock`, { speed: 300 });
      expect(asked.status).toBe(503);
      expect((await asked.json()).error.message).toContain('still laying its history; try again');
      await lookAt.waitFor();
      // Asked for again, it is the one that runs.
      const { now } = await sandbox();
      await postJson(`${up.url}/api/sandbox/start`, {});
      expect(await sandbox()).toMatchObject({ running: true });
      expect((await sandbox()).now).toBeGreaterThanOrEqual(now);
      const joined = async () => {
        const answer = await fetch(`${up.url}/api/calls?last=7d&show=matched`);
        return (await answer.json()).rows?.[0];
      };
      await expect.poll(joined, { timeout: 120_000, interval: 1_000 }).toMatchObject({
        attempt: { process: expect.stringMatching(/^engine-/), state: 'matched' },
        event: { key: expect.stringMatching(/^arn:aws:kms:/), state: 'matched' },
      });
      await lookAt.press('Enter');
      const answer = page.getByRole('region', { name: 'The answer' });
      await expect.poll(() => answer.innerText(), { timeout: 60_000 }).toMatch(/KMS requests/);
      const late = cloudTrailRecord('late', 'one', { at: at + 10 * 60_000, index: 9 });
      await writeFile(join(folder, 'late.json'), JSON.stringify({ Records: [late] }));
      const counted = async () => {
        const window = 'from=2026-11-01T12:09Z&to=2026-11-01T12:12Z';
        const answer = await fetch(`${up.url}/api/calls?show=events&${window}`);
        return (await answer.json()).rows?.length;
      };
      await expect.poll(counted, { timeout: 120_000, interval: 1_000 }).toBe(1);
      expect(faults).toEqual([]);
    });
  },
);
