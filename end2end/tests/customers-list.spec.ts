/** A hundred thousand customers: found, put in order, and paged. */

import { CustomersPage } from '../pages/customers-page';
import { importFile } from '../support/api';
import { customer, madeUp, writeCustomersCsv } from '../support/csv';
import { expect, test } from '../support/test';

const ROWS = 100_000;
const PAGE = 50;
const CUSTOMERS = madeUp(ROWS);

/** An amount as the page writes it, in cents. */
function cents(amount: string): number {
  return Math.round(Number(amount.replaceAll(',', '')) * 100);
}

test('among 100,000 customers one is found, all are put in order, and pages follow each other', async ({
  page,
  server,
  folder,
  customersPage,
}) => {
  // What it looks at is found by reading all of them, beside whatever else the machine does.
  test.setTimeout(120_000);
  await importFile(server.url, await writeCustomersCsv(folder, ROWS));
  await customersPage.open();
  await customersPage.totals(ROWS);

  await test.step('a search shows who matches, and its address does too', async () => {
    const wanted = customer(54_321);

    await customersPage.search('CUSTOMER-054321@');

    await expect(customersPage.rows).toHaveCount(1);
    await expect(customersPage.cell(customersPage.row(wanted.email), 'Name')).toHaveText(wanted.name);
    const link = new CustomersPage(await page.context().newPage());
    await link.open(new URL(page.url()).search);
    await expect(link.rows).toHaveCount(1);
    await expect(link.row(wanted.email)).toBeVisible();
    await expect(link.searchField).toHaveValue('CUSTOMER-054321@');
  });

  await test.step('a search for nobody says so, and leads back to all', async () => {
    await customersPage.search('nobody-is-called-this');
    await expect(page.getByRole('heading', { name: 'No customer matches' })).toBeVisible();

    await page.getByRole('link', { name: 'Show all customers' }).click();

    await expect(customersPage.rows).toHaveCount(PAGE);
    await expect(customersPage.searchField).toHaveValue('');
  });

  await test.step('by spend the largest come first, over pages, none twice', async () => {
    const expected = CUSTOMERS.map(({ totalSpendCents }) => totalSpendCents).toSorted((a, b) => b - a);

    await customersPage.sortBy('Spend');
    await expect(customersPage.heading('Spend')).toHaveAttribute('aria-sort', 'descending');
    await expect(page).toHaveURL(/sort=-totalSpendCents/);
    await expect.poll(async () => cents((await customersPage.column('Spend'))[0] ?? '')).toBe(expected[0]);
    const first = { ids: await customersPage.ids(), spends: await customersPage.column('Spend') };
    await customersPage.next.click();
    await expect.poll(async () => (await customersPage.ids())[0]).not.toBe(first.ids[0]);
    const second = { ids: await customersPage.ids(), spends: await customersPage.column('Spend') };

    expect([...first.spends, ...second.spends].map(cents)).toEqual(expected.slice(0, 2 * PAGE));
    expect(new Set([...first.ids, ...second.ids]).size).toBe(2 * PAGE);
    await expect(page).toHaveURL(/sort=-totalSpendCents&before=/);

    await page.goBack();
    await expect.poll(() => customersPage.ids()).toEqual(first.ids);
    await page.goForward();
    await expect.poll(() => customersPage.ids()).toEqual(second.ids);
  });

  await test.step('many customers with the same value are paged without a gap or a double', async () => {
    expect(CUSTOMERS.filter(({ visits }) => visits === 39).length).toBeGreaterThan(3 * PAGE);
    await customersPage.open('?sort=-visits');
    const ids = await customersPage.ids();

    for (const _ of ['second', 'third']) {
      const before = ids.at(-1);
      await customersPage.next.click();
      await expect.poll(async () => (await customersPage.ids()).at(-1)).not.toBe(before);
      expect(new Set(await customersPage.column('Visits'))).toEqual(new Set(['39']));
      ids.push(...(await customersPage.ids()));
    }

    expect(new Set(ids).size).toBe(3 * PAGE);
  });

  await test.step('a search keeps the order, and the order keeps the search', async () => {
    await customersPage.open('?sort=-totalSpendCents');
    await customersPage.search('ørsted');
    await expect(page).toHaveURL(/sort=-totalSpendCents/);
    const matches = CUSTOMERS.filter(({ name, company }) => `${name} ${company}`.includes('Ørsted'));
    const largest = Math.max(...matches.map(({ totalSpendCents }) => totalSpendCents));
    const smallest = Math.min(...matches.map(({ totalSpendCents }) => totalSpendCents));
    await expect.poll(async () => cents((await customersPage.column('Spend'))[0] ?? '')).toBe(largest);

    await customersPage.sortBy('Spend');

    await expect(customersPage.heading('Spend')).toHaveAttribute('aria-sort', 'ascending');
    await expect.poll(async () => cents((await customersPage.column('Spend'))[0] ?? '')).toBe(smallest);
    expect(new URL(page.url()).searchParams.get('q')).toBe('ørsted');
  });

});
