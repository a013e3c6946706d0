/** The `test` of this suite: each test has a server of its own, and fails on any complaint that it did not announce. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base, type BrowserContextOptions, type Page } from '@playwright/test';
import { CustomersPage } from '../pages/customers-page';
import { EventsPage } from '../pages/events-page';
import { ImportFilePage } from '../pages/import-file-page';
import { ImportPage } from '../pages/import-page';
import { ImportsPage } from '../pages/imports-page';
import { Indicator } from '../pages/indicator';
import { StreamsPage } from '../pages/streams-page';
import { Complaints } from './complaints';
import type { Engine } from './engine';
import { Server, type ServerWishes, USUAL } from './server';
import { authorization } from './token';

export { expect } from '@playwright/test';

interface Fixtures {
  /** What the test wants of its server; set it by `test.use`. */
  wishes: Partial<ServerWishes>;
  /** Whether browsers come without the token that lets all others in. */
  signedOut: boolean;
  /** Servers that the installation stands on, besides its own files; none, unless the test brings some. */
  engines: Engine[];
  /** The server of this test. */
  server: Server;
  /** A folder for the test's files. */
  folder: string;
  /** What was complained of. */
  complaints: Complaints;
  /** A page in a browser of its own: other cookies, other storage. */
  anotherBrowser: (options?: BrowserContextOptions) => Promise<Page>;
  customersPage: CustomersPage;
  eventsPage: EventsPage;
  importFilePage: ImportFilePage;
  importPage: ImportPage;
  importsPage: ImportsPage;
  indicator: Indicator;
  streamsPage: StreamsPage;
}

export const test = base.extend<Fixtures>({
  wishes: [{}, { option: true }],

  signedOut: [false, { option: true }],

  engines: async ({}, use) => use([]),

  server: async ({ wishes, engines }, use, info) => {
    const environment = Object.assign({}, ...engines.map((engine) => engine.environment));
    const server = await Server.start({ ...USUAL, ...wishes, environment });
    await use(server);
    if (info.status !== info.expectedStatus) {
      await info.attach('server log', { body: server.log.join('\n'), contentType: 'text/plain' });
    }
    await server.remove();
  },

  folder: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'signalbox-files-'));
    await use(folder);
    await rm(folder, { recursive: true });
  },

  baseURL: async ({ server }, use) => use(server.url),

  extraHTTPHeaders: async ({ server, signedOut }, use) => use(signedOut ? {} : authorization(server.url)),

  complaints: [
    async ({ server, context }, use) => {
      const complaints = new Complaints(server.log);
      complaints.watch(context);
      await use(complaints);
      base.expect(complaints.unannounced(), 'what was complained of').toEqual([]);
    },
    { auto: true },
  ],

  anotherBrowser: async ({ browser, complaints, server, extraHTTPHeaders }, use) => {
    const contexts: { close: () => Promise<void> }[] = [];
    await use(async (options) => {
      const context = await browser.newContext({ baseURL: server.url, extraHTTPHeaders: extraHTTPHeaders ?? {}, ...options });
      contexts.push(context);
      complaints.watch(context);
      return context.newPage();
    });
    await Promise.all(contexts.map((context) => context.close()));
  },

  customersPage: async ({ page }, use) => use(new CustomersPage(page)),
  eventsPage: async ({ page }, use) => use(new EventsPage(page)),
  importFilePage: async ({ page }, use) => use(new ImportFilePage(page)),
  importPage: async ({ page }, use) => use(new ImportPage(page)),
  importsPage: async ({ page }, use) => use(new ImportsPage(page)),
  indicator: async ({ page }, use) => use(new Indicator(page)),
  streamsPage: async ({ page }, use) => use(new StreamsPage(page)),
});
