/** The server takes files in; another process works on them. */

import { ImportPage } from '../pages/import-page';
import { writeCustomersCsv } from '../support/csv';
import { record } from '../support/recorder';
import { expect, test } from '../support/test';

const ROWS = 40_000;

test.use({ wishes: { works: false } });

test('a file waits for a worker, the page says how to start one, and moves once it is there', async ({
  page,
  server,
  folder,
  importFilePage,
  importPage,
}) => {
  const path = await writeCustomersCsv(folder, ROWS);
  const progress = await record(page, ImportPage.PROGRESS);
  const advice = importPage.card.getByText('No worker has taken it yet. Start one with signalbox worker.');
  await importFilePage.open();
  await importFilePage.importFile(path);
  await importPage.says('queued');
  await expect(advice).toBeVisible({ timeout: 15_000 });

  server.startWorker();
  await importPage.says('completed');

  await expect(advice).toBeHidden();
  await importPage.counts({ read: ROWS, inserted: ROWS });
  expect(new Set(await progress()).size, 'shares shown').toBeGreaterThanOrEqual(3);
});
