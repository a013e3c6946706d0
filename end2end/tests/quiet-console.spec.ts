/**
 * No page makes the browser complain, neither when it is loaded nor when it is walked to. The fixture `complaints`
 * asserts it.
 */

import { everyPage, expect, NOWHERE, test } from '../support/furnished';

test('every page is loaded and taken over by the WASM without a complaint', async ({ page, furnished, indicator }) => {
  for (const address of ['/', ...Object.values(everyPage(furnished))]) {
    await page.goto(address);

    await indicator.live();
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(page).toHaveTitle(/ · Signalbox$/);
  }
});

test('every page is walked to without a complaint or a reload', async ({ page, furnished, indicator }) => {
  const { withBadRows } = furnished;
  await page.goto('/');
  await indicator.live();
  const places = page.getByRole('navigation', { name: 'Places' });
  const heading = page.getByRole('heading', { level: 1 });
  const birth = await page.evaluate(() => performance.timeOrigin);

  for (const round of ['first', 'second']) {
    await test.step(`the ${round} round`, async () => {
      await places.getByRole('link', { name: 'Customers' }).click();
      await expect(heading).toHaveText('Customers');
      await page.getByRole('link', { name: 'Next page' }).click();
      await expect(page).toHaveURL(/before=/);
      await places.getByRole('link', { name: 'Import a file' }).click();
      await expect(heading).toHaveText('Import a file');
      await places.getByRole('link', { name: 'Events' }).click();
      await expect(heading).toHaveText('Events');
      for (const place of ['Users', 'Tokens', 'Audit', 'Imports']) {
        await places.getByRole('link', { name: place }).click();
        await expect(heading).toHaveText(place);
      }
      await page.locator(`[data-id="${withBadRows}"]`).getByRole('link').click();
      await expect(heading).toHaveText('bad-rows.csv');
      await expect(page.getByTestId('error-row').first()).toBeVisible();
      await page.goBack();
      await expect(heading).toHaveText('Imports');
    });
  }

  await indicator.live();
  expect(await page.evaluate(() => performance.timeOrigin)).toBe(birth);
});

for (const address of NOWHERE) {
  test(`${address} leads nowhere, and says so with status 404`, async ({ page, complaints, indicator }) => {
    complaints.announce(/\b404\b/);

    const answer = await page.goto(address);

    expect(answer?.status()).toBe(404);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('There is nothing at this address');
    await indicator.live();
    await page.getByRole('main').getByRole('link', { name: 'Customers' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Customers');
  });
}

test('an address with a place that the list never gave says so, and leads back', async ({ page, indicator }) => {
  await page.goto('/customers?before=nonsense');
  await indicator.live();
  await expect(page.getByRole('alert')).toContainText("This address can't be shown");

  await page.getByRole('alert').getByRole('link').click();

  await expect(page.getByTestId('customer-row').first()).toBeVisible();
});
