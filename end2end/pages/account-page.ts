import type { Locator, Page } from '@playwright/test';
import { Indicator } from './indicator';

/** `/account`: oneself. */
export class AccountPage {
  readonly present: Locator;
  readonly next: Locator;
  readonly change: Locator;
  readonly sessions: Locator;
  /** The row of the browser that looks. */
  readonly own: Locator;
  readonly said: Locator;
  readonly trouble: Locator;

  constructor(private readonly page: Page) {
    const main = page.getByRole('main');
    this.present = page.getByLabel('Present password');
    this.next = page.getByLabel('New password');
    this.change = page.getByRole('button', { name: 'Change the password' });
    this.sessions = page.getByTestId('session-row');
    this.own = this.sessions.filter({ hasText: 'This browser' });
    this.said = main.getByRole('status').filter({ hasText: /\S/ });
    this.trouble = main.getByRole('alert');
  }

  async open(): Promise<void> {
    await this.page.goto('/account');
    await new Indicator(this.page).live();
  }

  /** Sends the form. */
  async changeTo(present: string, next: string): Promise<void> {
    await this.present.fill(present);
    await this.next.fill(next);
    await this.change.click();
  }
}
