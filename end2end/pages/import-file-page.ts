import type { Locator, Page } from '@playwright/test';
import { Indicator } from './indicator';

/** `/customers/import`: a file is chosen and sent. */
export class ImportFilePage {
  readonly fileInput: Locator;
  readonly submit: Locator;
  /** What went wrong while the file was sent. */
  readonly trouble: Locator;

  constructor(private readonly page: Page) {
    this.fileInput = page.getByLabel('CSV file');
    this.submit = page.getByRole('button', { name: 'Import customers' });
    this.trouble = page.getByRole('alert');
  }

  /** Opens the page and resolves when it is live. */
  async open(): Promise<void> {
    await this.page.goto('/customers/import');
    await new Indicator(this.page).live();
  }

  /** Chooses a file, sends it, and resolves on the page of its import. */
  async importFile(path: string): Promise<void> {
    await this.fileInput.setInputFiles(path);
    await this.submit.click();
    await this.page.waitForURL(/\/imports\/[0-9a-f-]{36}$/);
  }
}
