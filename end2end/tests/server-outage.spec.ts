/** The server goes away under an open page, in the middle of a large import, and comes back. */

import { ImportPage } from '../pages/import-page';
import { Indicator } from '../pages/indicator';
import { SERVER_GONE } from '../support/complaints';
import { writeCustomersCsv } from '../support/csv';
import { documentBirth, record } from '../support/recorder';
import type { Server } from '../support/server';
import { expect, test } from '../support/test';

/** So many that the import is still under way when the server goes. */
const ROWS = 400_000;

const ENDINGS = [
  { ending: 'is stopped', leave: (server: Server) => server.stop() },
  { ending: 'is killed', leave: (server: Server) => server.kill() },
];

for (const { ending, leave } of ENDINGS) {
  test(`a page whose server ${ending} during an import says so, and catches up by itself`, async ({
    page,
    server,
    folder,
    complaints,
    importFilePage,
    importPage,
    indicator,
    customersPage,
  }) => {
    test.setTimeout(120_000);
    complaints.announce(SERVER_GONE);
    const path = await writeCustomersCsv(folder, ROWS);
    const progress = await record(page, ImportPage.PROGRESS);
    await importFilePage.open();
    const birth = await documentBirth(page);
    await importFilePage.importFile(path);
    await importPage.passes(5);

    const gone = leave(server);
    await indicator.notLive(3_000);
    await gone;
    await importPage.says('running');
    await server.startAgain();
    await indicator.live(5_000);
    await importPage.says('completed', 60_000);

    await importPage.counts({ read: ROWS, inserted: ROWS });
    expect(await documentBirth(page)).toBe(birth);
    const shown = (await progress()).map(Number);
    expect(shown, 'a share never shrinks').toEqual(shown.toSorted((a, b) => a - b));

    await customersPage.open();
    await customersPage.totals(ROWS);
  });
}

test.describe('with a heartbeat each second', () => {
  test.use({ wishes: { heartbeatSeconds: 1 } });

  test('a server that hangs is called stale and not live, and live again when it goes on', async ({
    page,
    server,
    complaints,
    importsPage,
    indicator,
  }) => {
    complaints.announce(SERVER_GONE);
    const states = await record(page, {
      selector: `[data-testid=${Indicator.TEST_ID}]`,
      attribute: 'data-state',
    });
    await importsPage.open();

    server.freeze();
    await indicator.notLive(8_000);
    server.thaw();
    await indicator.live(5_000);

    expect(await states()).toContain('stale');
  });
});
