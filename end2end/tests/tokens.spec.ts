/** Admins make tokens for programs, see each once, and revoke them. */

import { TokensPage } from '../pages/tokens-page';
import { expect, test } from '../support/test';

test('a token is shown once, works, and is refused once it is revoked', async ({ page, context, server, complaints }) => {
  complaints.announce(/\b(409|422)\b/);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const tokens = new TokensPage(page);
  const status = async (token: string) =>
    (await fetch(`${server.url}/api/v1/queues`, { headers: { authorization: `Bearer ${token}` } })).status;
  await page.goto('/imports');
  await page.getByRole('navigation', { name: 'Places' }).getByRole('link', { name: 'Tokens' }).click();
  await expect(page).toHaveURL('/tokens');
  await tokens.maker.click();

  await tokens.name.fill('billing');
  await tokens.role.selectOption('operator');
  await tokens.lastDay.fill('2020-01-01');
  await tokens.make.click();
  await expect(tokens.trouble).toHaveText('Use a moment that is yet to come.');
  await tokens.lastDay.fill('2096-12-31');
  await tokens.make.click();

  await expect(tokens.said).toHaveText('The token billing was made.');
  await expect(tokens.once).toContainText('Copy it now: it is not shown again.');
  const text = await tokens.text.inputValue();
  expect(text).toMatch(/^sbx_/);
  await tokens.copy.click();
  await expect(tokens.copy).toHaveText('Copied');
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(text);
  await expect(tokens.row('billing')).toContainText('operator');
  await expect(tokens.row('billing')).toContainText('2096-12-31');
  expect(await status(text)).toBe(200);

  await tokens.name.fill('billing');
  await tokens.make.click();
  await expect(tokens.trouble).toContainText("There is a token named 'billing'.");

  await tokens.open();
  await expect(tokens.once).toHaveCount(0);
  expect(await page.content()).not.toContain(text);
  await tokens.row('billing').getByRole('button', { name: 'Revoke the token billing' }).click();
  await tokens.row('billing').getByRole('button', { name: 'Revoke billing' }).click();
  await expect(tokens.said).toHaveText('billing is revoked.');
  await expect(tokens.row('billing').locator('[data-state]')).toHaveAttribute('data-state', 'revoked');
  expect(await status(text)).toBe(401);
});

test('who has put the token away does not see it again', async ({ page }) => {
  const tokens = new TokensPage(page);
  await tokens.open();
  await tokens.maker.click();
  await tokens.name.fill('ci');
  await tokens.make.click();
  await expect(tokens.once).toBeVisible();

  await tokens.putAway.click();

  await expect(tokens.once).toHaveCount(0);
  await expect(tokens.said).toBeFocused();
});
