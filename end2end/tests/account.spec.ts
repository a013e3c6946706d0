/** Oneself: another password, and the browsers in which one is signed in. */

import { AccountPage } from '../pages/account-page';
import { Indicator } from '../pages/indicator';
import { ImportsPage } from '../pages/imports-page';
import { LoginPage } from '../pages/login-page';
import { Person } from '../pages/person';
import { expect, test } from '../support/test';

const EMAIL = 'ada@example.com';
const PASSWORD = 'correct horse battery staple';
const OTHER_PASSWORD = 'another long and odd sentence';
/** A heartbeat, and a little for the way. */
const HEARTBEAT_SECONDS = 2;
const SOON = { timeout: 1_000 * HEARTBEAT_SECONDS + 3_000 };

test.use({ signedOut: true, wishes: { heartbeatSeconds: HEARTBEAT_SECONDS } });

test.beforeEach(async ({ server }) => server.addUser(EMAIL, 'viewer', PASSWORD));

test('one changes one’s password: the wrong one and a weak one are refused at their fields, the right one counts at once', async ({
  page,
  anotherBrowser,
  complaints,
}) => {
  complaints.announce(/\b401\b/);
  const elsewhere = await anotherBrowser();
  await new LoginPage(elsewhere).enter(EMAIL, PASSWORD);
  await new ImportsPage(elsewhere).open();
  await new LoginPage(page).enter(EMAIL, PASSWORD);
  await new Indicator(page).live();
  await new Person(page).button.click();
  await page.getByRole('link', { name: 'Your account' }).click();
  await expect(page).toHaveURL('/account');
  const account = new AccountPage(page);
  await expect(account.present).toHaveAttribute('autocomplete', 'current-password');
  await expect(account.next).toHaveAttribute('autocomplete', 'new-password');

  await account.changeTo('wrong horse battery staple', OTHER_PASSWORD);
  await expect(account.trouble).toHaveText('This is not your present password.');
  await expect(account.present).toHaveAttribute('aria-invalid', 'true');
  await expect(page).not.toHaveURL(/horse/);

  await new Indicator(page).live();
  await account.changeTo(PASSWORD, 'password1234');
  await expect(account.trouble).toContainText('12 to 256 characters');
  await expect(account.next).toHaveAttribute('aria-invalid', 'true');

  await new Indicator(page).live();
  await account.changeTo(PASSWORD, OTHER_PASSWORD);
  await expect(account.said).toHaveText('Your password is changed. Your other browsers are signed out.');
  await new Indicator(page).live();
  await expect(account.sessions).toHaveCount(1);

  await elsewhere.waitForURL('**/login?next=%2Fimports', SOON);
  const login = new LoginPage(elsewhere);
  await login.fill(EMAIL, PASSWORD);
  await login.signIn.click();
  await expect(login.trouble).toContainText('E-mail or password is wrong');
  await login.fill(EMAIL, OTHER_PASSWORD);
  await login.signIn.click();
  await new Indicator(elsewhere).live();
});

test('a session that one ends signs that browser out, and all others likewise', async ({
  page,
  anotherBrowser,
  complaints,
}) => {
  complaints.announce(/\b401\b/);
  const others = [await anotherBrowser(), await anotherBrowser(), await anotherBrowser()];
  for (const other of others) {
    await new LoginPage(other).enter(EMAIL, PASSWORD);
    await new ImportsPage(other).open();
  }
  await new LoginPage(page).enter(EMAIL, PASSWORD);
  const account = new AccountPage(page);
  await account.open();
  await expect(account.sessions).toHaveCount(4);
  await expect(account.own).toHaveCount(1);
  await expect(account.own.getByRole('button')).toHaveCount(0);

  const youngest = account.sessions.nth(1);
  await youngest.getByRole('button', { name: /^End the session of Chrome on Windows/ }).click();
  await youngest.getByRole('button', { name: 'Keep' }).click();
  await expect(account.sessions).toHaveCount(4);
  await youngest.getByRole('button', { name: /^End the session of / }).click();
  await youngest.getByRole('button', { name: 'End it' }).click();
  await expect(account.said).toHaveText('The session has ended.');
  await expect(account.sessions).toHaveCount(3);
  await others[2]!.waitForURL('**/login?next=%2Fimports', SOON);

  await page.getByRole('button', { name: 'End all other sessions' }).click();
  await page.getByRole('button', { name: 'End all others' }).click();
  await expect(account.said).toHaveText('All your other sessions have ended.');
  await expect(account.sessions).toHaveCount(1);
  for (const other of others.slice(0, 2)) await other.waitForURL('**/login?next=%2Fimports', SOON);
  await new Indicator(page).live();
});

test('a password is pasted into both fields', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await new LoginPage(page).enter(EMAIL, PASSWORD);
  const account = new AccountPage(page);
  await account.open();

  for (const [field, text] of [[account.present, PASSWORD], [account.next, OTHER_PASSWORD]] as const) {
    await page.evaluate((text) => navigator.clipboard.writeText(text), text);
    await field.focus();
    await page.keyboard.press('Control+V');
    await expect(field).toHaveValue(text);
  }
  await page.keyboard.press('Enter');

  await expect(account.said).toContainText('Your password is changed.');
});

test.describe('without a script', () => {
  test.use({ javaScriptEnabled: false });

  test('the password is changed, and the browser stays in', async ({ page, complaints }) => {
    complaints.announce(/request failed: csp .*\.js$/, /preloaded using link preload/);
    await new LoginPage(page).enter(EMAIL, PASSWORD);
    await page.goto('/account');
    const account = new AccountPage(page);

    await account.changeTo(PASSWORD, OTHER_PASSWORD);

    await expect(account.said).toContainText('Your password is changed.');
    await expect(account.own).toHaveCount(1);
  });
});
