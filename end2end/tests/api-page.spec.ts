/** The page of the HTTP API: everything in it comes from the server itself, and what it sends is answered. */

import { expect, test } from '../support/test';

test('the API can be read and tried on a page that asks nobody else', async ({ page, server }) => {
  const foreign: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(server.url) && !request.url().startsWith('data:')) foreign.push(request.url());
  });
  await page.goto('/docs');
  await page.getByRole('button', { name: 'POST /api/v1/queue/add Hands a job in.' }).click();
  await page.locator('.body-param textarea').fill('{"queueName": "test", "jobName": "echo", "data": "tried"}');

  await page.getByRole('button', { name: 'Execute' }).click();

  const answer = page.locator('.live-responses-table');
  await expect(answer).toContainText('202');
  await expect(answer).toContainText('jobId');
  expect(foreign).toEqual([]);
});

test('a job that was handed in is found again, called off, and taken up once more', async ({ request }) => {
  const order = { queueName: 'test', jobName: 'echo', data: 'later', opts: { delayMs: 3_600_000, jobId: 'found-again' } };
  await request.post('/api/v1/queue/add', { data: order });

  const delayed = await (await request.get('/api/v1/jobs?queue=test&state=delayed&q=found')).json();
  const cancelled = await (await request.post('/api/v1/jobs/found-again/cancel')).json();
  const retried = await (await request.post('/api/v1/jobs/found-again/retry')).json();

  expect(delayed.items.map((job: { jobId: string }) => job.jobId)).toEqual(['found-again']);
  expect(cancelled).toEqual({ jobId: 'found-again', status: 'cancelled' });
  expect(retried).toEqual({ jobId: 'found-again', status: 'waiting' });
  await expect
    .poll(async () => (await (await request.get('/api/v1/jobs/found-again')).json()).result)
    .toBe('later');
});
