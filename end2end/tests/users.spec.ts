/** Admins add people, change what they may do, and end their sessions. */

import { Indicator } from '../pages/indicator';
import { ImportsPage } from '../pages/imports-page';
import { LoginPage } from '../pages/login-page';
import { UsersPage } from '../pages/users-page';
import { expect, test } from '../support/test';

const ADMIN = 'ada@example.com';
const OTHER = 'bob@example.com';
const PASSWORD = 'correct horse battery staple';
/** A heartbeat, and a little for the way. */
const HEARTBEAT_SECONDS = 2;
const SOON = { timeout: 1_000 * HEARTBEAT_SECONDS + 3_000 };

test.use({ signedOut: true, wishes: { heartbeatSeconds: HEARTBEAT_SECONDS } });

test.beforeEach(async ({ page, server, javaScriptEnabled, complaints }) => {
  // The browser says of what the page loads ahead that it may not, or does not, use it.
  if (!javaScriptEnabled) complaints.announce(/request failed: csp .*\.js$/, /preloaded using link preload/);
  await server.addUser(ADMIN, 'admin', PASSWORD);
  await new LoginPage(page).enter(ADMIN, PASSWORD);
  if (javaScriptEnabled) await new Indicator(page).live();
});

test('an admin adds somebody, who signs in', async ({ page, context, anotherBrowser, complaints }) => {
  complaints.announce(/\b(409|422)\b/);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const users = new UsersPage(page);
  await page.getByRole('navigation', { name: 'Places' }).getByRole('link', { name: 'Users' }).click();
  await expect(page).toHaveURL('/users');
  await expect(users.row(ADMIN)).toContainText('You');
  await users.adder.click();
  await expect(users.password).toHaveAttribute('autocomplete', 'new-password');

  await users.fill(OTHER, 'operator', 'password1234');
  await users.add.click();
  await expect(users.trouble).toContainText('among the first that are guessed');
  await expect(users.password).toHaveAttribute('aria-invalid', 'true');
  await expect(users.email).toHaveValue(OTHER);

  await users.password.fill('');
  await page.evaluate((text) => navigator.clipboard.writeText(text), PASSWORD);
  await users.password.focus();
  await page.keyboard.press('Control+V');
  await expect(users.password).toHaveValue(PASSWORD);
  await users.add.click();
  await expect(users.said).toHaveText(`${OTHER} was added, as an operator.`);
  await expect(users.row(OTHER)).toContainText('operator');
  await expect(users.row(OTHER)).toContainText('never');
  await expect(users.password).toHaveValue('');

  await users.fill(OTHER.toUpperCase(), 'viewer', PASSWORD);
  await users.add.click();
  await expect(users.trouble).toContainText('There is a user with the e-mail');

  const other = await anotherBrowser();
  await new LoginPage(other).enter(OTHER, PASSWORD);
  await new Indicator(other).live();
});

test('another role takes effect at once, and signs him out where he was', async ({
  page,
  server,
  anotherBrowser,
  complaints,
}) => {
  complaints.announce(/\b401\b/);
  await server.addUser(OTHER, 'viewer', PASSWORD);
  const other = await anotherBrowser();
  await new LoginPage(other).enter(OTHER, PASSWORD);
  await new ImportsPage(other).open();
  const users = new UsersPage(page);
  await users.openUser(OTHER);
  await expect(users.sessions).toHaveCount(1);

  await users.doIt(`Make ${OTHER} an operator`, 'No');
  await expect(users.presentRole).toHaveText('viewer');
  await users.doIt(`Make ${OTHER} an operator`, 'Yes, make operator');
  await expect(users.said).toHaveText(`${OTHER} is an operator now.`);
  await expect(users.said).toBeFocused();
  await expect(users.presentRole).toHaveText('operator');
  await expect(page.getByRole('main')).toContainText('Signed in nowhere');

  await other.waitForURL('**/login?next=%2Fimports', SOON);
  await new LoginPage(other).fill(OTHER, PASSWORD);
  await new LoginPage(other).signIn.click();
  await expect(other.getByRole('link', { name: 'Import a file' }).first()).toBeVisible();
});

