/** The event log as it is told: live, sifted, opened, and looked back on. */

import { execFileSync } from 'node:child_process';
import { EventsPage } from '../pages/events-page';
import { enqueue, endOfLog, post, readEvents, tell } from '../support/api';
import { expect, test } from '../support/test';
import { ask, tokenOf } from '../support/token';

/** Runs a command that a page offers, as somebody does who has a token. Returns what it printed. */
function run(command: string, url: string): string {
  const env = { ...process.env, TOKEN: tokenOf(url) };
  return execFileSync('sh', ['-c', `${command} --silent`], { encoding: 'utf8', env });
}

test('what is told appears at the top, each event once and in order', async ({ server, eventsPage }) => {
  const first = await tell(server.url, 'custom:shop', 1);
  await eventsPage.open('?topics=custom:shop');
  await eventsPage.beginsWith([first]);

  const cursors = [first];
  for (let number = 2; number <= 60; number += 1) cursors.push(await tell(server.url, 'custom:shop', number));
  await tell(server.url, 'custom:bar', 'not asked for');

  await eventsPage.beginsWith(cursors.toReversed());
  await expect(eventsPage.rows).toHaveCount(60);
});

test('without a filter the page hears the whole life of a job', async ({ page, server, eventsPage }) => {
  await post(`${server.url}/api/v1/queues/test/resume`);
  await eventsPage.open();
  const before = await endOfLog(server.url);

  const jobId = await enqueue(server.url, 'echo', { word: 'hello' });

  for (const words of ['echo · waiting', 'echo · started', 'echo · completed']) {
    await expect(eventsPage.rows.filter({ hasText: words, has: page.getByTitle(`job:${jobId}`) })).toBeVisible();
  }
  const told = await readEvents(server.url, 'queue:test', before);
  expect(await eventsPage.cursors()).toEqual(expect.arrayContaining(told));
});

test('filters are in the address, and hold for what comes', async ({ page, server, eventsPage }) => {
  const ours = await tell(server.url, 'custom:shop', { buyer: 'Ørsted' });
  await tell(server.url, 'custom:shop', { buyer: 'Ann' });
  await eventsPage.open();
  await expect(eventsPage.rows.filter({ hasText: 'Ann' })).toBeVisible();

  await eventsPage.text.fill('øRSTED');
  await expect(page).toHaveURL(/q=%C3%B8RSTED/);
  await expect.poll(() => eventsPage.cursors()).toEqual([ours]);
  await eventsPage.type.selectOption('custom');
  await eventsPage.topics.fill('custom:shop');
  await eventsPage.topics.press('Enter');
  await expect(page).toHaveURL('/events?topics=custom%3Ashop&type=custom&q=%C3%B8RSTED');
  await expect.poll(() => eventsPage.cursors()).toEqual([ours]);

  await tell(server.url, 'custom:shop', { buyer: 'Ann' });
  const later = await tell(server.url, 'custom:shop', { seller: 'Ørsted' });
  await expect.poll(() => eventsPage.cursors()).toEqual([later, ours]);
  const link = new EventsPage(await page.context().newPage());
  await link.open(new URL(page.url()).search);
  await expect.poll(() => link.cursors()).toEqual([later, ours]);
  await expect(link.type).toHaveValue('custom');

  await page.goto('/events');
  await eventsPage.row(ours).getByRole('link', { name: 'custom:shop' }).click();
  await expect(page).toHaveURL('/events?topics=custom%3Ashop');
  await expect(eventsPage.topics).toHaveValue('custom:shop');
});

test('a pause holds what comes, counts it, and loses nothing', async ({ server, eventsPage }) => {
  const first = await tell(server.url, 'custom:shop', 0);
  await eventsPage.open('?topics=custom:shop');
  await eventsPage.pause.click();
  await expect(eventsPage.pause).toHaveAttribute('aria-pressed', 'true');

  const later: string[] = [];
  for (let number = 1; number <= 12; number += 1) later.push(await tell(server.url, 'custom:shop', number));

  await expect(eventsPage.news).toHaveText('12 new');
  expect(await eventsPage.cursors()).toEqual([first]);
  await eventsPage.pause.click();
  await expect.poll(() => eventsPage.cursors()).toEqual([...later.toReversed(), first]);
  await expect(eventsPage.news).toBeHidden();
});

test('no row moves from under the pointer', async ({ page, server, eventsPage }) => {
  const first = await tell(server.url, 'custom:shop', 0);
  await eventsPage.open('?topics=custom:shop');

  await eventsPage.row(first).hover();
  const second = await tell(server.url, 'custom:shop', 1);

  await expect(eventsPage.news).toHaveText('1 new');
  expect(await eventsPage.cursors()).toEqual([first]);
  await page.mouse.move(2, 2);
  await expect.poll(() => eventsPage.cursors()).toEqual([second, first]);
});

