/** Every page fits its window, from a phone to a wall. */

import { everyPage, expect, NOWHERE, test } from '../support/furnished';

const WINDOWS = [
  { width: 360, height: 740 },
  { width: 639, height: 900 },
  { width: 900, height: 900 },
  { width: 1440, height: 900 },
  { width: 2560, height: 1440 },
];

test('no page is wider than its window', async ({ page, furnished, complaints, indicator }) => {
  complaints.announce(/\b404\b/);

  for (const address of [...Object.values(everyPage(furnished)), NOWHERE[1]!]) {
    await page.goto(address);
    await indicator.live();
    for (const window of WINDOWS) {
      await page.setViewportSize(window);

      const excess = await page.evaluate(() => {
        const { scrollWidth, clientWidth } = document.scrollingElement!;
        return scrollWidth - clientWidth;
      });

      expect.soft(excess, `pixels too many at ${window.width} px on ${address}`).toBeLessThanOrEqual(0);
    }
  }
});

test('on a phone all that a table says is inside of the window', async ({ page, furnished, indicator }) => {
  await page.setViewportSize({ width: 360, height: 740 });

  const { withBadRows } = furnished;
  for (const address of ['/customers', '/imports', `/imports/${withBadRows}`, '/debug/streams', '/users', '/tokens', '/audit']) {
    await page.goto(address);
    await indicator.live();
    const outside = await page.locator('td').evaluateAll((cells) =>
      cells
        .map((cell) => ({ text: cell.textContent?.trim().slice(0, 40), box: cell.getBoundingClientRect() }))
        .filter(({ box }) => box.width > 0 && (box.left < 0 || box.right > window.innerWidth))
        .map(({ text }) => text),
    );

    expect.soft(outside, `cells outside of the window on ${address}`).toEqual([]);
  }
});
