/** Files that can't be imported as they are: the page says what to change, and no customer was touched. */

import { sample } from '../support/samples';
import { expect, test } from '../support/test';

const REFUSED = [
  { file: 'no-email-column.csv', sentence: /^The file has no e-mail column\. Name one column 'Email'; found: / },
  { file: 'empty.csv', sentence: /^The file is empty\. Choose a file with a header line and one line for each / },
  { file: 'picture.csv', sentence: /^This is a picture, not a CSV file\. Export the customers as CSV from / },
  { file: 'half-way-encoding.csv', sentence: /^Line 7 is not UTF-8 like the lines before it\. Save the whole file as / },
];

for (const { file, sentence } of REFUSED) {
  test(`${file} is refused with a sentence that says what to change`, async ({
    page,
    importFilePage,
    importPage,
    customersPage,
  }) => {
    await importFilePage.open();

    await importFilePage.importFile(sample(file));
    await importPage.says('failed');

    await expect(importPage.card.locator('strong')).toHaveText(sentence);
    await expect(importPage.card.getByText('No customer was changed.')).toBeVisible();
    await expect(page.getByRole('link', { name: 'Import a mended file' })).toBeVisible();

    await customersPage.open();
    await customersPage.totals(0);
    await expect(page.getByRole('heading', { name: 'No customers yet' })).toBeVisible();
  });
}
