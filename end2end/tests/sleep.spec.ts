/** A connection that nobody cut and nothing comes through, as after a sleep. */

import { Indicator } from '../pages/indicator';
import { SERVER_GONE } from '../support/complaints';
import { expect, test } from '../support/test';

const HEARTBEAT_SECONDS = 2;

test.use({ wishes: { heartbeatSeconds: HEARTBEAT_SECONDS } });

test('a silent stream is called stale within the heartbeat and five seconds', async ({
  page,
  server,
  complaints,
  importsPage,
  indicator,
}) => {
  complaints.announce(SERVER_GONE);
  await importsPage.open();

  server.freeze();
  const silenceMs = await page.evaluate(
    (testId) =>
      new Promise<number>((resolve) => {
        const begin = performance.now();
        const element = document.querySelector(`[data-testid=${testId}]`)!;
        const look = () => element.getAttribute('data-state') === 'stale' && resolve(performance.now() - begin);
        new MutationObserver(look).observe(element, { attributes: true });
      }),
    Indicator.TEST_ID,
  );
  // A look at the clock comes four times a second.
  expect(silenceMs).toBeLessThan((HEARTBEAT_SECONDS + 5) * 1_000 + 500);

  server.thaw();
  await indicator.live(5_000);
});

test('a page that was stopped lets its stream go, and has another when it goes on', async ({
  page,
  complaints,
  importsPage,
  indicator,
}) => {
  complaints.announce(SERVER_GONE);
  await importsPage.open();
  const lines: string[] = [];
  page.on('request', (request) => lines.push(request.url()));
  const streams = () => lines.filter((url) => url.includes('/sse/connect')).length;

  await page.evaluate(() => document.dispatchEvent(new Event('freeze')));
  await indicator.notLive(1_000);
  expect(streams()).toBe(0);
  await page.evaluate(() => document.dispatchEvent(new Event('resume')));

  await indicator.live(5_000);
  expect(streams()).toBe(1);
});
