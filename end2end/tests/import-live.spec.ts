/** A large file, from the click to the last row. */

import { ImportPage } from '../pages/import-page';
import { customer, writeCustomersCsv } from '../support/csv';
import { documentBirth, record } from '../support/recorder';
import { expect, test } from '../support/test';

const ROWS = 200_000;

test('an import of 200,000 rows is watched from the click to the last row, without a reload', async ({
  page,
  folder,
  importFilePage,
  importPage,
  customersPage,
}) => {
  const path = await writeCustomersCsv(folder, ROWS);
  const progress = await record(page, ImportPage.PROGRESS);
  await importFilePage.open();
  const birth = await documentBirth(page);

  await importFilePage.importFile(path);
  await importPage.says('completed');

  await importPage.counts({ read: ROWS, inserted: ROWS });
  expect(await documentBirth(page)).toBe(birth);
  const shown = (await progress()).map(Number);
  expect(new Set(shown).size, `shares shown: ${shown}`).toBeGreaterThanOrEqual(5);
  expect(shown, 'a share never shrinks').toEqual(shown.toSorted((a, b) => a - b));
  expect(shown.at(-1)).toBe(100);

  const wanted = customer(73_421);
  await page.getByRole('link', { name: 'See the customers' }).click();
  await customersPage.totals(ROWS);
  await customersPage.search(wanted.email);

  await expect(customersPage.rows).toHaveCount(1);
  await expect(customersPage.cell(customersPage.row(wanted.email), 'Name')).toHaveText(wanted.name);
  await expect(customersPage.cell(customersPage.row(wanted.email), 'Company')).toHaveText(wanted.company);
  expect(await documentBirth(page)).toBe(birth);
});

test('a file that is imported again changes nothing and says so', async ({ folder, importFilePage, importPage }) => {
  const path = await writeCustomersCsv(folder, 300);
  await importFilePage.open();
  await importFilePage.importFile(path);
  await importPage.says('completed');

  await importFilePage.open();
  await importFilePage.importFile(path);
  await importPage.says('completed');

  await importPage.counts({ read: 300, unchanged: 300 });
});