test('the keyboard opens an event, and its command tells it again', async ({ context, page, server, eventsPage }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const data = { orders: 12_345, note: `it's "here"`, at: { place: 'hall' } };
  const cursor = await tell(server.url, 'custom:shop', data);
  await eventsPage.open('?topics=custom:shop');
  const row = eventsPage.row(cursor);

  await eventsPage.opener(row).focus();
  await page.keyboard.press('Enter');

  await expect(eventsPage.opener(row)).toHaveAttribute('aria-expanded', 'true');
  await expect(eventsPage.fact(row, 'data.orders')).toHaveText('12345');
  await expect(eventsPage.fact(row, 'data.at.place')).toHaveText('hall');
  await expect(eventsPage.fact(row, 'Timestamp')).toHaveText(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} UTC$/);
  const json = await row.getByRole('region', { name: 'The event as JSON' }).textContent();
  expect(JSON.parse(json!)).toMatchObject({ type: 'custom', topic: 'custom:shop', data });

  await row.getByRole('button', { name: 'Copy as curl' }).click();
  await expect(row.getByRole('button', { name: 'Copied' })).toBeVisible();
  const command = await page.evaluate(() => navigator.clipboard.readText());
  const again = JSON.parse(run(command, server.url)) as { cursor: string };
  await eventsPage.opener(row).press('Enter');

  await eventsPage.beginsWith([again.cursor, cursor]);
  const told = await ask(`${server.url}/api/v1/events/${again.cursor}`);
  expect(await told.json()).toMatchObject({ topic: 'custom:shop', data });
});

test('of what Signalbox tells itself, the command gets that event', async ({ page, server, eventsPage }) => {
  await post(`${server.url}/api/v1/queues/test/pause`);
  await eventsPage.open('?type=queue_update');
  const row = eventsPage.rows.first();
  await eventsPage.opener(row).click();
  await expect(eventsPage.fact(row, 'Waiting')).toHaveText('0 jobs');
  await expect(eventsPage.fact(row, 'Paused')).toHaveText('yes');

  const command = await page.getByRole('textbox', { name: 'The same by curl' }).inputValue();
  const event = JSON.parse(run(command, server.url)) as object;

  expect(event).toMatchObject({ id: await row.getAttribute('data-id'), type: 'queue_update', paused: true });
});

test('one steps back to where the log begins, and from there to the latest', async ({ page, server, eventsPage }) => {
  const cursors: string[] = [];
  for (let number = 0; number < 230; number += 1) cursors.push(await tell(server.url, 'custom:shop', number));
  cursors.reverse();
  await eventsPage.open('?topics=custom:shop');

  for (const [from, to] of [
    [0, 100],
    [100, 200],
    [200, 230],
  ] as const) {
    await expect.poll(() => eventsPage.cursors()).toEqual(cursors.slice(from, to));
    if (to < 230) await eventsPage.older.click();
  }

  await expect(page.getByText('The log begins here.')).toBeVisible();
  await eventsPage.latest.click();
  await eventsPage.beginsWith(cursors.slice(0, 100));
});

test('of a flood the newest 2,000 stay, and none is lost behind them', async ({ server, eventsPage }) => {
  test.slow();
  await eventsPage.open('?topics=custom:flood');
  const all = new Set<string>();
  for (let wave = 0; wave < 42; wave += 1) {
    const told = Array.from({ length: 50 }, (_, index) => tell(server.url, 'custom:flood', { wave, index }));
    for (const cursor of await Promise.all(told)) all.add(cursor);
  }
  const last = await tell(server.url, 'custom:flood', 'last');
  all.add(last);

  await expect(eventsPage.row(last)).toBeAttached({ timeout: 60_000 });
  await expect(eventsPage.rows).toHaveCount(2_000);
  const shown = await eventsPage.cursors();
  expect(new Set(shown).size).toBe(2_000);
  await eventsPage.older.click();
  await expect(eventsPage.rows).toHaveCount(100);
  const older = await eventsPage.cursors();
  expect(new Set([...shown, ...older]).size).toBe(2_100);
  expect([...shown, ...older].filter((cursor) => !all.has(cursor))).toEqual([]);
});

test('the slider shows queues as they were, by the keyboard, and comes back to now', async ({ page, server, eventsPage }) => {
  await post(`${server.url}/api/v1/queues/line/pause`);
  await eventsPage.open();
  await eventsPage.lookBack.click();
  await expect(eventsPage.queue('line', 'State')).toHaveText('Paused');
  await expect(eventsPage.queue('line', 'State').locator('.signal-cross'), 'the arm is crossed').toBeVisible();
  await expect(eventsPage.slider).toHaveAttribute('aria-valuetext', 'Now');

  await post(`${server.url}/api/v1/queues/line/resume`);
  await expect(eventsPage.queue('line', 'State')).toHaveText('Running');
  const before = page.getByRole('button', { name: 'To the change before' });
  await before.press('Enter');
  await expect(eventsPage.slider).toHaveAttribute('aria-valuetext', /^[0-9: .-]+ UTC, /);
  await expect(eventsPage.queue('line', 'State')).toHaveText('Running');
  await before.press('Enter');
  await expect(eventsPage.queue('line', 'State')).toHaveText('Paused');

  await post(`${server.url}/api/v1/queues/line/pause`);
  await eventsPage.slider.press('End');
  await expect(eventsPage.slider).toHaveAttribute('aria-valuetext', 'Now');
  await expect(eventsPage.queue('line', 'State')).toHaveText('Paused');
  await eventsPage.slider.press('Home');
  await expect(eventsPage.slider).not.toHaveAttribute('aria-valuetext', 'Now');
  await page.getByRole('button', { name: 'Now' }).click();
  await expect(eventsPage.slider).toHaveAttribute('aria-valuetext', 'Now');
});
