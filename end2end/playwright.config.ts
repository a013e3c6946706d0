import { existsSync } from 'node:fs';
import { defineConfig, devices } from '@playwright/test';

/**
 * The browser: the one that `CHROMIUM` names, else the system's own, else the one that Playwright
 * has downloaded (it looks for that by itself when no path is given).
 */
const chromium =
  process.env['CHROMIUM'] ||
  ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
    existsSync(path),
  );

export default defineConfig({
  testDir: 'tests',
  outputDir: 'test-results',
  // Each worker runs a browser and the servers of its tests; two of them fill a small machine.
  workers: 2,
  fullyParallel: true,
  // A test that passes at its second try hides a race, and races are what these tests look for.
  retries: 0,
  forbidOnly: Boolean(process.env['CI']),
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: 'list',
  use: {
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
  },
  projects: [
    {
      name: 'chromium',
      use: {
        ...devices['Desktop Chrome'],
        launchOptions: {
          ...(chromium ? { executablePath: chromium } : {}),
          args: [
            // The tests may run as root in a container, where Chromium's sandbox does not start.
            '--no-sandbox',
            '--disable-gpu',
            '--disable-quic',
            '--no-first-run',
            // The browser talks to the server under test and to nobody else.
            '--disable-background-networking',
            '--disable-component-update',
            '--disable-sync',
          ],
        },
      },
    },
  ],
});
