/** Pages and forms as the server renders them, in a browser that runs no script. */

import { importFile, overOnce, sendFile, tell } from '../support/api';
import { customer, madeUp, writeCustomersCsv } from '../support/csv';
import { StreamClient } from '../support/stream-client';
import { ask, TOKEN_NAME } from '../support/token';
import { expect, test } from '../support/test';

test.use({ javaScriptEnabled: false });

// The browser says of what the page loads ahead that it may not, or does not, use it.
test.beforeEach(({ complaints }) => complaints.announce(/request failed: csp .*\.js$/, /preloaded using link preload/));

/** Imports on a page of the list. */
const IMPORTS = 50;

test('a file is sent by the form alone, and leads to its import', async ({
  page,
  server,
  folder,
  importFilePage,
  importPage,
  importsPage,
}) => {
  const path = await writeCustomersCsv(folder, 300);
  await page.goto('/customers/import');
  await expect(page.getByTestId('connection-status')).toBeHidden();
  const answered = page.waitForResponse((response) => response.request().method() === 'POST');

  const over = await overOnce(server.url, async () => {
    await importFilePage.importFile(path);
    return page.url().split('/').at(-1)!;
  });

  expect((await answered).status()).toBe(303);
  expect(over.status).toBe('completed');
  await page.reload();
  await importPage.says('completed');
  await importPage.counts({ read: 300, inserted: 300 });
  await page.goto('/imports');
  await expect(importsPage.state(over.importId)).toHaveAttribute('data-state', 'completed');
  await importsPage.row(over.importId).getByRole('link').click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('customers-300.csv');
});

test('the way that was chosen for known customers holds without a script, too', async ({
  page,
  server,
  folder,
  importFilePage,
}) => {
  const path = await writeCustomersCsv(folder, 300);
  await importFile(server.url, await writeCustomersCsv(folder, 200));
  await page.goto('/customers/import');
  await page.getByRole('radio', { name: /^Only update known/ }).check();

  const over = await overOnce(server.url, async () => {
    await importFilePage.importFile(path);
    return page.url().split('/').at(-1)!;
  });

  expect(over.rows).toMatchObject({ read: 300, inserted: 0, unchanged: 200, skipped: 100 });
});

test('a form without a file comes back and says so', async ({ page, server, importFilePage }) => {
  // As browsers do it that don't know the attribute `required`.
  const form = new FormData();
  form.append('file', new Blob([]), '');

  const answer = await ask(`${server.url}/customers/import`, { method: 'POST', body: form, redirect: 'manual' });

  expect(answer.status).toBe(303);
  await page.goto(answer.headers.get('location')!);
  await expect(importFilePage.trouble).toContainText('No file was chosen. Choose one and send it again.');
});

test('customers are searched, put in order and paged by links and a form', async ({
  page,
  server,
  folder,
  customersPage,
}) => {
  await importFile(server.url, await writeCustomersCsv(folder, 120));
  const spends = madeUp(120)
    .map(({ totalSpendCents }) => totalSpendCents)
    .toSorted((a, b) => b - a);
  const written = (cents: number) => (cents / 100).toLocaleString('en', { minimumFractionDigits: 2 });
  await page.goto('/customers');

  await customersPage.sortBy('Spend');
  expect(new URL(page.url()).searchParams.get('sort')).toBe('-totalSpendCents');
  const first = await customersPage.column('Spend');
  await customersPage.next.click();
  const second = await customersPage.column('Spend');
  await customersPage.next.click();
  const third = await customersPage.column('Spend');

  expect([...first, ...second, ...third]).toEqual(spends.map(written));
  await expect(customersPage.next).toBeHidden();
  await page.getByRole('link', { name: 'First page' }).click();
  expect(await customersPage.column('Spend')).toEqual(first);

  await customersPage.searchField.fill('customer-00007');
  await page.getByRole('button', { name: 'Search', exact: true }).click();

  await expect(page).toHaveURL('/customers?q=customer-00007&sort=-totalSpendCents');
  await expect(customersPage.rows).toHaveCount(10);
  await expect(customersPage.row(customer(77).email)).toBeVisible();
});

test('the list of imports is paged by links', async ({ page, server, folder, importsPage }) => {
  const path = await writeCustomersCsv(folder, 1);
  const oldest = await importFile(server.url, path);
  for (let sent = 0; sent < IMPORTS; sent += 1) await sendFile(server.url, path);

  await page.goto('/imports');
  await expect(importsPage.rows).toHaveCount(IMPORTS);
  await expect(importsPage.row(oldest.importId)).toBeHidden();
  await page.getByRole('link', { name: 'Next page' }).click();

  await expect(importsPage.rows).toHaveCount(1);
  await expect(importsPage.row(oldest.importId)).toBeVisible();
});

test('who listens is told, and what only a script can do is not offered', async ({ page, server, streamsPage }) => {
  await page.goto('/debug/streams');
  await expect(page.getByRole('heading', { level: 2 })).toHaveText('Nobody listens');

  const client = await StreamClient.listen(server.url, 'imports');
  await page.reload();

  await expect(streamsPage.row(client.connectionId)).toContainText(TOKEN_NAME);
  await streamsPage.totals('connections', 1);
  await expect(streamsPage.kick(streamsPage.row(client.connectionId))).toBeHidden();
  await expect(streamsPage.refresh).toBeHidden();
  client.close();
});

test('the log is sifted by its form, and read back by links', async ({ page, server, eventsPage }) => {
  const cursors: string[] = [];
  for (let number = 0; number < 110; number += 1) cursors.push(await tell(server.url, 'custom:shop', { number }));
  cursors.reverse();
  await page.goto('/events');

  await eventsPage.topics.fill('custom:shop');
  await eventsPage.type.selectOption('custom');
  await page.getByRole('button', { name: 'Filter' }).click();
  expect(await eventsPage.cursors()).toEqual(cursors.slice(0, 100));
  await expect(eventsPage.pause).toBeHidden();
  await eventsPage.older.click();
  expect(await eventsPage.cursors()).toEqual(cursors.slice(100));
  await expect(eventsPage.topics).toHaveValue('custom:shop');

  const address = await eventsPage.opener(eventsPage.row(cursors[105]!)).getAttribute('href');
  const event = await ask(`${server.url}${address}`);
  expect(await event.json()).toMatchObject({ data: { number: 4 } });
});
