/** The audit log: what it shows of people and tokens, how it is sifted, and that its address says so. */

import { AuditPage } from '../pages/audit-page';
import { ask } from '../support/token';
import { expect, test } from '../support/test';

const EMAIL = 'ada@example.com';
const PASSWORD = 'correct horse battery staple';

/** Has something done by the API. */
async function done(url: string, method: string, body?: unknown): Promise<Record<string, string>> {
  const json = body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  return (await ask(url, { method, ...json })).json() as Promise<Record<string, string>>;
}

test('it shows who did what from which state to which, and sifts by its address', async ({ page, server }) => {
  const audit = new AuditPage(page);
  const api = `${server.url}/api/v1`;
  const user = await done(`${api}/users`, 'POST', { email: EMAIL, role: 'viewer', password: PASSWORD });
  await done(`${api}/users/${user['userId']}`, 'PATCH', { role: 'operator' });
  const token = await done(`${api}/tokens`, 'POST', { name: 'billing', role: 'viewer' });
  await done(`${api}/tokens/${token['tokenId']}`, 'DELETE');
  const wrong = { method: 'POST', headers: { 'content-type': 'application/json' } };
  await fetch(`${api}/auth/login`, { ...wrong, body: JSON.stringify({ email: EMAIL, password: 'wrong' }) });

  await audit.open();
  await expect(audit.of('user.added')).toContainText(EMAIL);
  await expect(audit.of('user.role_changed')).toContainText('viewer → operator');
  await expect(audit.of('token.created').first()).toContainText('browser tests');
  await expect(audit.of('token.revoked')).toContainText('billing');
  const refused = audit.of('signed_in', 'invalid_credentials');
  await expect(refused).toContainText('Refused');
  await expect(refused.locator('[data-aspect=danger]').first()).toBeVisible();
  await expect(audit.rows.first()).toHaveAttribute('data-action', 'signed_in');

  await audit.what.fill('token');
  await audit.filter.click();
  await expect(page).toHaveURL('/audit?action=token');
  await expect(audit.rows).toHaveCount(3);
  await expect(audit.exported).toHaveAttribute('href', '/api/v1/audit/export.csv?action=token');

  await audit.rows.first().getByRole('link', { name: 'browser tests' }).click();
  await expect(page).toHaveURL('/audit?actor=browser%20tests');
  await expect(audit.who).toHaveValue('browser tests');
  await expect(audit.what).toHaveValue('');
  await page.goBack();
  await expect(audit.what).toHaveValue('token');
  await expect(audit.rows).toHaveCount(3);

  await audit.open();
  await page.getByLabel('Outcome').selectOption('Refused');
  await audit.filter.click();
  await expect(page).toHaveURL('/audit?outcome=refused');
  await expect(audit.rows).toHaveCount(1);
  await expect(audit.rows.first()).toHaveAttribute('data-action', 'signed_in');

  await page.getByLabel('Outcome').selectOption('Done');
  await page.getByLabel('To what, or why').fill('BILL');
  await audit.filter.click();
  await expect(page).toHaveURL('/audit?outcome=done&q=BILL');
  await expect(audit.rows).toHaveCount(2);

  await audit.open('?actor=nobody');
  await expect(page.getByRole('heading', { level: 2 })).toHaveText('Nothing like that was done');
});

test('older entries are on the next page, and new ones come by a refresh', async ({ page, server }) => {
  const audit = new AuditPage(page);
  for (let count = 0; count < 60; count += 1) {
    await ask(`${server.url}/api/v1/queues/test/${count % 2 ? 'resume' : 'pause'}`, { method: 'POST' });
  }
  await audit.open();
  await expect(audit.rows).toHaveCount(50);
  const youngest = Number(await audit.rows.first().getAttribute('data-id'));

  await ask(`${server.url}/api/v1/queues/test/pause`, { method: 'POST' });
  await audit.refresh.click();
  await expect(audit.rows.first()).toHaveAttribute('data-id', String(youngest + 1));

  await page.getByRole('link', { name: 'Next page' }).click();
  await expect(page).toHaveURL(/before=/);
  await expect(audit.rows.last()).toHaveAttribute('data-action', 'token.created');
});
