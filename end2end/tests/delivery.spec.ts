/** How pages and their files are delivered: what a browser may keep, and how small it comes. */

import { expect, test } from '../support/furnished';

test('the files of the bundle are kept for ever, and come small', async ({ request }) => {
  const html = await (await request.get('/imports')).text();
  const files = [...new Set(html.match(/\/pkg\/[\w.-]+\.(?:js|wasm|css)/g))];
  expect(files.map((file) => file.split('.').at(-1)).toSorted()).toEqual(['css', 'js', 'wasm']);
  const types: Record<string, string> = {
    css: 'text/css; charset=utf-8',
    js: 'text/javascript; charset=utf-8',
    wasm: 'application/wasm',
  };

  for (const file of files) {
    const small = await request.get(file, { headers: { 'accept-encoding': 'gzip, br' } });
    const plain = await request.get(file, { headers: { 'accept-encoding': 'identity' } });

    for (const answer of [small, plain]) {
      expect(answer.status(), file).toBe(200);
      expect(answer.headers()['cache-control'], file).toBe('public, max-age=31536000, immutable');
      expect(answer.headers()['content-type'], file).toBe(types[file.split('.').at(-1)!]);
      expect(answer.headers()['vary'], file).toContain('accept-encoding');
    }
    expect(small.headers()['content-encoding'], file).toBe('br');
    expect(plain.headers()['content-encoding'], file).toBeUndefined();
    expect(await small.body()).toEqual(await plain.body());
    expect(Number(small.headers()['content-length'])).toBeLessThan(Number(plain.headers()['content-length']) / 2);
  }
});

test('pages are never kept', async ({ request, furnished }) => {
  for (const page of ['/customers', '/customers/import', '/imports', `/imports/${furnished.failed}`, '/no/where']) {
    const answer = await request.get(page);

    expect(answer.headers()['cache-control'], page).toBe('no-store');
    expect(answer.headers()['content-type'], page).toMatch(/^text\/html/);
  }
});

test('a file that the bundle does not have is no page', async ({ request }) => {
  const answer = await request.get('/pkg/no-such-file.js');

  expect(answer.status()).toBe(404);
  expect(answer.headers()['cache-control'] ?? '').not.toContain('immutable');
});

test('the sample file that the page offers is a file that can be imported', async ({ page, indicator }) => {
  await page.goto('/customers/import');
  await indicator.live();
  const downloading = page.waitForEvent('download');

  await page.getByRole('link', { name: 'A sample file' }).click();

  expect((await downloading).suggestedFilename()).toBe('sample-customers.csv');
});
