/** What the page tells of its connection when it is asked. */

import { AxeBuilder } from '@axe-core/playwright';
import { importFile } from '../support/api';
import { writeCustomersCsv } from '../support/csv';
import { expect, test } from '../support/test';

/** axe takes any version of Playwright, and so brings the newest's types along; a page is a page in both. */
type PageOfAxe = ConstructorParameters<typeof AxeBuilder>[0]['page'];

test.beforeEach(async ({ page }) => {
  await page.route('**/api/v1/sse/stats', (route) => route.fulfill({ json: { ownConnections: 3, limitPerUser: 8 } }));
});

test('the details open under the pointer, stay when clicked, and close by Escape', async ({
  page,
  importsPage,
  indicator,
}) => {
  await importsPage.open();
  await expect(indicator.details).toBeHidden();

  await indicator.button.hover();
  await expect(indicator.details).toContainText('What happens is shown at once.');
  await expect(indicator.details).toContainText('3 of 8');
  await page.mouse.move(0, 400);
  await expect(indicator.details).toBeHidden();

  await indicator.button.click();
  await page.mouse.move(0, 400);
  await expect(indicator.details).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(indicator.details).toBeHidden();
});

test('by the keyboard the details open on focus, and closing them is leaving them', async ({
  page,
  importsPage,
  indicator,
}) => {
  await importsPage.open();
  await indicator.button.focus();
  await expect(indicator.details).toBeVisible();

  await page.keyboard.press('Tab');
  await expect(indicator.details.getByRole('button', { name: 'Reconnect now' })).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(indicator.details.getByRole('link', { name: 'All streams' })).toBeFocused();
  await page.keyboard.press('Tab');

  await expect(indicator.details).toBeHidden();
});

test('the details tell the age of the last event, the lag, and a connection that was made anew', async ({
  page,
  server,
  folder,
  importsPage,
  indicator,
}) => {
  await importsPage.open();
  await indicator.button.click();
  await expect(indicator.details).toContainText('none yet');

  await importFile(server.url, await writeCustomersCsv(folder, 3));
  await expect(indicator.details).toContainText(/Last update(just now|\d+ s ago)/);
  await expect(indicator.details).toContainText(/Server to screen\d+ ms/);

  const lines: string[] = [];
  page.on('request', (request) => lines.push(request.url()));
  await indicator.details.getByRole('button', { name: 'Reconnect now' }).click();
  await expect(indicator.details).toContainText('0 updates replayed');
  expect(lines.filter((url) => url.includes('/sse/connect'))).toHaveLength(1);
  await indicator.live();
});

test('the streams are left out where the server does not tell', async ({
  page,
  complaints,
  importsPage,
  indicator,
}) => {
  complaints.announce(/sse\/stats/);
  await page.route('**/api/v1/sse/stats', (route) => route.fulfill({ status: 404 }));
  await importsPage.open();

  await indicator.button.click();

  await expect(indicator.receipt).toContainText('Received');
  await expect(indicator.receipt).not.toContainText('Streams');
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`the details have no barrier in ${colorScheme}, and fit a phone`, async ({ page, importsPage, indicator }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.setViewportSize({ width: 360, height: 740 });
    await importsPage.open();

    await indicator.button.click();
    await expect(indicator.receipt).toBeVisible();

    const { violations } = await new AxeBuilder({ page: page as unknown as PageOfAxe }).analyze();
    expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);
    const box = (await indicator.details.boundingBox())!;
    expect(box.x).toBeGreaterThanOrEqual(0);
    expect(box.x + box.width).toBeLessThanOrEqual(360);
  });
}
