import { expect, type Locator, type Page } from '@playwright/test';

/** What the page says of its connection. It is there on every page. */
export class Indicator {
  static readonly TEST_ID = 'connection-status';
  readonly element: Locator;
  /** The lamp, which pulses while the connection is live. */
  readonly lamp: Locator;

  constructor(page: Page) {
    this.element = page.getByTestId(Indicator.TEST_ID);
    this.lamp = this.element.locator('.signal-lamp');
  }

  /** Resolves when the connection is live; then the page has been hydrated, too. */
  async live(deadlineMs = 10_000): Promise<void> {
    await this.says('live', deadlineMs);
  }

  /** Resolves when the connection is in this state. */
  async says(state: string, deadlineMs = 10_000): Promise<void> {
    await expect(this.element).toHaveAttribute('data-state', state, { timeout: deadlineMs });
  }

  /** Resolves when the page no longer says that it is live. */
  async notLive(deadlineMs: number): Promise<void> {
    await expect(this.element).not.toHaveAttribute('data-state', 'live', { timeout: deadlineMs });
  }
}
