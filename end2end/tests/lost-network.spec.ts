/** The browser loses its network: the page says so, and misses nothing. */

import { NO_NETWORK } from '../support/complaints';
import { overOnce, sendFile } from '../support/api';
import { writeCustomersCsv } from '../support/csv';
import { documentBirth } from '../support/recorder';
import { expect, test } from '../support/test';

const ROWS = 5_000;

test.describe('with a worker in a process of its own', () => {
  test.use({ wishes: { works: false } });

  test('what happens while the browser is offline is shown as soon as it is back', async ({
    page,
    context,
    server,
    folder,
    complaints,
    importPage,
    indicator,
  }) => {
    complaints.announce(NO_NETWORK);
    const importId = await sendFile(server.url, await writeCustomersCsv(folder, ROWS));
    await page.goto(`/imports/${importId}`);
    await indicator.live();
    await importPage.says('queued');
    const birth = await documentBirth(page);

    await context.setOffline(true);
    await indicator.says('offline');
    await overOnce(server.url, async () => {
      server.startWorker();
      return importId;
    });
    await importPage.says('queued');
    await context.setOffline(false);
    await indicator.live(5_000);
    await importPage.says('completed');

    await importPage.counts({ read: ROWS, inserted: ROWS });
    expect(await documentBirth(page)).toBe(birth);
  });
});

test('an upload that finds no network is repeated by the same button and imported once', async ({
  page,
  context,
  folder,
  complaints,
  importFilePage,
  importPage,
  importsPage,
}) => {
  complaints.announce(NO_NETWORK);
  await importFilePage.open();
  await importFilePage.fileInput.setInputFiles(await writeCustomersCsv(folder, 300));
  await context.setOffline(true);

  await importFilePage.submit.click();
  await expect(importFilePage.trouble).toContainText('The connection was lost');
  await context.setOffline(false);
  await importFilePage.submit.click();
  await page.waitForURL(/\/imports\/[0-9a-f-]{36}$/);
  await importPage.says('completed');

  await importPage.counts({ read: 300, inserted: 300 });
  await importsPage.open();
  await expect(importsPage.rows).toHaveCount(1);
});

test('a page that was never told that the network is back goes on as soon as it is seen again', async ({
  page,
  context,
  complaints,
  importsPage,
  indicator,
}) => {
  complaints.announce(NO_NETWORK);
  await page.addInitScript(() => {
    addEventListener('online', (event) => {
      event.stopImmediatePropagation();
      document.documentElement.dataset['network'] = 'back';
    });
  });
  await importsPage.open();
  await indicator.live();
  await context.setOffline(true);
  await indicator.says('offline');
  await context.setOffline(false);
  await expect(page.locator('html')).toHaveAttribute('data-network', 'back');
  await indicator.says('offline');

  await page.evaluate(() => dispatchEvent(new Event('pageshow')));

  await indicator.live(5_000);
});
