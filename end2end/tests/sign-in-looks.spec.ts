/** The pages outside of the door, and the panel of who is in: by the rules of axe, and inside of their windows. */

import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { Indicator } from '../pages/indicator';
import { LoginPage } from '../pages/login-page';
import { Person } from '../pages/person';
import { expect, test } from '../support/test';

test.use({ signedOut: true });

/** axe takes any version of Playwright, and so brings the newest's types along; a page is a page in both. */
type PageOfAxe = ConstructorParameters<typeof AxeBuilder>[0]['page'];

const EMAIL = 'a-rather-long-name.of-a-person@department.example.com';
const PASSWORD = 'correct horse battery staple';

/** Asserts that nothing is wrong for any reader, and that nothing is cut off. */
async function isFine(page: Page, name: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page: page as unknown as PageOfAxe }).analyze();
  expect.soft(violations.map(({ id, nodes }) => `${id} ${nodes.map(({ html }) => html).join()}`), name).toEqual([]);
  const excess = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.scrollingElement!;
    return scrollWidth - clientWidth;
  });
  expect.soft(excess, `pixels too many on ${name}`).toBeLessThanOrEqual(0);
  const folder = process.env['LOOKS'];
  if (folder) await page.screenshot({ path: `${folder}/${name}.png` });
}

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [360, 1440]) {
    test(`nobody meets a barrier on the way in, in ${colorScheme} at ${width} px`, async ({ page, server }) => {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize({ width, height: 740 });
      const name = (what: string) => `${what}-${colorScheme}-${width}`;

      await page.goto('/login?next=%2Fimports');
      await isFine(page, name('login'));
      await page.goto('/login?problem=invalid_credentials');
      await isFine(page, name('login-wrong'));
      await page.goto(await server.setUpLink());
      await isFine(page, name('setup'));
      await page.goto('/setup?token=t&problem=invalid&field=password');
      await isFine(page, name('setup-wrong'));
      await page.goto('/setup');
      await isFine(page, name('setup-over'));

      await server.addUser(EMAIL, 'viewer', PASSWORD);
      await new LoginPage(page).enter(EMAIL, PASSWORD);
      await new Indicator(page).live();
      await isFine(page, name('imports'));
      await page.goto('/customers/import');
      await new Indicator(page).live();
      await isFine(page, name('import'));
      const person = new Person(page);
      await person.button.click();
      await expect(person.signOut).toBeInViewport({ ratio: 1 });
      await isFine(page, name('person'));
    });
  }
}
