import { expect, type Download, type Locator, type Page } from '@playwright/test';
import type { Subject } from '../support/recorder';

/** The counts of an import. */
export type Count = 'read' | 'inserted' | 'updated' | 'unchanged' | 'skipped' | 'failed';

/** A line of the table of rows that were not imported. */
export interface RowError {
  row: string;
  line: string;
  column: string;
  value: string;
  sentence: string;
}

/** `/imports/{id}`: how far an import is, and what became of its rows. */
export class ImportPage {
  /** The share that is done, in percent, for a recording. */
  static readonly PROGRESS: Subject = { selector: '[data-testid=import-progress]', attribute: 'aria-valuenow' };

  readonly card: Locator;
  readonly progress: Locator;
  readonly errorRows: Locator;

  constructor(private readonly page: Page) {
    this.card = page.getByRole('region', { name: 'Progress' });
    this.progress = page.getByTestId('import-progress');
    this.errorRows = page.getByTestId('error-row');
  }

  /** Resolves when the import's state is this one. */
  async says(state: string, deadlineMs = 30_000): Promise<void> {
    await expect(this.card.locator('[data-state]')).toHaveAttribute('data-state', state, { timeout: deadlineMs });
  }

  /** Resolves when more than this share of the file is imported. */
  async passes(percent: number): Promise<void> {
    const now = async () => Number(await this.progress.getAttribute('aria-valuenow'));
    await expect.poll(now, { intervals: [50], timeout: 30_000 }).toBeGreaterThan(percent);
  }

  /** Asserts counts; those that are not named are 0. */
  async counts(expected: Partial<Record<Count, number>>): Promise<void> {
    const all: Count[] = ['read', 'inserted', 'updated', 'unchanged', 'skipped', 'failed'];
    for (const count of all) {
      const value = String(expected[count] ?? 0);
      await expect(this.page.getByTestId(`count-${count}`), `rows ${count}`).toHaveAttribute('data-value', value);
    }
  }

  /** The lines of the table of rows that were not imported, as a reader sees them. */
  async errors(): Promise<RowError[]> {
    const lines = await this.errorRows.evaluateAll((rows) =>
      rows.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent?.trim() ?? '')),
    );
    return lines.map(([row = '', line = '', column = '', value = '', sentence = '']) => {
      return { row, line, column, value, sentence };
    });
  }

  /** Downloads the rows that were not imported. */
  async downloadErrors(): Promise<Download> {
    const download = this.page.waitForEvent('download');
    await this.page.getByRole('link', { name: 'Download these rows as CSV' }).click();
    return download;
  }
}
