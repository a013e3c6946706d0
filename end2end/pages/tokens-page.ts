import type { Locator, Page } from '@playwright/test';
import { Indicator } from './indicator';

/** `/tokens`. */
export class TokensPage {
  readonly rows: Locator;
  readonly maker: Locator;
  readonly name: Locator;
  readonly role: Locator;
  readonly lastDay: Locator;
  readonly make: Locator;
  /** The card with the text of a token that was just made. */
  readonly once: Locator;
  readonly text: Locator;
  readonly copy: Locator;
  readonly putAway: Locator;
  readonly said: Locator;
  readonly trouble: Locator;

  constructor(private readonly page: Page) {
    const main = page.getByRole('main');
    this.rows = page.getByTestId('token-row');
    this.maker = main.getByText('Make a token', { exact: true });
    this.name = page.getByLabel('Name');
    this.role = page.getByLabel('Role');
    this.lastDay = page.getByLabel('Last day');
    this.make = page.getByRole('button', { name: 'Make the token' });
    this.once = page.getByTestId('token-once');
    this.text = page.getByLabel("The token's text");
    this.copy = this.once.getByRole('button', { name: /^(Copy the token|Copied)$/ });
    this.putAway = this.once.getByRole('button', { name: 'I have it' });
    this.said = main.getByRole('status');
    this.trouble = main.getByRole('alert');
  }

  async open(): Promise<void> {
    await this.page.goto('/tokens');
    await new Indicator(this.page).live();
  }

  row(name: string): Locator {
    return this.rows.filter({ has: this.page.locator(`[data-label=Name][title="${name}"]`) });
  }
}
