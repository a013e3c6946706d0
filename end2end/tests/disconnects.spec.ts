/** Twenty forced disconnects under traffic: the page misses nothing, doubles nothing, and is never loaded again. */

import type { BrowserContext } from '@playwright/test';
import { endOfLog, importFile } from '../support/api';
import { NO_NETWORK, SERVER_GONE } from '../support/complaints';
import { writeCustomersCsv } from '../support/csv';
import { Proxy } from '../support/proxy';
import { receiptOfLog } from '../support/receipt';
import { documentBirth } from '../support/recorder';
import type { Server } from '../support/server';
import { ask } from '../support/token';
import { expect, test } from '../support/test';

const DISCONNECTS = 20;
/** The order of the disconnects comes from it; another number is another order. */
const SEED = Number(process.env['SEED'] ?? 4);
/** A page tries again at most five seconds apart, so that many refusals take about ten seconds. */
const REFUSALS = 4;

interface Scene {
  server: Server;
  proxy: Proxy;
  context: BrowserContext;
}

const KINDS = {
  'the server is killed': async ({ server }: Scene) => {
    await server.kill();
    await server.startAgain();
  },
  'the connection is cut': async ({ proxy }: Scene) => proxy.cut(),
  'the proxy finds no server': async ({ proxy }: Scene) => proxy.refuse(REFUSALS),
  'the network is gone': async ({ context }: Scene) => {
    await context.setOffline(true);
    await context.setOffline(false);
  },
};

/** So many kinds, each as often as the others, in an order that the seed gives. */
function drawn(seed: number): (keyof typeof KINDS)[] {
  const names = Object.keys(KINDS) as (keyof typeof KINDS)[];
  const kinds = Array.from({ length: DISCONNECTS }, (_, index) => names[index % names.length]!);
  let state = seed;
  for (let last = kinds.length - 1; last > 0; last -= 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    const other = (state >>> 8) % (last + 1);
    [kinds[last], kinds[other]] = [kinds[other]!, kinds[last]!];
  }
  return kinds;
}

/** Imports one small file after the other until it is told to stop; each makes several events. Returns how many were taken. */
function keepImporting(server: Server, path: string): () => Promise<void> {
  let isOver = false;
  const over = (async () => {
    while (!isOver) {
      // While the server is gone there is nobody to take it.
      await importFile(server.url, path).catch(() => undefined);
    }
  })();
  return async () => {
    isOver = true;
    await over;
  };
}

test('after twenty disconnects the page has every event once and in order', async ({
  page,
  context,
  server,
  folder,
  complaints,
  indicator,
}) => {
  test.setTimeout(300_000);
  complaints.announce(SERVER_GONE, NO_NETWORK, /\b502\b/);
  const path = await writeCustomersCsv(folder, 3);
  // So many that the list can be scrolled: a list at its top loads itself anew with each new import.
  for (let count = 0; count < 30; count += 1) await importFile(server.url, path);
  const proxy = await Proxy.start(server.url);
  const begin = await endOfLog(server.url);
  await page.goto(`${proxy.url}/imports`);
  await indicator.live();
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
  await indicator.button.click();
  const birth = await documentBirth(page);
  const stop = [1, 2, 3].map(() => keepImporting(server, path));

  for (const kind of drawn(SEED)) {
    await test.step(kind, async () => {
      const before = (await indicator.received()).received;
      await KINDS[kind]({ server, proxy, context });
      await indicator.live(15_000);
      await expect.poll(async () => (await indicator.received()).received).toBeGreaterThan(before + 5);
    });
  }
  await Promise.all(stop.map((end) => end()));

  const right = await receiptOfLog(server.url, 'imports', begin);
  await expect.poll(() => indicator.received()).toEqual(right);
  expect(right.received).toBeGreaterThan(DISCONNECTS * 5);
  expect(await documentBirth(page)).toBe(birth);

  await page.getByRole('button', { name: /new imports?/ }).click();
  const shown = page.getByTestId('import-row');
  await expect(shown.locator('[data-state="completed"]').first()).toBeVisible();
  const listed = await ask(`${server.url}/api/v1/imports`);
  const { items } = (await listed.json()) as { items: { importId: string }[] };
  await expect
    .poll(() => shown.evaluateAll((rows) => rows.map((row) => row.getAttribute('data-id'))))
    .toEqual(items.map(({ importId }) => importId));
  await proxy.remove();
});
