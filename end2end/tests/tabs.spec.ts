/** All tabs of a browser live by one stream. */

import type { BrowserContext, Page } from '@playwright/test';
import { ImportPage } from '../pages/import-page';
import { ImportsPage } from '../pages/imports-page';
import { Indicator } from '../pages/indicator';
import { endOfLog, importFile, openStreams } from '../support/api';
import { writeCustomersCsv } from '../support/csv';
import { receiptOfLog } from '../support/receipt';
import { documentBirth } from '../support/recorder';
import { expect, test } from '../support/test';

const TABS = 7;

/** The pages that opened a stream, in that order. */
function streams(context: BrowserContext): Page[] {
  const openers: Page[] = [];
  context.on('request', (request) => {
    if (request.url().includes('/sse/connect')) openers.push(request.frame().page());
  });
  return openers;
}

/** Opens the list of imports in so many tabs, with the details shown. */
async function openTabs(context: BrowserContext, first: Page): Promise<Page[]> {
  const pages = [first];
  while (pages.length < TABS) pages.push(await context.newPage());
  for (const page of pages) {
    await new ImportsPage(page).open();
    await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
    await new Indicator(page).button.click();
  }
  return pages;
}

test('seven tabs are live by one stream, and each goes on to other pages', async ({ page, context, server, folder }) => {
  test.setTimeout(180_000);
  const pages = await openTabs(context, page);
  const { importId } = await importFile(server.url, await writeCustomersCsv(folder, 5));

  for (const page of pages) {
    await expect(new ImportsPage(page).state(importId)).toHaveAttribute('data-state', 'completed');
    await page.getByRole('link', { name: 'Customers' }).first().click();
    await page.waitForURL('**/customers');
    await new Indicator(page).live();
  }
  await expect.poll(() => openStreams(server.url)).toBe(1);

  // A document that is left lets the stream go, and the next tab takes it over.
  for (const page of pages) {
    await page.goto(`/imports/${importId}`);
    await new Indicator(page).live();
    await new ImportPage(page).says('completed');
  }
});

test('when the tab that holds the stream is closed the others lose nothing', async ({
  page,
  context,
  server,
  folder,
}) => {
  test.setTimeout(120_000);
  const path = await writeCustomersCsv(folder, 5);
  // So many that the list can be scrolled: a list at its top loads itself anew with each new import.
  for (let count = 0; count < 30; count += 1) await importFile(server.url, path);
  const begin = await endOfLog(server.url);
  const openers = streams(context);
  const pages = await openTabs(context, page);
  const births = await Promise.all(pages.map(documentBirth));
  await expect.poll(() => openStreams(server.url)).toBe(1);
  // On a busy machine a tab that hangs may have lost the stream to another.
  const leader = openers.at(-1)!;

  const importing = (async () => {
    for (let count = 0; count < 15; count += 1) await importFile(server.url, path);
  })();
  await expect.poll(async () => (await new Indicator(leader).received()).received).toBeGreaterThan(5);
  await leader.close();
  await importing;

  const right = await receiptOfLog(server.url, 'imports', begin);
  for (const [index, page] of pages.entries()) {
    if (page === leader) continue;
    await expect.poll(() => new Indicator(page).received()).toEqual(right);
    await new Indicator(page).live();
    expect(await documentBirth(page)).toBe(births[index]);
  }
});
