/** A page follows what it shows, even while what it shows changes. */

import { sendFile } from '../support/api';
import { writeCustomersCsv } from '../support/csv';
import { expect, test } from '../support/test';

const TOPICS = /\/api\/v1\/sse\/[0-9a-f-]+\/topics$/;

test.use({ wishes: { works: false } });

test('a list that took a new import in goes on moving, though its requests overtake each other', async ({
  page,
  server,
  folder,
  importsPage,
}) => {
  let held: Promise<unknown> | undefined;
  await page.route(TOPICS, async (route) => {
    if (!held) {
      // Until a later one was answered, or until it is clear that none will be sent before it.
      held = page.waitForResponse(TOPICS, { timeout: 2_000 }).catch(() => undefined);
      await held;
    }
    await route.continue();
  });
  await importsPage.open();
  const importId = await sendFile(server.url, await writeCustomersCsv(folder, 300));
  await expect(importsPage.state(importId)).toHaveAttribute('data-state', 'queued');
  await held;

  server.startWorker();

  await expect(importsPage.state(importId)).toHaveAttribute('data-state', 'completed');
});
