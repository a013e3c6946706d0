/** Who comes in, by what, and how one leaves. */

import { request as playwright, type Page } from '@playwright/test';
import { ImportFilePage } from '../pages/import-file-page';
import { ImportsPage } from '../pages/imports-page';
import { Indicator } from '../pages/indicator';
import { LoginPage } from '../pages/login-page';
import { Person } from '../pages/person';
import { openStreams } from '../support/api';
import { StreamClient } from '../support/stream-client';
import { expect, test } from '../support/test';

const EMAIL = 'ada@example.com';
const PASSWORD = 'correct horse battery staple';
/** A heartbeat, and a little for the way. */
const HEARTBEAT_SECONDS = 2;

test.use({ signedOut: true, wishes: { heartbeatSeconds: HEARTBEAT_SECONDS } });

/** Counts the streams that a browser opens. */
function lines(page: Page): string[] {
  const lines: string[] = [];
  page.context().on('request', (request) => {
    if (request.url().includes('/sse/connect')) lines.push(request.url());
  });
  return lines;
}

test('the printed link makes the first admin, once', async ({ page, server, anotherBrowser }) => {
  const link = await server.setUpLink();
  const setUp = new LoginPage(page);
  await page.goto(link);
  await expect(setUp.heading).toHaveText('Make the first admin');
  await expect(setUp.email).toBeFocused();

  await setUp.fill(EMAIL, 'password1234');
  await setUp.makeAdmin.click();
  await expect(setUp.trouble).toContainText('Use 12 characters or more, and not one that is among the first guessed.');

  await setUp.fill(EMAIL, PASSWORD);
  await setUp.makeAdmin.click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Imports');
  await new Indicator(page).live();
  const person = new Person(page);
  await expect(person.button).toContainText(EMAIL);
  await person.button.click();
  await expect(person.role).toHaveText('admin');

  const late = await anotherBrowser();
  await late.goto(link);
  await new LoginPage(late).fill('eve@example.com', PASSWORD);
  await new LoginPage(late).makeAdmin.click();
  await expect(late.getByRole('heading', { level: 1 })).toHaveText('This link is used up or over');
  await expect(late.getByText('a restart of the server prints a new one')).toBeVisible();
});

test('one comes in by the right password alone, and to where one wanted to go', async ({ page, server }) => {
  await server.addUser(EMAIL, 'operator', PASSWORD);
  const opened = lines(page);
  const login = new LoginPage(page);
  await page.goto('/customers?sort=name');
  await expect(page).toHaveURL('/login?next=%2Fcustomers%3Fsort%3Dname');
  await expect(page.getByTestId('connection-status')).toHaveCount(0);

  await login.fill(EMAIL, 'wrong horse battery staple');
  await login.signIn.click();
  await expect(login.trouble).toContainText('E-mail or password is wrong');
  await expect(page).not.toHaveURL(/horse|ada/);
  expect(opened).toEqual([]);

  await login.fill(EMAIL, PASSWORD);
  await login.signIn.click();
  await expect(page).toHaveURL('/customers?sort=name');
  await new Indicator(page).live();

  const cookies = await page.context().cookies();
  expect(cookies.map(({ name }) => name).sort()).toEqual(['signalbox', 'signalbox-device']);
  for (const cookie of cookies) expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax' });
});

test('too many wrong tries are told to wait', async ({ page, server }) => {
  await server.addUser(EMAIL, 'viewer', PASSWORD);
  const login = new LoginPage(page);
  await login.open();

  await expect(async () => {
    await login.fill(EMAIL, 'wrong horse battery staple');
    await login.signIn.click();
    await expect(login.trouble).toContainText('Too many attempts', { timeout: 500 });
  }).toPass();

  await expect(login.trouble).toContainText(/Try again in \d+ (s|min)/);
});

