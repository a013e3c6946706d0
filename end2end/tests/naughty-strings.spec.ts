/** Names that would like to be markup, script or a formula are shown as text, and run nothing. */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { importFile } from '../support/api';
import { parseCsv } from '../support/csv';
import { signIn } from '../support/sign-in';
import { expect, test } from '../support/test';

const LIST = fileURLToPath(new URL('../../server/tests/support/naughty-strings/blns.json', import.meta.url));

/** Customers of a page. */
const PAGE = 50;

/** As an import takes a cell: without white space and marks without width at its ends. */
function trimmed(name: string): string {
  return name.replace(/^[\s\u0085\u200B-\u200D\u2060]+|[\s\u0085\u200B-\u200D\u2060]+$/g, '');
}

function email(number: number): string {
  return `n${String(number).padStart(3, '0')}@x.org`;
}

test('the names of the Big List of Naughty Strings are text on the page of customers and in its export', async ({
  page,
  context,
  server,
  folder,
  customersPage,
}) => {
  test.slow();
  const names = JSON.parse(await readFile(LIST, 'utf8')) as string[];
  const path = join(folder, 'naughty.csv');
  const lines = names.map((name, number) => `"${name.replaceAll('"', '""')}",${email(number)}`);
  await writeFile(path, `name,email\n${lines.join('\n')}\n`);
  expect((await importFile(server.url, path)).rows.inserted).toBe(names.length);
  const dialogs: string[] = [];
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.message());
    void dialog.dismiss();
  });

  await signIn(context, server);
  await customersPage.open('?sort=email');
  for (let first = 0; first < names.length; first += PAGE) {
    if (first > 0) await customersPage.next.click();
    await expect(customersPage.row(email(first))).toBeVisible();
    const shown = await customersPage.rows.locator('[data-label="Name"]').allTextContents();
    const expected = names.slice(first, first + PAGE).map(trimmed);
    expect(shown.filter((_, row) => expected[row] !== '')).toEqual(expected.filter((name) => name !== ''));
  }

  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Export CSV' }).click();
  const file = await download;
  expect(file.suggestedFilename()).toMatch(/^customers-\d{4}-\d\d-\d\d\.csv$/);
  const records = parseCsv(await readFile(await file.path(), 'utf8'));
  expect(records).toHaveLength(names.length + 1);
  for (const cell of records.flat()) {
    expect(cell).not.toMatch(/^\s*[=+\-@＝＋－＠]/);
  }
  expect(dialogs).toEqual([]);
});
