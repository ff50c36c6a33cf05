/** A part of the heatmap is compared with the rest, by mouse and by keyboard, and what was told is marked. */
import type { Browser, Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { axeViolations, openedPage } from './browser.ts';

interface Place {
  url(): string;
  token(): string;
  browser(): Browser;
  /** Of a page's address: a window of a few hours with something in it. */
  query: string;
}

const selection = (page: Page) => page.getByRole('region', { name: 'The selection and the rest' });
const isClear = (page: Page) =>
  expect.poll(() => page.url().includes('brush=') || selection(page).isVisible()).toBe(false);

async function compared(page: Page): Promise<string> {
  await page.waitForURL(/[?&]brush=/);
  await selection(page)
    .getByText(/ in the other /)
    .waitFor();
  return selection(page).innerText();
}

const heatmap = (page: Page) => page.getByRole('slider', { name: /^Minutes of the hour by hours/ });

async function byMouse(page: Page): Promise<void> {
  const cells = heatmap(page);
  // Once a cell is read out, the page listens.
  const readOut = page.locator('.chart-readout strong');
  await expect.poll(() => cells.hover().then(() => readOut.count())).toBe(1);
  const box = await cells.boundingBox();
  if (box === null) throw new Error('no heatmap');
  await page.mouse.move(box.x + 2, box.y + 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2 - 2, box.y + box.height - 2, { steps: 5 });
  await page.mouse.up();
}

async function byKeyboard(page: Page): Promise<void> {
  await heatmap(page).focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('Shift+ArrowUp');
  await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.press('Enter');
}

export function patternJourneys(at: Place): void {
  it('compares a part of the heatmap with the rest, by mouse and keyboard, until Esc', async () => {
    const { page, faults, close } = await openedPage(
      at.browser(),
      `${at.url()}/pattern?${at.query}`,
    );
    await byMouse(page);
    expect(await compared(page)).toMatch(/minutes 0 to 29 of each hour/);
    expect(await axeViolations(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await isClear(page);
    await byKeyboard(page);
    expect(await compared(page)).toMatch(/minutes 0 to 1 of each hour/);
    await page.reload();
    await compared(page);
    await page.goBack();
    await isClear(page);
    expect(faults).toEqual([]);
    await close();
  });

  it('marks what was told, under the charts of its time', async () => {
    const authorization = `Bearer ${at.token()}`;
    const when = new URLSearchParams(at.query).get('from');
    const told = await fetch(`${at.url()}/api/markers`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ text: 'Load test <b>one</b>', kind: 'note', at: when }),
    });
    expect(told.status).toBe(200);
    const { page, close } = await openedPage(at.browser(), `${at.url()}/?${at.query}`);
    const row = page.getByRole('list', { name: 'Deploys, changes of keys and notes' }).first();
    await row.getByText('Load test <b>one</b>').waitFor();
    await close();
  });
}
