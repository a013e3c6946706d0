import { expect, type Locator, type Page } from '@playwright/test';
import { Indicator } from './indicator';

/** A column of the table. */
export type StreamColumn = 'Client' | 'Over' | 'Topics' | 'Since' | 'Position' | 'Events behind';

/** `/debug/streams`: who listens. */
export class StreamsPage {
  readonly rows: Locator;
  /** The row of the page's own stream. */
  readonly own: Locator;
  /** What was done, in words. */
  readonly said: Locator;
  readonly refresh: Locator;

  constructor(private readonly page: Page) {
    this.rows = page.getByTestId('stream-row');
    this.own = this.rows.filter({ hasText: 'This browser' });
    this.said = page.getByRole('main').getByRole('status');
    this.refresh = page.getByRole('button', { name: 'Refresh' });
  }

  /** Opens the page and resolves when it shows its own stream. */
  async open(): Promise<void> {
    await this.page.goto('/debug/streams');
    await new Indicator(this.page).live();
    await expect(this.own).toBeVisible();
  }

  /** The row of a stream. */
  row(connectionId: string): Locator {
    return this.page.locator(`[data-testid=stream-row][data-id="${connectionId}"]`);
  }

  cell(connectionId: string, column: StreamColumn): Locator {
    return this.row(connectionId).locator(`[data-label="${column}"]`);
  }

  /** Asserts one of the totals. */
  async totals(name: 'connections' | 'subscriptions' | 'delivered' | 'resets', value: number): Promise<void> {
    await expect(this.page.getByTestId(`total-${name}`)).toHaveAttribute('data-value', String(value));
  }

  /** The button that asks whether a stream shall be ended. */
  kick(row: Locator): Locator {
    return row.getByRole('button', { name: /^Kick the / });
  }

  /** The question, once it is asked. */
  question(row: Locator): Locator {
    return row.getByRole('group', { name: /^Kick the .*\?/ });
  }
}