test('who is disabled is out at once and does not come in again until he is enabled', async ({
  page,
  server,
  anotherBrowser,
  complaints,
}) => {
  complaints.announce(/\b401\b/);
  await server.addUser(OTHER, 'operator', PASSWORD);
  const other = await anotherBrowser();
  await new LoginPage(other).enter(OTHER, PASSWORD);
  await new ImportsPage(other).open();
  const users = new UsersPage(page);
  await users.openUser(OTHER);

  await users.doIt(`Disable ${OTHER}`, 'Yes, disable');
  await expect(users.said).toHaveText(`${OTHER} is disabled, and signed out everywhere.`);
  await other.waitForURL('**/login?next=%2Fimports', SOON);
  const login = new LoginPage(other);
  await login.fill(OTHER, PASSWORD);
  await login.signIn.click();
  await expect(login.trouble).toContainText('E-mail or password is wrong');

  await page.getByRole('button', { name: `Enable ${OTHER}` }).click();
  await expect(users.said).toHaveText(`${OTHER} may sign in again.`);
  await login.fill(OTHER, PASSWORD);
  await login.signIn.click();
  await new Indicator(other).live();
});

test('a session is ended by an admin, and its browser is signed out', async ({
  page,
  server,
  anotherBrowser,
  complaints,
}) => {
  complaints.announce(/\b401\b/);
  await server.addUser(OTHER, 'viewer', PASSWORD);
  const other = await anotherBrowser();
  await new LoginPage(other).enter(OTHER, PASSWORD);
  await new ImportsPage(other).open();
  const users = new UsersPage(page);
  await users.openUser(OTHER);
  await expect(users.sessions.first()).toContainText('Chrome on Windows');

  await users.doIt(/^End the session of /, 'End it');

  await expect(users.said).toHaveText('The session has ended.');
  await expect(users.sessions).toHaveCount(0);
  await other.waitForURL('**/login?next=%2Fimports', SOON);
});

test('the last admin stays one, and the page says why', async ({ page, complaints }) => {
  complaints.announce(/\b409\b/);
  const users = new UsersPage(page);
  await users.openUser(ADMIN);

  await users.doIt(`Disable ${ADMIN}`, 'Yes, disable');
  await expect(users.trouble).toContainText('This is the last admin. Make another one first.');
  await users.doIt(`Make ${ADMIN} a viewer`, 'Yes, make viewer');
  await expect(users.trouble).toContainText(`${ADMIN} was not made a viewer`);

  await expect(users.presentRole).toHaveText('admin');
});

test('a question takes the focus, and Escape gives it back', async ({ page }) => {
  const users = new UsersPage(page);
  await users.openUser(ADMIN);
  const disable = page.getByRole('button', { name: `Disable ${ADMIN}` });

  await disable.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('group', { name: /^Disable .* can't sign in any more/ })).toBeFocused();
  await page.keyboard.press('Escape');

  await expect(disable).toBeFocused();
});

test('viewers and operators see no place of admins, and are refused when they go there all the same', async ({
  server,
  anotherBrowser,
  complaints,
}) => {
  complaints.announce(/\b403\b/);
  await server.addUser(OTHER, 'operator', PASSWORD);
  const other = await anotherBrowser();
  await new LoginPage(other).enter(OTHER, PASSWORD);
  await new Indicator(other).live();
  for (const place of ['Users', 'Tokens', 'Audit']) {
    await expect(other.getByRole('link', { name: place, exact: true })).toHaveCount(0);
  }

  await other.keyboard.press('g');
  await other.keyboard.press('u');
  await expect(other.getByRole('main')).toContainText('This needs the role admin.');

  const statuses = await other.evaluate(async () => {
    const post = { method: 'POST' };
    const wishes: [string, RequestInit][] = [
      ['/users', {}],
      ['/tokens', {}],
      ['/audit', {}],
      ['/users', { method: 'POST', body: new URLSearchParams({ email: 'eve@example.com', role: 'admin', password: 'x' }) }],
      ['/api/page/users', post],
      ['/api/page/user', post],
      ['/api/page/tokens', post],
      ['/api/page/audit', post],
    ];
    return Promise.all(wishes.map(async ([path, wish]) => (await fetch(path, wish)).status));
  });
  expect(statuses).toEqual(Array(8).fill(403));
});

test.describe('without a script', () => {
  test.use({ javaScriptEnabled: false });

  test('somebody is added, and what is wrong is told at its field', async ({ page }) => {
    const users = new UsersPage(page);
    await page.goto('/users');
    await users.adder.click();

    await users.fill(OTHER, 'viewer', 'password1234');
    await users.add.click();
    await expect(page).toHaveURL('/users?problem=invalid&field=password');
    await expect(users.trouble).toContainText('12 to 256 characters');

    await users.fill(OTHER, 'viewer', PASSWORD);
    await users.add.click();
    await expect(page).toHaveURL('/users?done=added');
    await expect(users.said).toHaveText('The user was added.');
    await expect(users.row(OTHER)).toBeVisible();
  });
});
