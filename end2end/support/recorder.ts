/**
 * Every value that a part of a page shows, in their order, however short each was to be seen.
 *
 * Looking now and then would miss values; this looks whenever the document changed.
 */

import type { Page } from '@playwright/test';

/** What is recorded: the text of the first element that a selector finds, or one of its attributes. */
export interface Subject {
  selector: string;
  attribute?: string;
}

/** The values so far. */
export type Recording = () => Promise<string[]>;

/** Records from the page's next document on. Call it before `goto`. A document that is loaded anew begins anew. */
export async function record(page: Page, subject: Subject): Promise<Recording> {
  const key = `recorded ${JSON.stringify(subject)}`;
  await page.addInitScript(
    ({ key, selector, attribute }) => {
      const values: string[] = [];
      Reflect.set(window, key, values);
      const look = () => {
        const element = document.querySelector(selector);
        const value = attribute ? element?.getAttribute(attribute) : element?.textContent;
        if (value !== null && value !== undefined && value !== values.at(-1)) values.push(value);
      };
      const everything = { attributes: true, characterData: true, childList: true, subtree: true };
      new MutationObserver(look).observe(document, everything);
    },
    { key, ...subject },
  );
  return () => page.evaluate((key) => Reflect.get(window, key) as string[], key);
}

/** The moment at which the document was begun: another one after every reload. */
export async function documentBirth(page: Page): Promise<number> {
  return page.evaluate(() => performance.timeOrigin);
}
