/** What one person does, another sees. */

import { CustomersPage } from '../pages/customers-page';
import { ImportPage } from '../pages/import-page';
import { ImportsPage } from '../pages/imports-page';
import { Indicator } from '../pages/indicator';
import { writeCustomersCsv } from '../support/csv';
import { documentBirth, record } from '../support/recorder';
import { expect, test } from '../support/test';

const ROWS = 60_000;

test.describe('with a worker that starts when all are looking', () => {
  test.use({ wishes: { works: false } });

  test('an import moves on its page in two browsers and in the list of a third', async ({
    page,
    server,
    folder,
    anotherBrowser,
    importFilePage,
    importPage,
  }) => {
    const path = await writeCustomersCsv(folder, ROWS);
    const listPage = await anotherBrowser();
    const list = new ImportsPage(listPage);
    const listed = await record(listPage, { selector: '[data-testid=import-row] [data-label=Rows]' });
    await list.open();
    const birth = await documentBirth(listPage);
    const mine = await record(page, ImportPage.PROGRESS);
    await importFilePage.open();
    await importFilePage.importFile(path);
    const importId = page.url().split('/').at(-1)!;
    const otherPage = await anotherBrowser();
    const other = new ImportPage(otherPage);
    const theirs = await record(otherPage, ImportPage.PROGRESS);
    await otherPage.goto(`/imports/${importId}`);
    await new Indicator(otherPage).live();
    await expect(list.state(importId)).toHaveAttribute('data-state', 'queued');

    server.startWorker();
    await Promise.all([importPage.says('completed'), other.says('completed')]);
    await expect(list.state(importId)).toHaveAttribute('data-state', 'completed');

    await importPage.counts({ read: ROWS, inserted: ROWS });
    await other.counts({ read: ROWS, inserted: ROWS });
    expect(new Set(await mine()).size, 'shares in the first browser').toBeGreaterThanOrEqual(4);
    expect(new Set(await theirs()).size, 'shares in the second browser').toBeGreaterThanOrEqual(4);
    const moved = (await listed()).filter((text) => text.includes(' of 60,000'));
    expect(new Set(moved).size, `counts in the list: ${moved}`).toBeGreaterThanOrEqual(3);
    await expect(list.row(importId).locator('[data-label=Rows]')).toHaveText('60,000');
    expect(await documentBirth(listPage)).toBe(birth);
  });
});

test('customers that another browser brings in appear in an open list by themselves', async ({
  folder,
  anotherBrowser,
  importFilePage,
}) => {
  const path = await writeCustomersCsv(folder, 20);
  const listPage = await anotherBrowser();
  const list = new CustomersPage(listPage);
  await list.open();
  await list.totals(0);
  const birth = await documentBirth(listPage);
  await importFilePage.open();

  await importFilePage.importFile(path);

  await list.totals(20);
  await expect(list.rows).toHaveCount(20);
  expect(await documentBirth(listPage)).toBe(birth);
});
