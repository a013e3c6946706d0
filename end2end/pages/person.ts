import type { Locator, Page } from '@playwright/test';

/** Who is signed in, at the end of the top line. */
export class Person {
  readonly button: Locator;
  readonly panel: Locator;
  readonly role: Locator;
  readonly signOut: Locator;

  constructor(page: Page) {
    this.button = page.getByRole('button', { name: /^Signed in as / });
    this.panel = page.locator('#person');
    this.role = page.getByTestId('role');
    this.signOut = page.getByRole('button', { name: 'Sign out' });
  }

  /** Signs out by a click, and resolves when the page to sign in is there. */
  async leave(): Promise<void> {
    await this.button.click();
    await this.signOut.click();
  }
}
