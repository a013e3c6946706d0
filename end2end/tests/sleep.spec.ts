/** A connection that nobody cut and nothing comes through, as after a sleep. */

import { SERVER_GONE } from '../support/complaints';
import { expect, test } from '../support/test';

const HEARTBEAT_SECONDS = 2;

test.use({ wishes: { heartbeatSeconds: HEARTBEAT_SECONDS } });

test('a silent stream is called stale within the heartbeat and five seconds', async ({
  server,
  complaints,
  importsPage,
  indicator,
}) => {
  complaints.announce(SERVER_GONE);
  await importsPage.open();

  server.freeze();
  // A look at the clock comes four times a second.
  await indicator.says('stale', (HEARTBEAT_SECONDS + 5) * 1_000 + 500);

  server.thaw();
  await indicator.live(5_000);
});

test('a page that was stopped is not live until its stream was proven', async ({
  page,
  context,
  complaints,
  importsPage,
  indicator,
}) => {
  complaints.announce(SERVER_GONE);
  await importsPage.open();
  const lines: string[] = [];
  page.on('request', (request) => lines.push(request.url()));
  const browser = await context.newCDPSession(page);

  await browser.send('Page.setWebLifecycleState', { state: 'frozen' });
  await browser.send('Page.setWebLifecycleState', { state: 'active' });

  await expect.poll(() => lines.filter((url) => url.includes('/sse/connect')).length).toBe(1);
  await indicator.live(5_000);
});
