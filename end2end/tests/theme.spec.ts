/** Light, dark, or as the system; and how much moves. */

import type { Page } from '@playwright/test';
import { expect, test } from '../support/furnished';

const BACKGROUND = {
  light: async (page: Page) => expect.poll(() => brightness(page)).toBeGreaterThan(0.9),
  dark: async (page: Page) => expect.poll(() => brightness(page)).toBeLessThan(0.25),
};

/** How bright the page's ground is, from 0 to 1. */
async function brightness(page: Page): Promise<number> {
  return page.evaluate(() => {
    const context = document.createElement('canvas').getContext('2d')!;
    context.fillStyle = getComputedStyle(document.documentElement).backgroundColor;
    context.fillRect(0, 0, 1, 1);
    const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data;
    return (red + green + blue) / 3 / 255;
  });
}

test('the theme is the system’s until another is chosen, and the choice outlives a reload', async ({
  page,
  importsPage,
  indicator,
}) => {
  const theme = (name: string) => page.getByRole('radio', { name, exact: true });
  await page.emulateMedia({ colorScheme: 'light' });
  await importsPage.open();
  await expect(page.getByRole('group', { name: 'Theme' }).getByRole('radio')).toHaveCount(3);
  await expect(theme('As the system')).toBeChecked();
  await BACKGROUND.light(page);
  await page.emulateMedia({ colorScheme: 'dark' });
  await BACKGROUND.dark(page);

  await theme('Light').check();
  await BACKGROUND.light(page);
  await page.reload();
  await BACKGROUND.light(page);
  await indicator.live();
  await expect(theme('Light')).toBeChecked();

  await page.emulateMedia({ colorScheme: 'light' });
  await theme('Dark').check();
  await BACKGROUND.dark(page);
  await page.reload();
  await BACKGROUND.dark(page);
  await indicator.live();
  await expect(theme('Dark')).toBeChecked();

  await theme('As the system').check();
  await BACKGROUND.light(page);
  await page.reload();
  await BACKGROUND.light(page);
  await indicator.live();
  await expect(theme('As the system')).toBeChecked();
});

test('a chosen theme is there before the first paint', async ({ page, importsPage }) => {
  await page.emulateMedia({ colorScheme: 'light' });
  await importsPage.open();
  await page.getByRole('radio', { name: 'Dark', exact: true }).check();
  // The document is parsed, and no module has run yet.
  await page.addInitScript(() => {
    const note = () => Reflect.set(window, 'themeAtFirst', document.documentElement.dataset['theme']);
    document.addEventListener('readystatechange', note, { once: true });
  });

  await page.reload();

  expect(await page.evaluate(() => Reflect.get(window, 'themeAtFirst'))).toBe('dark');
});

test('the lamp pulses while the page is live, and stands still for who wants less motion', async ({
  page,
  importsPage,
  indicator,
}) => {
  const moving = () =>
    indicator.lamp.evaluate((lamp) => {
      return lamp.getAnimations().filter(({ playState }) => playState === 'running').length;
    });
  await page.emulateMedia({ reducedMotion: 'no-preference' });
  await importsPage.open();
  await expect.poll(moving).toBe(1);

  await page.emulateMedia({ reducedMotion: 'reduce' });

  await expect.poll(moving).toBe(0);
});
