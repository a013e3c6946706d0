/** Rows that can't be taken: listed with what to change, given back as a file, and all the others imported. */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Download } from '@playwright/test';
import { parseCsv } from '../support/csv';
import { sample } from '../support/samples';
import { signIn } from '../support/sign-in';
import { expect, test } from '../support/test';

/** What the page shows of each thing that is wrong in `bad-rows.csv`. */
const ERRORS = [
  { row: '3', line: '4', column: 'Email', value: '', sentence: /no e-mail\. Every customer needs one\.$/ },
  { row: '6', line: '7', column: 'Email', value: 'customer6 at bad-rows.example', sentence: /name@example\.com\.$/ },
  { row: '9', line: '10', column: 'the whole row', value: '', sentence: /^The row has 3 of 7 fields\. Fill it up / },
  { row: '12', line: '13', column: 'the whole row', value: '', sentence: /^The row has 8 fields, the header has 7\./ },
  { row: '15', line: '16', column: 'Total Spend', value: 'plenty', sentence: /number/ },
  { row: '15', line: '16', column: 'Last Visit', value: '03/04/2026', sentence: /Write dates as 2026-11-21\.$/ },
  { row: '18', line: '19', column: 'Company', value: /^Very long company name .{170,}…$/, sentence: /Shorten it\.$/ },
].map((error) => ({
  ...error,
  value: typeof error.value === 'string' ? error.value : expect.stringMatching(error.value),
  sentence: expect.stringMatching(error.sentence),
}));

async function text(download: Download): Promise<string> {
  return readFile(await download.path(), 'utf8');
}

test('bad rows are listed with row, line, column, value and what to change, and the good ones go in', async ({
  importFilePage,
  importPage,
  customersPage,
  page,
}) => {
  await importFilePage.open();

  await importFilePage.importFile(sample('bad-rows.csv'));
  await importPage.says('completed');

  await importPage.counts({ read: 20, inserted: 14, failed: 6 });
  await expect(page.getByRole('heading', { name: '6 rows were not imported' })).toBeVisible();
  await expect(importPage.errorRows).toHaveCount(ERRORS.length);
  expect(await importPage.errors()).toEqual(ERRORS);

  await customersPage.open();
  await customersPage.totals(14);
  const good = customersPage.row('customer16@bad-rows.example');
  await expect(customersPage.cell(good, 'Name')).toHaveText('Customer 16');
  await expect(customersPage.cell(good, 'Spend')).toHaveText('160.50');
  await customersPage.search('customer15@');
  await expect(customersPage.rows).toHaveCount(0);
});

test('the bad rows come back as a file that can be mended and imported', async ({
  context,
  server,
  folder,
  importFilePage,
  importPage,
  customersPage,
}) => {
  const original = parseCsv(await readFile(sample('bad-rows.csv'), 'utf8'));
  const width = original[0]!.length;
  await signIn(context, server);
  await importFilePage.open();
  await importFilePage.importFile(sample('bad-rows.csv'));
  await importPage.says('completed');

  const download = await importPage.downloadErrors();
  const [header, ...rows] = parseCsv(await text(download));

  expect(download.suggestedFilename()).toBe('bad-rows-errors.csv');
  const own = ['_error_row', '_error_line', '_error_column', '_error', '_escaped'];
  expect(header).toEqual([...original[0]!, ...own]);
  expect(rows.map((row) => row[width])).toEqual(['3', '6', '9', '12', '15', '18']);
  for (const row of rows) {
    const asItStood = original[Number(row[width])]!;
    const filledUp = [...asItStood, ...Array<string>(width).fill('')].slice(0, width);
    expect(row.slice(0, width), `row ${row[width]}`).toEqual(filledUp);
    expect(row.slice(width + own.length), `what row ${row[width]} had too many`).toEqual(asItStood.slice(width));
    expect(row[width + 1], `the line of row ${row[width]}`).toBe(String(Number(row[width]) + 1));
    expect(row[width + 3], `what is wrong with row ${row[width]}`).toMatch(/\.$/);
  }
  expect(rows.map((row) => row[width + 2])).toEqual(['Email', 'Email', '', '', 'Total Spend; Last Visit', 'Company']);

  const mended = rows.map((row) => {
    const [name = '', , , city = '', , visits = ''] = row;
    const email = `${name.replace(' ', '').toLowerCase()}@bad-rows.example`;
    return [name, email, 'Mended', city, '1.00', visits, '2026-11-21', ...row.slice(width, width + own.length)];
  });
  const path = join(folder, 'mended.csv');
  await writeFile(path, [header!, ...mended].map((row) => row.map((cell) => `"${cell}"`).join(',')).join('\n'));
  await importFilePage.open();
  await importFilePage.importFile(path);
  await importPage.says('completed');

  await importPage.counts({ read: 6, inserted: 6 });
  await customersPage.open();
  await customersPage.totals(20);
});

test('a long list of bad rows comes in pages', async ({ page, folder, importFilePage, importPage }) => {
  const path = join(folder, 'only-bad-rows.csv');
  await writeFile(path, `email\n${Array.from({ length: 120 }, (_, row) => `nobody ${row + 1}`).join('\n')}\n`);
  const pages = page.getByRole('navigation', { name: 'Pages of rows that were not imported' });
  await importFilePage.open();
  await importFilePage.importFile(path);
  await importPage.says('completed');
  await importPage.counts({ read: 120, failed: 120 });
  const rows = async () => (await importPage.errors()).map(({ row }) => Number(row));
  const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

  await expect.poll(rows).toEqual(numbers(1, 50));
  await pages.getByRole('link', { name: 'Next page' }).click();
  await expect.poll(rows).toEqual(numbers(51, 100));
  await pages.getByRole('link', { name: 'Next page' }).click();
  await expect.poll(rows).toEqual(numbers(101, 120));
  await pages.getByRole('link', { name: 'First page' }).click();

  await expect.poll(rows).toEqual(numbers(1, 50));
});
