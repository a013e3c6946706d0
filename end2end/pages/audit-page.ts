import type { Locator, Page } from '@playwright/test';
import { Indicator } from './indicator';

/** `/audit`. */
export class AuditPage {
  readonly rows: Locator;
  readonly who: Locator;
  readonly what: Locator;
  readonly filter: Locator;
  readonly refresh: Locator;
  readonly exported: Locator;

  constructor(private readonly page: Page) {
    this.rows = page.getByTestId('audit-row');
    this.who = page.getByLabel('Who', { exact: true });
    this.what = page.getByLabel('What', { exact: true });
    this.filter = page.getByRole('button', { name: 'Filter' });
    this.refresh = page.getByRole('button', { name: 'Refresh' });
    this.exported = page.getByRole('link', { name: 'Export CSV' });
  }

  async open(query = ''): Promise<void> {
    await this.page.goto(`/audit${query}`);
    await new Indicator(this.page).live();
  }

  /** Rows of an action that ended so. */
  of(action: string, outcome = 'done'): Locator {
    return this.page.locator(`[data-testid=audit-row][data-action="${action}"][data-outcome="${outcome}"]`);
  }
}
