/** The client in the README is what it says: it resumes, by itself and without a gap. */

import { readFile } from 'node:fs/promises';
import { endOfLog, importFile, readEvents } from '../support/api';
import { SERVER_GONE } from '../support/complaints';
import { writeCustomersCsv } from '../support/csv';
import { Proxy } from '../support/proxy';
import { expect, test } from '../support/test';

const README = new URL('../../README.md', import.meta.url);

test('the README\'s client has every event once, though the server is killed and a proxy finds none', async ({
  page,
  server,
  folder,
  complaints,
}) => {
  complaints.announce(SERVER_GONE, /\b502\b/);
  const code = /```js\n(.*?)\n```/s.exec(await readFile(README, 'utf8'))![1]!;
  expect(code).toContain('new EventSource');
  const path = await writeCustomersCsv(folder, 3);
  const proxy = await Proxy.start(server.url);
  const told: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'log') told.push(message.text());
  });
  const updates = () => told.filter((line) => line.endsWith(' import_update')).map((line) => line.split(' ')[0]);
  const greetings = () => told.filter((line) => line.endsWith(' connected')).length;
  // A page that may ask its own host, and has no stream of its own.
  await page.goto(`${proxy.url}/docs`);
  const begin = await endOfLog(server.url);
  await page.evaluate(code);
  await expect.poll(greetings).toBe(1);

  await importFile(server.url, path);
  await server.kill();
  await server.startAgain();
  await importFile(server.url, path);
  await expect.poll(greetings).toBe(2);
  await proxy.refuse(2);
  await importFile(server.url, path);
  await expect.poll(greetings).toBe(3);

  const right = await readEvents(server.url, 'imports', begin);
  await expect.poll(updates).toEqual(right);
  await proxy.remove();
});
