/**
 * What pages may load, in a browser that holds them to it: they need nothing that their policy forbids, and what slips into
 * them does not run.
 */

import type { Page } from '@playwright/test';
import { everyPage, expect, NOWHERE, test } from '../support/furnished';

/** All that a page was kept from, from its first byte on: the directive, what it was, and what of it. */
async function violationsOf(page: Page): Promise<string[]> {
  const violations: string[] = [];
  await page.exposeBinding('toldOfViolation', (_, violation: string) => void violations.push(violation));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      const { effectiveDirective, blockedURI, sample, sourceFile, lineNumber } = event;
      const words = `${effectiveDirective} ${blockedURI} ${sample} (${document.URL}, ${sourceFile}:${lineNumber})`;
      void (window as unknown as { toldOfViolation: (words: string) => Promise<void> }).toldOfViolation(words);
    });
  });
  return violations;
}

test('every page is loaded, taken over and live within its policy', async ({ page, furnished, indicator, complaints }) => {
  complaints.announce(/\b404\b/);
  const violations = await violationsOf(page);

  for (const address of [...Object.values(everyPage(furnished)), ...NOWHERE]) {
    const answer = await page.goto(address);

    expect(answer?.headers()['content-security-policy'], address).toContain("'nonce-");
    await indicator.live();
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    expect(violations, address).toEqual([]);
  }
});

test('the theme, the list of shortcuts and what a page draws later keep to it, too', async ({
  page,
  furnished,
  indicator,
}) => {
  const violations = await violationsOf(page);
  await page.goto('/imports');
  await indicator.live();
  const heading = page.getByRole('heading', { level: 1 });

  await page.keyboard.press('?');
  await expect(page.getByRole('dialog')).toBeVisible();
  await page.keyboard.press('Escape');
  await indicator.button.click();
  await expect(indicator.details).toBeVisible();
  await indicator.button.click();
  for (const place of ['Customers', 'Import a file', 'Events', 'Users', 'Tokens', 'Audit', 'Imports']) {
    await page.getByRole('navigation', { name: 'Places' }).getByRole('link', { name: place }).click();
    await expect(heading).toHaveText(place);
  }
  await page.locator(`[data-id="${furnished.withBadRows}"]`).getByRole('link').click();
  await expect(page.getByTestId('error-row').first()).toBeVisible();

  expect(violations).toEqual([]);
});

test('the page of the API draws itself and tries an operation within its policy', async ({ page }) => {
  const violations = await violationsOf(page);
  await page.goto('/docs');

  await page.getByRole('button', { name: /^GET \/health\/live Says/ }).click();
  await page.getByRole('button', { name: 'Execute' }).click();

  await expect(page.locator('.live-responses-table')).toContainText('200');
  await expect(page.locator('.live-responses-table')).toContainText('"ok"');
  expect(violations).toEqual([]);
});

for (const address of ['/imports', '/docs']) {
  test(`what slips into ${address} does not run`, async ({ page, complaints }) => {
    complaints.announce(/Content Security Policy/, /request failed: csp /);
    const violations = await violationsOf(page);
    await page.goto(address);

    await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'window.slippedIn = "a script"';
      const elsewhere = document.createElement('script');
      elsewhere.src = 'https://elsewhere.example/script.js';
      const base = document.createElement('base');
      base.href = 'https://elsewhere.example/';
      document.body.append(script, elsewhere, base);
      document.body.insertAdjacentHTML(
        'beforeend',
        `<p onclick="window.slippedIn = 'a handler'" style="color: red">Click</p>
         <iframe src="/imports"></iframe><object data="/favicon.svg"></object>`,
      );
      document.body.querySelector<HTMLElement>('p[onclick]')!.click();
      fetch('https://elsewhere.example/data').catch(() => {});
      new Image().src = 'https://elsewhere.example/picture';
    });

    for (const directive of [
      'script-src-elem inline',
      'script-src-elem https://elsewhere.example/script.js',
      'script-src-attr inline',
      'style-src-attr inline',
      'base-uri https://elsewhere.example/',
      'connect-src https://elsewhere.example/data',
      'img-src https://elsewhere.example/picture',
      'frame-src',
      'object-src',
    ]) {
      await expect.poll(() => violations.filter((words) => words.startsWith(directive)).length, directive).toBeGreaterThan(0);
    }
    expect(await page.evaluate(() => (window as { slippedIn?: string }).slippedIn)).toBeUndefined();
    expect(await page.evaluate(() => document.baseURI)).toBe(page.url());
  });
}

test('no page can be framed, not even by its own host', async ({ page, complaints }) => {
  complaints.announce(/frame-ancestors/, /request failed: .*BLOCKED_BY_RESPONSE/);
  await page.route('**/framing', (route) =>
    route.fulfill({ contentType: 'text/html', body: '<iframe src="/imports"></iframe><iframe src="/docs"></iframe>' }),
  );
  const refusals: string[] = [];
  page.on('console', (message) => refusals.push(message.text()));

  await page.goto('/framing');

  // The browser names the origin of a frame, not its address.
  await expect.poll(() => refusals.filter((text) => text.includes("frame-ancestors 'none'")).length).toBe(2);
});
