import { expect, type Locator, type Page } from '@playwright/test';
import { Indicator } from './indicator';

/** A column of the table. */
export type Column = 'Name' | 'E-mail' | 'Company' | 'City' | 'Country' | 'Spend' | 'Visits' | 'Last visit' | 'Added';

/** `/customers`: the list, searched and sorted by its address. */
export class CustomersPage {
  readonly rows: Locator;
  readonly searchField: Locator;
  readonly next: Locator;

  constructor(private readonly page: Page) {
    this.rows = page.getByTestId('customer-row');
    this.searchField = page.getByRole('searchbox', { name: 'Search customers' });
    this.next = page.getByRole('link', { name: 'Next page' });
  }

  /** Opens the page and resolves when it is live. */
  async open(query = ''): Promise<void> {
    await this.page.goto(`/customers${query}`);
    await new Indicator(this.page).live();
  }

  /** Asserts how many customers there are in all. */
  async totals(customers: number): Promise<void> {
    const words = `${customers.toLocaleString('en')} ${customers === 1 ? 'customer' : 'customers'} in all`;
    await expect(this.page.getByText(words, { exact: true })).toBeVisible();
  }

  /** Searches as a person with a keyboard does, and resolves when the address says so. */
  async search(text: string): Promise<void> {
    await this.searchField.fill(text);
    await this.page.waitForURL((url) => (url.searchParams.get('q') ?? '') === text);
  }

  /** Presses a column's heading. */
  async sortBy(column: Column): Promise<void> {
    await this.heading(column).getByRole('link').click();
  }

  heading(column: Column): Locator {
    return this.page.getByRole('columnheader', { name: column });
  }

  /** The row of the customer with this e-mail. */
  row(email: string): Locator {
    return this.rows.filter({ has: this.page.getByRole('cell', { name: email, exact: true }) });
  }

  /** The cell of a row. */
  cell(row: Locator, column: Column): Locator {
    return row.locator(`[data-label="${column}"]`);
  }

  /** The ids of the customers shown. */
  async ids(): Promise<string[]> {
    return this.rows.evaluateAll((rows) => rows.map((row) => row.getAttribute('data-id') ?? ''));
  }

  /** What a column shows, from top to bottom. */
  async column(column: Column): Promise<string[]> {
    const cells = await this.rows.locator(`[data-label="${column}"]`).allTextContents();
    return cells.map((cell) => cell.trim());
  }
}
