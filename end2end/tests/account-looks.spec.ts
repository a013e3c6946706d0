/** The pages of people, tokens and the audit log in each of their states: by the rules of axe, and inside of their windows. */

import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { AccountPage } from '../pages/account-page';
import { AuditPage } from '../pages/audit-page';
import { Indicator } from '../pages/indicator';
import { LoginPage } from '../pages/login-page';
import { TokensPage } from '../pages/tokens-page';
import { UsersPage } from '../pages/users-page';
import { ask } from '../support/token';
import { expect, test } from '../support/test';

test.use({ signedOut: true });

/** axe takes any version of Playwright, and so brings the newest's types along; a page is a page in both. */
type PageOfAxe = ConstructorParameters<typeof AxeBuilder>[0]['page'];

const ADMIN = 'ada@example.com';
const LONG = 'a-rather-long-name.of-a-person@department.example.com';
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
  if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [360, 1440]) {
    test(`no state of these pages has a barrier in ${colorScheme} at ${width} px`, async ({ page, server, complaints }) => {
      test.slow();
      complaints.announce(/\b(401|409|422|503)\b/);
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize({ width, height: 800 });
      const look = (what: string) => isFine(page, `${what}-${colorScheme}-${width}`);
      await server.addUser(ADMIN, 'admin', PASSWORD);
      await server.addUser(LONG, 'viewer', PASSWORD);
      const wrong = { email: LONG, password: 'wrong' };
      await page.request.post(`${server.url}/api/v1/auth/login`, { data: wrong });
      await ask(`${server.url}/api/v1/queues/test/pause`, { method: 'POST' });
      await new LoginPage(page).enter(ADMIN, PASSWORD);

      const users = new UsersPage(page);
      await users.open();
      await look('users');
      await users.adder.click();
      await users.fill(LONG, 'viewer', 'password1234');
      await users.add.click();
      await expect(users.trouble).toBeVisible();
      await look('users-add-wrong');
      await users.openUser(LONG);
      await look('user-empty');
      await users.openUser(ADMIN);
      await page.getByRole('button', { name: `Disable ${ADMIN}` }).click();
      await look('user-asked');
      await page.getByRole('button', { name: 'Yes, disable' }).click();
      await expect(users.trouble).toBeVisible();
      await look('user-refused');

      const tokens = new TokensPage(page);
      await tokens.open();
      await tokens.maker.click();
      await look('tokens-form');
      await tokens.name.fill('billing');
      await tokens.make.click();
      await expect(tokens.once).toBeVisible();
      await tokens.row('billing').getByRole('button').click();
      await look('tokens-once');

      const audit = new AuditPage(page);
      await audit.open();
      await look('audit');
      await audit.open('?actor=nobody');
      await look('audit-empty');
      await audit.open('?before=nonsense');
      await look('audit-error');

      const account = new AccountPage(page);
      await account.open();
      await look('account');
      await page.goto('/account?problem=invalid&field=currentPassword');
      await new Indicator(page).live();
      await look('account-wrong');
      await page.goto('/account?done=password');
      await new Indicator(page).live();
      await look('account-done');
    });
  }
}
