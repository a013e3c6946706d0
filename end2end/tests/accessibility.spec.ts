/** Every page by the rules of axe, in light and in dark. */

import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { everyPage, expect, NOWHERE, test } from '../support/furnished';
import { test as unfurnished } from '../support/test';

/** axe takes any version of Playwright, and so brings the newest's types along; a page is a page in both. */
type PageOfAxe = ConstructorParameters<typeof AxeBuilder>[0]['page'];

/** What is wrong for some readers, seriously: the rule, and where. */
async function barriers(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page: page as unknown as PageOfAxe }).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id} ${target.join(' ')} ${failureSummary}`));
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`no page has a barrier in ${colorScheme}`, async ({ page, furnished, complaints, indicator }) => {
    // The rules are gone through once for each page.
    test.slow();
    complaints.announce(/\b404\b/);
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });

    for (const [name, address] of Object.entries({ ...everyPage(furnished), 'nothing': NOWHERE[1]! })) {
      await page.goto(address);
      await indicator.live();

      expect.soft(await barriers(page), name).toEqual([]);
    }
  });

  test(`neither the list of shortcuts nor the cards of a phone have a barrier in ${colorScheme}`, async ({
    page,
    furnished,
    indicator,
  }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.goto('/imports');
    await indicator.live();
    await page.keyboard.press('?');
    await expect(page.getByRole('dialog')).toBeVisible();
    expect.soft(await barriers(page), 'the list of shortcuts').toEqual([]);

    await page.setViewportSize({ width: 360, height: 740 });
    for (const address of ['/customers', '/events', `/imports/${furnished.withBadRows}`, '/users', '/tokens', '/audit']) {
      await page.goto(address);
      await indicator.live();

      expect.soft(await barriers(page), `${address} on a phone`).toEqual([]);
    }
  });

  unfurnished(`no empty page has a barrier in ${colorScheme}`, async ({ page, indicator }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });

    for (const address of ['/customers', '/events?topics=custom:nobody', '/imports', '/users', '/audit?actor=nobody']) {
      await page.goto(address);
      await indicator.live();

      expect.soft(await barriers(page), address).toEqual([]);
    }
  });
}
