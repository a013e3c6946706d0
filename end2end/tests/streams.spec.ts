/** Operators see who listens, and end a stream. */

import { AxeBuilder } from '@axe-core/playwright';
import { tell } from '../support/api';
import { StreamClient } from '../support/stream-client';
import { TOKEN_NAME } from '../support/token';
import { expect, test } from '../support/test';

/** axe takes any version of Playwright, and so brings the newest's types along; a page is a page in both. */
type PageOfAxe = ConstructorParameters<typeof AxeBuilder>[0]['page'];

test('a stream that another client opens appears with its topics and its place, and goes when it ends', async ({
  page,
  server,
  streamsPage,
}) => {
  await streamsPage.open();
  await expect(streamsPage.own).toHaveCount(1);
  await streamsPage.totals('connections', 1);

  const client = await StreamClient.listen(server.url, 'imports,custom:shop,job:nap');
  const row = streamsPage.row(client.connectionId);
  await expect(row).toBeVisible();
  await expect(row.locator('td').first()).toHaveText(`token ${TOKEN_NAME}`);
  await expect(streamsPage.cell(client.connectionId, 'Over')).toHaveText('SSE');
  await expect(streamsPage.cell(client.connectionId, 'Topics')).toHaveText('job:nap, imports, custom:shop');
  await expect(streamsPage.cell(client.connectionId, 'Since')).toHaveText('just now');
  await streamsPage.totals('connections', 2);

  const cursor = await tell(server.url, 'custom:shop', 7);
  await expect(streamsPage.cell(client.connectionId, 'Position')).toHaveText(cursor);
  await expect(page.getByTestId('log-end')).toHaveText(cursor);
  await streamsPage.totals('delivered', 1);

  client.close();
  await expect(row).toBeHidden();
  await streamsPage.totals('connections', 1);
});

test('a kick asks first, ends the stream, and says so', async ({ page, server, streamsPage }) => {
  const client = await StreamClient.listen(server.url, 'imports');
  await streamsPage.open();
  const row = streamsPage.row(client.connectionId);

  await streamsPage.kick(row).click();
  await expect(streamsPage.question(row)).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(streamsPage.kick(row)).toBeFocused();

  // A second click of a double one does nothing, and neither does a key that is held down.
  await streamsPage.kick(row).dblclick();
  await expect(streamsPage.kick(row)).toBeVisible();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await expect(streamsPage.question(row)).toBeFocused();

  await page.keyboard.press('Tab');
  await expect(row.getByRole('button', { name: 'Kick it' })).toBeFocused();
  await page.keyboard.press('Enter');

  await expect(streamsPage.said).toHaveText(`The SSE stream of token ${TOKEN_NAME} was asked to end. Its client may come back.`);
  await expect(streamsPage.said).toBeFocused();
  expect(await client.ended).toMatch(/"type":"bye".*"reason":"kicked"/);
  await expect(row).toBeHidden();
  await streamsPage.totals('connections', 1);
});

test('the page that kicks itself comes back by another stream', async ({ streamsPage, indicator }) => {
  await streamsPage.open();
  const before = await streamsPage.own.getAttribute('data-id');

  await streamsPage.kick(streamsPage.own).click();
  await streamsPage.own.getByRole('button', { name: 'Kick it' }).click();

  await expect(streamsPage.row(before!)).toBeHidden();
  await indicator.live();
  await expect(streamsPage.own).not.toHaveAttribute('data-id', before!);
});

test('a stream that ended before it was kicked is said to have', async ({ page, server, streamsPage, complaints }) => {
  complaints.announce(/\b404\b/);
  const client = await StreamClient.listen(server.url, 'imports');
  await streamsPage.open();
  const row = streamsPage.row(client.connectionId);
  await streamsPage.kick(row).click();
  // As if it had ended since the page looked last.
  await page.route('**/kick', async (route) => {
    client.close();
    await expect.poll(async () => (await route.fetch()).status()).toBe(404);
    await route.continue();
  });

  await row.getByRole('button', { name: 'Kick it' }).click();

  await expect(streamsPage.said).toHaveText(/has ended already, or is on another server\.$/);
});

test('a client that reads no more is seen to fall behind', async ({ server, streamsPage }) => {
  const client = await StreamClient.listen(server.url, 'custom:flood');
  client.stopReading();
  await streamsPage.open();
  const behind = streamsPage.cell(client.connectionId, 'Events behind');
  await expect(behind).toHaveText('0');

  // More than the buffers of both systems take.
  const piece = 'x'.repeat(60_000);
  for (let round = 0; round < 15; round += 1) {
    await Promise.all(Array.from({ length: 20 }, () => tell(server.url, 'custom:flood', piece)));
  }

  await expect(behind).toHaveText(/^[1-9]\d*$/);
  await expect(behind.locator('[data-aspect=caution]')).toBeVisible();
  client.close();
});

test('it is asked again on demand, and says so', async ({ streamsPage }) => {
  await streamsPage.open();

  await streamsPage.refresh.click();

  await expect(streamsPage.said).toHaveText('Asked again: 1 stream is open.');
});

test('when the server does not answer the page says so, and fills itself when it does', async ({
  page,
  streamsPage,
  complaints,
}) => {
  complaints.announce(/page\/streams/);
  await streamsPage.open();

  await page.route('**/api/page/streams*', (route) => route.fulfill({ status: 502, body: '<html>Bad Gateway</html>' }));
  await expect(page.getByRole('alert')).toContainText("The server can't be reached");
  await page.unroute('**/api/page/streams*');

  await expect(streamsPage.own).toBeVisible({ timeout: 20_000 });
  await expect(page.getByRole('alert')).toBeHidden();
});

test('the details of the connection lead to the streams', async ({ page, importsPage, indicator, streamsPage }) => {
  await importsPage.open();
  await indicator.button.click();

  await indicator.details.getByRole('link', { name: 'All streams' }).click();

  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Streams');
  await expect(indicator.details).toBeHidden();
  await expect(streamsPage.own).toBeVisible();
});

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [360, 1440]) {
    test(`the question has no barrier in ${colorScheme} at ${width} px, and is inside of the window`, async ({
      page,
      server,
      streamsPage,
    }) => {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize({ width, height: 800 });
      const client = await StreamClient.listen(server.url, 'imports,customers,general,workers,services,job:1,job:2');
      await streamsPage.open();
      const row = streamsPage.row(client.connectionId);

      await streamsPage.kick(row).click();
      await expect(streamsPage.question(row)).toBeFocused();

      const { violations } = await new AxeBuilder({ page: page as unknown as PageOfAxe }).analyze();
      expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);
      const box = (await streamsPage.question(row).boundingBox())!;
      const cell = (await row.locator('.is-action').boundingBox())!;
      expect(box.x).toBeGreaterThanOrEqual(cell.x);
      expect(box.x + box.width).toBeLessThanOrEqual(cell.x + cell.width);
      client.close();
    });
  }
}
