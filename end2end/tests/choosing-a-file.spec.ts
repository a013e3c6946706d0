/** The ways to choose a file, and what the page says of it before it is sent. */

import { customersCsv, writeCustomersCsv } from '../support/csv';
import { sample } from '../support/samples';
import { expect, test } from '../support/test';

test('a file is dropped on the card', async ({ page, importFilePage, importPage }) => {
  await importFilePage.open();
  const dropped = await page.evaluateHandle((text) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([text], 'dropped.csv', { type: 'text/csv' }));
    return transfer;
  }, customersCsv(30));

  await page.locator('.drop-zone').dispatchEvent('drop', { dataTransfer: dropped });
  await expect(page.getByText('dropped.csv')).toBeVisible();
  await importFilePage.submit.click();
  await importPage.says('completed');

  await importPage.counts({ read: 30, inserted: 30 });
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('dropped.csv');
});

test('an empty file is told before it is sent, and another one may be chosen', async ({
  folder,
  importFilePage,
  importPage,
}) => {
  await importFilePage.open();

  await importFilePage.fileInput.setInputFiles(sample('empty.csv'));
  await expect(importFilePage.trouble).toContainText('This file is empty');
  await importFilePage.fileInput.setInputFiles(await writeCustomersCsv(folder, 30));
  await expect(importFilePage.trouble).toBeHidden();
  await importFilePage.submit.click();
  await importPage.says('completed');

  await importPage.counts({ read: 30, inserted: 30 });
});

test('known customers are left alone when only new ones are wanted', async ({
  page,
  folder,
  importFilePage,
  importPage,
}) => {
  await importFilePage.open();
  await importFilePage.importFile(await writeCustomersCsv(folder, 20));
  await importPage.says('completed');
  const path = await writeCustomersCsv(folder, 30);
  await importFilePage.open();

  await page.getByRole('radio', { name: /^Only add new/ }).check();
  await importFilePage.importFile(path);
  await importPage.says('completed');

  await importPage.counts({ read: 30, inserted: 10, skipped: 20 });
});
