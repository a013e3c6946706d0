/** Pages in one process, work in two others, on each engine: an import is watched to its end. */

import { ImportPage } from '../pages/import-page';
import { writeCustomersCsv } from '../support/csv';
import { Engine } from '../support/engine';
import { record } from '../support/recorder';
import { expect, test } from '../support/test';

const ROWS = 100_000;

const ENGINES = [
  { name: 'SQLite', start: async () => undefined },
  { name: 'Postgres', start: () => Engine.postgres() },
  { name: 'Redis and SQLite', start: () => Engine.redis() },
  {
    name: 'Redis and Postgres',
    start: async () => [await Engine.redis(), await Engine.postgres()],
  },
];

for (const { name, start } of ENGINES) {
  test.describe(name, () => {
    test.use({
      wishes: { works: false },
      engines: async ({}, use) => {
        const engines = [await start()].flat().filter((engine) => engine !== undefined);
        await use(engines);
        await Promise.all(engines.map((engine) => engine.remove()));
      },
    });

    test(`an import is done by workers of other processes, and moves live, on ${name}`, async ({
      page,
      server,
      folder,
      importFilePage,
      importPage,
      customersPage,
    }) => {
      server.startWorker();
      server.startWorker();
      const path = await writeCustomersCsv(folder, ROWS);
      const progress = await record(page, ImportPage.PROGRESS);
      await importFilePage.open();

      await importFilePage.importFile(path);
      await importPage.says('completed');

      await importPage.counts({ read: ROWS, inserted: ROWS });
      expect(new Set(await progress()).size, 'shares shown').toBeGreaterThanOrEqual(3);
      await customersPage.open();
      await expect(page.getByTestId('customer-row').first()).toBeVisible();
    });
  });
}
