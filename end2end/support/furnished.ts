/**
 * The `test` for what only looks: its server holds customers and imports of every kind already, and is shared by all
 * tests of a worker. Such a test changes nothing.
 */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importFile } from './api';
import { customersCsv } from './csv';
import { sample } from './samples';
import { Server } from './server';
import { test as base } from './test';
import { ask } from './token';

export { expect } from '@playwright/test';

/** A server with something to see on each page. */
interface Furnished {
  server: Server;
  /** An import that was completed, and left rows out. */
  withBadRows: string;
  /** An import whose file could not be read. */
  failed: string;
  /** Somebody who may sign in. */
  user: string;
}

/** A customer whose values have no place to be broken. */
const UNBROKEN = `${'W'.repeat(120)},${'w'.repeat(60)}@${'example'.repeat(8)}.com,${'5'.repeat(60)},${'X'.repeat(120)}`;

export const test = base.extend<object, { furnished: Furnished }>({
  furnished: [
    async ({}, use) => {
      const server = await Server.start();
      const folder = await mkdtemp(join(tmpdir(), 'signalbox-files-'));
      const customers = join(folder, `${'a-file-with-a-long-name-'.repeat(6)}.csv`);
      await writeFile(customers, `${customersCsv(120)}${UNBROKEN},,,99999999999.99,123456789\n`);
      await importFile(server.url, customers);
      const withBadRows = await importFile(server.url, sample('bad-rows.csv'));
      const failed = await importFile(server.url, sample('no-email-column.csv'));
      await rm(folder, { recursive: true });
      for (const email of ['ada@example.com', `${'a-long-name-'.repeat(4)}@${'example'.repeat(6)}.com`]) {
        await server.addUser(email, 'operator', 'correct horse battery staple');
      }
      const users = (await (await ask(`${server.url}/api/v1/users`)).json()) as { items: { userId: string }[] };

      await use({
        server,
        withBadRows: withBadRows.importId,
        failed: failed.importId,
        user: users.items[0]!.userId,
      });

      await server.remove();
    },
    { scope: 'worker' },
  ],

  server: async ({ furnished }, use) => use(furnished.server),
});

/** The addresses of every page of a furnished server, by what they show. */
export function everyPage({ withBadRows, failed, user }: Furnished): Record<string, string> {
  return {
    'the customers': '/customers',
    'the customers by name': '/customers?sort=name',
    'a search that finds nobody': '/customers?q=nobody-is-called-this',
    'a file to be imported': '/customers/import',
    'the events': '/events',
    'events of one type, by their text': '/events?type=customer.created&q=import',
    'the imports': '/imports',
    'an import with rows that were left out': `/imports/${withBadRows}`,
    'an import that failed': `/imports/${failed}`,
    'the streams': '/debug/streams',
    'the users': '/users',
    'one user': `/users/${user}`,
    'the tokens': '/tokens',
    'who did what': '/audit',
    'who did nothing': '/audit?actor=nobody',
    'oneself': '/account',
  };
}

/** Addresses that lead nowhere: of a place, below a place, and of an import and a user that there is not. */
export const NOWHERE = [
  '/nowhere',
  '/no/where',
  '/imports/nothing',
  '/imports/01990000-0000-7000-8000-000000000000',
  '/users/01990000-0000-7000-8000-000000000000',
];