test('a password is pasted, and fields are named as password managers know them', async ({ page, server, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await server.addUser(EMAIL, 'viewer', PASSWORD);
  const login = new LoginPage(page);
  await login.open();
  await expect(login.email).toHaveAttribute('autocomplete', 'username');
  await expect(login.password).toHaveAttribute('autocomplete', 'current-password');
  await login.email.fill(EMAIL);
  await page.evaluate((text) => navigator.clipboard.writeText(text), PASSWORD);

  await login.password.focus();
  await page.keyboard.press('Control+V');
  await expect(login.password).toHaveValue(PASSWORD);
  await page.keyboard.press('Enter');

  await new Indicator(page).live();
});

test('one signs in, and out, by the keyboard alone', async ({ page, server }) => {
  await server.addUser(EMAIL, 'viewer', PASSWORD);
  const [login, person] = [new LoginPage(page), new Person(page)];
  await login.open();
  await expect(login.email).toBeFocused();

  await page.keyboard.type(EMAIL);
  await page.keyboard.press('Tab');
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press('Tab');
  await expect(login.signIn).toBeFocused();
  await page.keyboard.press('Enter');
  await new Indicator(page).live();

  for (let stop = 0; stop < 30; stop += 1) {
    await page.keyboard.press('Tab');
    if (await person.button.evaluate((button) => button === document.activeElement)) break;
  }
  await expect(person.button).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(person.panel).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(person.panel).toBeHidden();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await expect(person.panel.getByRole('link', { name: 'Your account' })).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(person.signOut).toBeFocused();
  await page.keyboard.press('Enter');

  await expect(page).toHaveURL('/login');
});

test('who signs out in one tab is out in the others within a heartbeat, and nothing listens for him', async ({
  page,
  context,
  server,
  complaints,
}) => {
  complaints.announce(/\b401\b/);
  await server.addUser(EMAIL, 'admin', PASSWORD);
  await new LoginPage(page).enter(EMAIL, PASSWORD);
  const others = [await context.newPage(), await context.newPage()];
  for (const other of others) await new ImportsPage(other).open();
  await expect.poll(() => openStreams(server.url)).toBe(1);

  await new Person(page).leave();

  await expect(new LoginPage(page).heading).toHaveText('Sign in');
  for (const other of others) {
    await other.waitForURL('**/login?next=%2Fimports', { timeout: 1_000 * HEARTBEAT_SECONDS + 2_000 });
    await expect(new LoginPage(other).heading).toHaveText('Sign in');
  }
  await expect.poll(() => openStreams(server.url)).toBe(0);

  // Back in, in a tab that was led out: it goes on from where it was.
  const other = others[0]!;
  await new LoginPage(other).fill(EMAIL, PASSWORD);
  await new LoginPage(other).signIn.click();
  await expect(other).toHaveURL('/imports');
  await new Indicator(other).live();
});

test('who signs in again at once, as another, is not led out by what ends of the former', async ({
  page,
  context,
  server,
  complaints,
}) => {
  complaints.announce(/\b401\b/);
  await server.addUser(EMAIL, 'admin', PASSWORD);
  await server.addUser('vera@example.com', 'viewer', PASSWORD);
  const old = await context.newPage();
  await new LoginPage(old).enter(EMAIL, PASSWORD);
  await new ImportsPage(old).open();
  await new ImportsPage(page).open();

  const asOther = await context.request.post(`${server.url}/api/v1/auth/login`, {
    data: { email: 'vera@example.com', password: PASSWORD },
  });
  expect(asOther.status()).toBe(200);

  // Both pages were drawn for an admin, and are drawn again for a viewer.
  for (const tab of [page, old]) {
    await expect(new Person(tab).button).toContainText('vera@example.com', { timeout: 10_000 });
    await new Indicator(tab).live();
    await expect(tab).toHaveURL('/imports');
  }
});

test('a viewer is offered nothing that he may not do, and is refused when he does it all the same', async ({
  page,
  server,
  complaints,
}) => {
  complaints.announce(/\b403\b/);
  await server.addUser(EMAIL, 'viewer', PASSWORD);
  await new LoginPage(page).enter(EMAIL, PASSWORD);
  await new Indicator(page).live();
  await expect(page.getByRole('link', { name: 'Import a file' })).toHaveCount(0);
  await page.getByRole('navigation', { name: 'Places' }).getByRole('link', { name: 'Customers' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Customers');
  await expect(page.getByRole('link', { name: 'Import a file' })).toHaveCount(0);

  await page.goto('/customers/import');
  await expect(page.getByText('You may look, not import')).toBeVisible();
  await expect(page.getByRole('main')).toContainText('This needs the role operator.');
  await expect(new ImportFilePage(page).submit).toHaveCount(0);
  await new Indicator(page).live();

  const client = await StreamClient.listen(server.url, 'imports');
  const statuses = await page.evaluate(async (connectionId) => {
    const form = new FormData();
    form.append('file', new Blob(['email\nann@x.org\n']), 'a.csv');
    const json = { 'content-type': 'application/json' };
    const wishes: [string, RequestInit][] = [
      ['/api/v1/customers/import', { method: 'POST', body: form }],
      ['/customers/import', { method: 'POST', body: form }],
      [`/api/v1/sse/${connectionId}/kick`, { method: 'POST' }],
      ['/api/v1/queues/test/pause', { method: 'POST' }],
      ['/api/v1/events', { method: 'POST', headers: json, body: '{"topic":"custom:a","data":1}' }],
      ['/api/page/streams', { method: 'POST' }],
      ['/debug/streams', {}],
      ['/api/v1/users', {}],
    ];
    return Promise.all(wishes.map(async ([path, wish]) => (await fetch(path, wish)).status));
  }, client.connectionId);
  expect(statuses).toEqual(Array(8).fill(403));
  client.close();
});

test('a page of another site signs nobody in or out', async ({ page, server }) => {
  await server.addUser(EMAIL, 'viewer', PASSWORD);
  await new LoginPage(page).enter(EMAIL, PASSWORD);
  const evil = await playwright.newContext({
    baseURL: server.url,
    extraHTTPHeaders: { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
    storageState: await page.context().storageState(),
  });

  const form = { email: EMAIL, password: PASSWORD, next: '/' };
  expect((await evil.post('/login', { form, maxRedirects: 0 })).status()).toBe(403);
  expect((await evil.post('/logout', { maxRedirects: 0 })).status()).toBe(403);

  await page.reload();
  await new Indicator(page).live();
  await evil.dispose();
});

test('the form leads nobody to another site', async ({ page, server }) => {
  await server.addUser(EMAIL, 'viewer', PASSWORD);
  const login = new LoginPage(page);
  await login.open('//evil.example/');

  await login.fill(EMAIL, PASSWORD);
  await login.signIn.click();

  await expect(page).toHaveURL(`${server.url}/imports`);
});

test('what stands in the address is shown as no markup', async ({ page }) => {
  const markup = '"><img src=x onerror=alert(1)>';
  for (const path of ['/login', '/setup']) {
    for (const name of ['next', 'problem', 'token', 'seconds', 'field']) {
      await page.goto(`${path}?token=t&${name}=${encodeURIComponent(markup)}`);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      await expect(page.locator('img')).toHaveCount(0);
    }
  }
});

test.describe('without a script', () => {
  test.use({ javaScriptEnabled: false });

  test('one signs in and out', async ({ page, server, complaints }) => {
    complaints.announce(/request failed: csp .*\.js$/, /preloaded using link preload/);
    await server.addUser(EMAIL, 'viewer', PASSWORD);
    await new LoginPage(page).enter(EMAIL, PASSWORD);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Imports');

    await new Person(page).leave();

    await expect(new LoginPage(page).heading).toHaveText('Sign in');
    await page.goto('/imports');
    await expect(page).toHaveURL('/login?next=%2Fimports');
  });
});
