import type { Locator, Page } from '@playwright/test';
import { Indicator } from './indicator';

/** `/imports`: the list, newest first. */
export class ImportsPage {
  readonly rows: Locator;

  constructor(private readonly page: Page) {
    this.rows = page.getByTestId('import-row');
  }

  /** Opens the page and resolves when it is live. */
  async open(): Promise<void> {
    await this.page.goto('/imports');
    await new Indicator(this.page).live();
  }

  /** The row of an import. */
  row(importId: string): Locator {
    return this.page.locator(`[data-testid=import-row][data-id="${importId}"]`);
  }

  /** The state of an import, in its row. */
  state(importId: string): Locator {
    return this.row(importId).locator('[data-state]');
  }
}
