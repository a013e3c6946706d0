/** All that a mouse can do, the keyboard can. */

import type { Locator, Page } from '@playwright/test';
import { writeCustomersCsv } from '../support/csv';
import { expect, test } from '../support/test';

/** Presses Tab until an element has the focus, and asserts that one sees it there. */
async function tabTo(page: Page, wanted: Locator): Promise<void> {
  for (let stop = 1; stop <= 30; stop += 1) {
    await page.keyboard.press('Tab');
    if (await wanted.evaluate((element) => element === document.activeElement)) {
      await expect(wanted, 'the focus is seen').toHaveCSS('outline-style', 'solid');
      return;
    }
  }
  throw new Error(`The keyboard does not come to ${wanted.toString()}.`);
}

test('a file is imported with the keyboard alone', async ({ page, folder, importFilePage, importPage }) => {
  const path = await writeCustomersCsv(folder, 300);
  await importFilePage.open();

  await tabTo(page, importFilePage.fileInput);
  const choosing = page.waitForEvent('filechooser');
  await page.keyboard.press('Enter');
  await (await choosing).setFiles(path);
  await expect(page.getByText('customers-300.csv')).toBeVisible();
  await tabTo(page, importFilePage.submit);
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/imports\/[0-9a-f-]{36}$/);
  await importPage.says('completed');

  await importPage.counts({ read: 300, inserted: 300 });
  await expect(page.getByRole('main')).toBeFocused();
});

test('the first stop of the keyboard skips to the page', async ({ page, importsPage }) => {
  await importsPage.open();

  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to the page' })).toBeFocused();
  await page.keyboard.press('Enter');

  await expect(page.getByRole('main')).toBeFocused();
});

test('two letters go to a place', async ({ page, importsPage }) => {
  const heading = page.getByRole('heading', { level: 1 });
  await importsPage.open();

  await page.keyboard.press('g');
  await page.keyboard.press('c');
  await expect(heading).toHaveText('Customers');
  await expect(page).toHaveURL('/customers');

  await page.keyboard.press('g');
  await page.keyboard.press('n');
  await expect(heading).toHaveText('Import a file');
  await expect(page).toHaveURL('/customers/import');

  await page.keyboard.press('g');
  await page.keyboard.press('e');
  await expect(heading).toHaveText('Events');
  await expect(page).toHaveURL('/events');

  for (const [key, name] of [['u', 'Users'], ['t', 'Tokens'], ['a', 'Audit']] as const) {
    await page.keyboard.press('g');
    await page.keyboard.press(key);
    await expect(heading).toHaveText(name);
  }

  await page.keyboard.press('g');
  await page.keyboard.press('i');
  await expect(heading).toHaveText('Imports');
  await expect(page).toHaveURL('/imports');
});

test('a slash leads to the search, from the list and from another page', async ({
  page,
  customersPage,
  importsPage,
}) => {
  await customersPage.open();
  await page.keyboard.press('/');
  await expect(customersPage.searchField).toBeFocused();

  await importsPage.open();
  await page.keyboard.press('/');
  await expect(customersPage.searchField).toBeFocused();
  await expect(customersPage.searchField).toHaveValue('');
});

test('a question mark lists the shortcuts, and Escape closes the list', async ({ page, importsPage }) => {
  const list = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await importsPage.open();

  await page.keyboard.press('?');
  await expect(list).toBeVisible();
  await page.keyboard.press('Escape');

  await expect(list).toBeHidden();
});

test('keys that are typed into the search are words and no shortcuts', async ({ page, customersPage }) => {
  await customersPage.open();
  await customersPage.searchField.focus();

  await page.keyboard.type('gi?/');

  await expect(customersPage.searchField).toHaveValue('gi?/');
  await expect(page.getByRole('dialog')).toBeHidden();
  await expect(page).toHaveURL(/\/customers\?q=/);
});
